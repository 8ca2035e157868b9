// A checkpoint of an older schema: it is read forward, kept as it was, and what only deleted logs told stays counted. There is no
// earlier release, so the schemas are made up.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { olderPath } from '../../../../src/daemon/store/schemas.ts'
import { loadCheckpoint, saveCheckpoint } from '../../../../src/daemon/usage/index/checkpoint.ts'
import type { CheckpointFormat, Contents } from '../../../../src/daemon/usage/index/older-checkpoint.ts'
import { until } from '../../../harness/daemon.ts'
import { generatedLogs } from '../generated-logs.ts'
import { agedHome, callLines, LOG, totalOf, UsageHome } from '../usage-home.ts'
import { makeOlder, type Step, schemaIn, THIRD } from './made-up-schemas.ts'
import { dumpTotals } from './totals.ts'

const all = totalOf(1, 2, 3, 4)
const codes = ({ incidents }: UsageHome) => incidents.all.map(({ code }) => code)
const broken = ({ state }: UsageHome) => readdirSync(state).filter((name) => name.includes('.broken-'))
const bytesAt = (path: string) => readFileSync(path).toString('hex')

async function olderHome(folder: string, schema: 1 | 2): Promise<{ home: UsageHome; was: string }> {
  const home = await agedHome(folder)
  makeOlder(home.paths.checkpointPrevious, schema)
  return { home, was: makeOlder(home.paths.checkpoint, schema).toString('hex') }
}

for (const schema of [1, 2] as const) {
  t.test(`a checkpoint of schema ${schema} becomes one of schema 3 and is kept as it was`, async (t) => {
    const { home, was } = await olderHome(t.testdir(), schema)
    const kept = home.path(`state/checkpoint.schema-${schema}.bin`)
    t.equal(kept, olderPath(home.paths.checkpoint, schema))
    await home.start({ format: THIRD })
    t.same(home.total(), all, 'with what the deleted log told')
    await until(async () => schemaIn(home.paths.checkpoint) === 3, 'it is written soon, though nothing came')
    t.equal(bytesAt(kept), was)
    t.equal(lstatSync(kept).mode & 0o777, 0o600)
    home.append(LOG, callLines(3, 5))
    await home.usage.rescan()
    t.same(home.total(), totalOf(1, 2, 3, 4, 5), 'and none counts twice')
    await home.stop()
    await home.start({ format: THIRD })
    t.same(home.total(), totalOf(1, 2, 3, 4, 5))
    await home.stop()
    t.equal(bytesAt(kept), was, 'what came later did not reach it')
    t.same(
      readdirSync(home.state).sort(),
      ['checkpoint.bin', 'checkpoint.previous.bin', `checkpoint.schema-${schema}.bin`],
      'nothing else is left',
    )
    t.same(codes(home), [])
  })
}

t.test('what is kept is what an older one goes back to', async (t) => {
  const { home } = await olderHome(t.testdir(), 2)
  const second: CheckpointFormat = { schema: 2, older: { 1: THIRD.older[1] } }
  await home.start({ format: THIRD })
  await home.stop()
  const kept = olderPath(home.paths.checkpoint, 2)
  t.equal(loadCheckpoint(kept, { format: { ...second, schema: 2 } }).checkpoint?.from, null)
  rmSync(home.paths.checkpoint)
  writeFileSync(home.paths.checkpoint, readFileSync(kept))
  rmSync(kept)
  await home.start({ format: THIRD })
  t.same(home.total(), all, 'and forward again')
  await home.stop()
  t.ok(existsSync(kept))
})

t.test('the version before is read forward too, and kept', async (t) => {
  for (const spoil of [(path: string) => rmSync(path), (path: string) => writeFileSync(path, 'garbage')]) {
    const { home } = await olderHome(t.testdir(), 1)
    const was = bytesAt(home.paths.checkpointPrevious)
    spoil(home.paths.checkpoint)
    await home.start({ format: THIRD })
    t.same(home.total(), all)
    await home.stop()
    t.equal(bytesAt(olderPath(home.paths.checkpoint, 1)), was)
    t.equal(schemaIn(home.paths.checkpoint), 3)
    await home.start({ format: THIRD })
    t.same(home.total(), all)
    await home.stop()
  }
})

t.test('the newest of schema 3 is damaged: the older one before it is read forward', async (t) => {
  const { home, was } = await olderHome(t.testdir(), 1)
  await home.start({ format: THIRD })
  await home.stop()
  t.equal(schemaIn(home.paths.checkpointPrevious), 1)
  writeFileSync(home.paths.checkpoint, 'garbage')
  await home.start({ format: THIRD })
  t.same(home.total(), all)
  await home.stop()
  t.same(codes(home), ['checkpointUnreadable'])
  t.equal(bytesAt(olderPath(home.paths.checkpoint, 1)), was)
})

t.test('where it cannot be kept nothing is written over it, and counting goes on', async (t) => {
  const { home, was } = await olderHome(t.testdir(), 1)
  const kept = olderPath(home.paths.checkpoint, 1)
  mkdirSync(`${kept}/in the way`, { recursive: true })
  await home.start({ format: THIRD })
  home.append(LOG, callLines(5, 5))
  await home.usage.rescan()
  t.same(home.total(), totalOf(1, 2, 3, 4, 5))
  await home.stop()
  t.same(codes(home), ['checkpointUnwritable'])
  t.equal(bytesAt(home.paths.checkpoint), was)
  rmSync(kept, { recursive: true })
  await home.start({ format: THIRD })
  t.same(home.total(), totalOf(1, 2, 3, 4, 5))
  await home.stop()
  t.same(codes(home), [])
  t.equal(bytesAt(kept), was)
})

const failing = (step: Step): CheckpointFormat => ({ schema: 3, older: { ...THIRD.older, 2: step } })
const withSections = (change: (sections: Contents['sections']) => Contents['sections']): Step => {
  return (older) => {
    const made = THIRD.older[2](older)
    return { ...made, sections: change(made.sections) }
  }
}
const BROKEN: Record<string, { format: CheckpointFormat; why: RegExp }> = {
  'a step throws': {
    format: failing(() => {
      throw new TypeError('no such thing')
    }),
    why: /it is of schema 1; from 2 to 3: no such thing/,
  },
  'a step is missing': { format: { schema: 3, older: { 2: THIRD.older[2] } }, why: /is of schema 1, not 3/ },
  'no step leads there': { format: { schema: 3, older: {} }, why: /it is of schema 1, not 3/ },
  'a step forgets a section': {
    format: failing(withSections(({ calls: _, ...rest }) => rest)),
    why: /it has no calls/,
  },
  'a step makes a section that only counting needs, and that does not fit': {
    format: failing(
      withSections((sections) => ({ ...sections, sessions: { rows: 9, bytes: Buffer.alloc(1) } })),
    ),
    why: /its sessions do not fit/,
  },
  'it is of a newer schema': { format: { schema: 0, older: {} }, why: /it is of schema 1, not 0/ },
}

for (const [name, { format, why }] of Object.entries(BROKEN)) {
  t.test(`${name}: both are put aside as they are, and doctor says so`, async (t) => {
    const { home, was } = await olderHome(t.testdir(), 1)
    await t.resolves(home.start({ format }))
    t.same(home.total(), totalOf(3, 4), 'what the logs tell')
    t.match(home.incidents.all, [
      { code: 'checkpointUnreadable', says: why },
      { code: 'checkpointUnreadable', says: why },
    ])
    await home.stop()
    t.equal(broken(home).length, 2)
    const aside = broken(home).find((each) => each.startsWith('checkpoint.bin'))
    t.equal(bytesAt(home.path(`state/${aside}`)), was)
  })
}

t.test('every byte of an older one is checked before a step sees it', async (t) => {
  const { home } = await olderHome(t.testdir(), 1)
  const good = readFileSync(home.paths.checkpoint)
  const seen: number[] = []
  const format: CheckpointFormat = {
    schema: 3,
    older: {
      ...THIRD.older,
      1: (older) => {
        seen.push(1)
        return THIRD.older[1](older)
      },
    },
  }
  const damaged = home.path('damaged.bin')
  for (let at = 0; at < good.length; at += 7) {
    const bytes = Buffer.from(good)
    bytes[at] = bytes[at]! ^ 0xff
    writeFileSync(damaged, bytes)
    t.throws(() => loadCheckpoint(damaged, { format }), `byte ${at}`)
  }
  writeFileSync(damaged, good.subarray(0, good.length - 1))
  t.throws(() => loadCheckpoint(damaged, { format }), /cut short/)
  t.same(seen, [])
})

t.test('an indexer that goes on from an older one keeps it too', async (t) => {
  const { home, was } = await olderHome(t.testdir(), 2)
  const held = loadCheckpoint(home.paths.checkpoint, { format: THIRD })
  const { ino } = statSync(home.paths.checkpoint)
  const options = { format: THIRD, isFrozen: true }
  await saveCheckpoint(home.paths.checkpoint, home.paths.checkpointPrevious, held, options)
  t.equal(held.checkpoint?.from, null)
  t.equal(statSync(olderPath(home.paths.checkpoint, 2)).ino, ino)
  t.equal(bytesAt(olderPath(home.paths.checkpoint, 2)), was)
  held.checkpoint?.close()
})

t.test('whatever was counted survives an upgrade, whatever was deleted', async (t) => {
  let run = 0
  const upgrade = fc.asyncProperty(
    generatedLogs,
    fc.constantFrom(1 as const, 2 as const),
    fc.infiniteStream(fc.boolean()),
    async (files, schema, isDeleted) => {
      const home = new UsageHome(t.testdir({ [`run-${run++}`]: {} }))
      for (const { path, lines } of files) home.write(path, `${lines.join('\n')}\n`)
      await home.start()
      const before = dumpTotals(home.usage)
      await home.stop()
      if (!existsSync(home.paths.checkpoint)) return
      makeOlder(home.paths.checkpoint, schema)
      for (const { path } of files) if (isDeleted.next().value) rmSync(home.path(path))
      await home.start({ format: THIRD })
      t.same(dumpTotals(home.usage), before)
      // A backup brings the logs back: each was counted already.
      for (const { path, lines } of files) home.write(path, `${lines.join('\n')}\n`)
      await home.usage.rescan()
      t.same(dumpTotals(home.usage), before)
      await home.stop()
      t.same(home.incidents.all, [])
    },
  )
  await fc.assert(upgrade, { numRuns: 40 })
})
