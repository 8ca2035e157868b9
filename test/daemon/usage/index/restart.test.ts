// After a restart the checkpoint alone tells what was counted: whole, damaged or gone.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { agedHome, callLines, LOG, totalOf, UsageHome } from '../usage-home.ts'

/** Bytes this process has read by any means. */
function bytesRead(): number {
  return Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
}

const all = totalOf(1, 2, 3, 4)

t.test(
  'a restart reads no log byte again',
  { skip: existsSync('/proc/self/io') ? false : 'no /proc' },
  async (t) => {
    const home = new UsageHome(t.testdir())
    const filler = `{"type":"user","message":{"content":"${'x'.repeat(10_000)}"}}\n`
    home.write(LOG, callLines(1, 2) + filler.repeat(2000))
    await home.start()
    await home.stop()
    const size = statSync(home.path(LOG)).size
    const before = bytesRead()
    await home.start()
    const read = bytesRead() - before
    t.same(home.total(), totalOf(1, 2))
    t.ok(size > 20_000_000 && read < 100_000, `${read} bytes were read, the log has ${size}`)
    home.append(LOG, callLines(3, 3))
    await home.usage.rescan()
    t.same(home.total(), totalOf(1, 2, 3))
    t.ok(bytesRead() - before < 400_000, 'nor when a line comes')
    await home.stop()
  },
)

t.test('the turn that a checkpoint cuts in two goes on', async (t) => {
  const line = (n: number, tool: string, command: string) =>
    `{"type":"assistant","sessionId":"s","message":{"model":"m","id":"m${n}","content":[{"type":"tool_use","id":"t${n}","name":"${tool}","input":{"command":"${command}"}}],"usage":{"input_tokens":1,"output_tokens":1}},"requestId":"r${n}","timestamp":"2026-03-02T10:00:0${n}Z"}\n`
  const home = new UsageHome(t.testdir())
  home.write(LOG, line(1, 'Bash', 'npm test'))
  await home.start()
  await home.stop()
  home.append(LOG, line(2, 'Edit', ''))
  await home.start()
  await home.stop()
  home.append(LOG, line(3, 'Bash', 'npm test'))
  await home.start()
  const { rows } = home.summary({ range: 'all', by: ['activity'], timeZone: 'UTC' })
  t.same(
    rows.map(({ activity, calls }) => [activity, calls]),
    [['debugging', 3]],
  )
  await home.stop()
})

t.test('a deleted checkpoint is made again from the logs', async (t) => {
  const home = await agedHome(t.testdir())
  rmSync(home.paths.checkpoint)
  await home.start()
  t.same(home.total(), all, 'the previous one is used')
  await home.stop()
  rmSync(home.paths.checkpoint, { force: true })
  rmSync(home.paths.checkpointPrevious, { force: true })
  await home.start()
  t.same(home.total(), totalOf(3, 4), 'with neither, what the logs still tell')
  await home.stop()
  t.same(home.incidents.all, [])
})

/** Where each part of a checkpoint lies. */
function partsOf(bytes: Buffer): { name: string; at: number; bytes: number }[] {
  const length = bytes.readUInt32LE(8)
  const header = JSON.parse(bytes.toString('utf8', 16, 16 + length)) as {
    sections: { name: string; at: number; bytes: number }[]
  }
  const sections = header.sections.map((section) => ({ ...section, at: section.at + 16 + length }))
  return [{ name: 'prefix', at: 0, bytes: 16 }, { name: 'header', at: 16, bytes: length }, ...sections]
}

t.test('a damaged checkpoint: every part, first, middle and last byte', async (t) => {
  const folder = t.testdir()
  const home = await agedHome(folder)
  const good = readFileSync(home.paths.checkpoint)
  const previous = readFileSync(home.paths.checkpointPrevious)
  const parts = partsOf(good)
  t.same(
    parts.map(({ name }) => name),
    ['prefix', 'header', 'buckets', 'toolBuckets', 'files', 'memories', 'calls', 'sessions', 'toolCalls'],
  )
  for (const { name, at, bytes } of parts) {
    for (const place of bytes === 0 ? [] : [at, at + (bytes >> 1), at + bytes - 1]) {
      const damaged = Buffer.from(good)
      damaged[place] = damaged[place]! ^ 0xff
      writeFileSync(home.paths.checkpoint, damaged)
      writeFileSync(home.paths.checkpointPrevious, previous)
      await t.resolves(home.start(), `${name} at ${place}: it starts`)
      t.same(home.total(), all, `${name} at ${place}: nothing is lost`)
      t.equal(
        home.incidents.all.filter(({ code }) => code === 'checkpointUnreadable').length,
        1,
        'and doctor can say so',
      )
      home.append(LOG, callLines(4, 4))
      await home.usage.rescan()
      await home.stop()
      t.same(
        home.incidents.all.map(({ code }) => code),
        ['checkpointUnreadable'],
        'it is written again',
      )
      home.incidents.all = []
      await home.start()
      t.same(home.total(), all)
      t.same(home.incidents.all, [])
      await home.stop()
    }
  }
})

t.test('a checkpoint cut short at any length, or with bytes behind it', async (t) => {
  const home = await agedHome(t.testdir())
  const good = readFileSync(home.paths.checkpoint)
  const previous = readFileSync(home.paths.checkpointPrevious)
  for (const length of [0, 1, 15, 16, 17, 200, good.length >> 1, good.length - 1]) {
    writeFileSync(home.paths.checkpoint, good)
    truncateSync(home.paths.checkpoint, length)
    writeFileSync(home.paths.checkpointPrevious, previous)
    await t.resolves(home.start(), `${length} of ${good.length} bytes`)
    t.same(home.total(), all)
    t.equal(home.incidents.all[0]?.code, 'checkpointUnreadable')
    home.incidents.all = []
    await home.stop()
  }
})

t.test('both checkpoints are garbage: what the logs tell is counted, and both are put aside', async (t) => {
  const home = await agedHome(t.testdir())
  writeFileSync(home.paths.checkpoint, 'garbage')
  writeFileSync(home.paths.checkpointPrevious, Buffer.alloc(3000, 7))
  await t.resolves(home.start())
  t.same(home.total(), totalOf(3, 4))
  t.same(
    home.incidents.all.map(({ code }) => code),
    ['checkpointUnreadable', 'checkpointUnreadable'],
  )
  t.ok(readdirSync(home.state).some((name) => name.startsWith('checkpoint.bin.broken-')))
  await home.stop()
})

t.test('the state folder is emptied while the daemon runs', async (t) => {
  const home = await agedHome(t.testdir())
  await home.start()
  rmSync(home.paths.checkpoint)
  rmSync(home.paths.checkpointPrevious)
  home.append(LOG, callLines(5, 5))
  await t.resolves(home.usage.rescan(), 'it goes on counting')
  t.same(home.total(), totalOf(1, 2, 3, 4, 5))
  await pause(50)
  await t.resolves(home.stop())
  await home.start()
  t.same(home.total(), totalOf(1, 2, 3, 4, 5), 'and keeps it')
  await home.stop()
})

t.test('what cannot be read as a checkpoint is put aside and never written over', async (t) => {
  const home = await agedHome(t.testdir())
  rmSync(home.paths.checkpoint)
  mkdirSync(home.paths.checkpoint)
  writeFileSync(`${home.paths.checkpoint}/kept`, 'by its owner')
  await home.start()
  t.same(home.total(), all, 'the previous one is used')
  await home.stop()
  const aside = readdirSync(home.state).find((name) => name.startsWith('checkpoint.bin.broken-'))
  t.same(readdirSync(`${home.state}/${aside}`), ['kept'])
  await home.start()
  t.same(home.total(), all, 'and a new one was written')
  await home.stop()
})

t.test('what a killed process left of a checkpoint is swept away', async (t) => {
  const home = await agedHome(t.testdir())
  writeFileSync(`${home.paths.checkpoint}.123.new`, 'half')
  writeFileSync(`${home.paths.checkpointPrevious}.123.new`, 'half')
  await home.start()
  t.same(
    readdirSync(home.state).filter((name) => name.endsWith('.new')),
    [],
  )
  await home.stop()
})
