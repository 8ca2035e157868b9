// State of another version: older files are made new, with a copy of what they were; newer ones are refused before anything is touched.
import { spawnSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { pathsOf } from '../../../src/contract/paths.ts'
import { openDocument } from '../../../src/daemon/store/document.ts'
import type { Quarantine } from '../../../src/daemon/store/durable-file.ts'
import { SCHEMAS } from '../../../src/daemon/store/schemas.ts'
import { DAEMON, daemon, isolatedEnv, temporaryFolder, until } from '../../harness/daemon.ts'
import { callLines } from '../usage/usage-home.ts'

interface Third {
  readonly names: readonly string[]
  readonly count: number
}

const isThird = (data: unknown): data is Third =>
  Array.isArray((data as Third).names) && typeof (data as Third).count === 'number'

/** 1: a name; 2: names; 3: names and their count. */
const OLDER = {
  1: (data: unknown) => ({ names: [(data as { name: string }).name.toString()] }),
  2: (data: unknown) => ({ ...(data as object), count: (data as Third).names.length }),
}

async function third(folder: string, older: typeof OLDER | { 2: (typeof OLDER)[2] } = OLDER) {
  const quarantines: Quarantine[] = []
  const document = await openDocument<Third>({
    path: join(folder, 'names.json'),
    schema: 3,
    older,
    check: isThird,
    empty: { names: [], count: 0 },
    onQuarantine: (quarantine) => quarantines.push(quarantine),
  })
  return { document, quarantines }
}

t.test('each older schema is made new, step by step, and kept as it was', async (t) => {
  for (const [schema, data] of [
    [1, { name: 'desk' }],
    [2, { names: ['desk'] }],
  ] as const) {
    const folder = temporaryFolder(t)
    const before = JSON.stringify({ schema, data })
    writeFileSync(join(folder, 'names.json'), before, { mode: 0o600 })
    const { document, quarantines } = await third(folder)
    t.same(document.value, { names: ['desk'], count: 1 })
    t.same(quarantines, [])
    const backup = join(folder, `names.schema-${schema}.json`)
    t.equal(readFileSync(backup, 'utf8'), before)
    t.equal(lstatSync(backup).mode & 0o777, 0o600)
    t.match(JSON.parse(readFileSync(join(folder, 'names.json'), 'utf8')), { schema: 3, data: { count: 1 } })
    await document.update((copy) => ({ ...copy, count: 2 }))
    t.equal((await third(folder)).document.value.count, 2)
    t.equal(readFileSync(backup, 'utf8'), before, 'what came later did not reach it')
  }
})

t.test('what has no copy yet is not written over', async (t) => {
  const folder = temporaryFolder(t)
  const before = '{"schema":2,"data":{"names":["desk"]}}'
  writeFileSync(join(folder, 'names.json'), before)
  const backup = join(folder, 'names.schema-2.json')
  mkdirSync(join(backup, 'in the way'), { recursive: true })
  const { document } = await third(folder)
  t.same(document.value, { names: ['desk'], count: 1 }, 'it is used')
  await t.rejects(document.update((copy) => ({ ...copy, count: 2 })))
  t.same(document.value.count, 1)
  t.equal(readFileSync(join(folder, 'names.json'), 'utf8'), before)
  rmSync(backup, { recursive: true })
  await document.update((copy) => ({ ...copy, count: 3 }))
  t.equal(readFileSync(backup, 'utf8'), before)
  t.match(JSON.parse(readFileSync(join(folder, 'names.json'), 'utf8')), { schema: 3, data: { count: 3 } })
})

t.test('without a step, or with one that fails, it is put aside as it is', async (t) => {
  for (const [text, why, older] of [
    ['{"schema":1,"data":{"name":"desk"}}', /schema is 1, not 3/, { 2: OLDER[2] }],
    ['{"schema":1,"data":{}}', /shape/, OLDER],
    ['{"schema":0,"data":{}}', /schema is 0/, OLDER],
    ['{"schema":1.5,"data":{}}', /schema is 1.5/, OLDER],
    ['{"schema":"1","data":{}}', /schema is "1"/, OLDER],
  ] as const) {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'names.json'), text)
    const { document, quarantines } = await third(folder, older)
    t.same(document.value, { names: [], count: 0 })
    t.match(quarantines, [{ why }])
    t.equal(readFileSync(quarantines[0]!.broken!, 'utf8'), text)
  }
})

t.test('every file of a real state says its schema where it is looked for', async (t) => {
  const home = temporaryFolder(t)
  mkdirSync(join(home, '.claude/projects/p'), { recursive: true })
  writeFileSync(join(home, '.claude/projects/p/session-a.jsonl'), callLines(1, 3))
  writeFileSync(join(home, 'config.json'), '{"web":{"mode":"off"}}')
  const first = await daemon(t, { home })
  await until(async () => (await first.call('daemon.status')).ready, 'ready')
  await first.call('members.add', { name: 'somebody' })
  await first.stop()
  const paths = pathsOf({ env: { TALLYD_HOME: home }, home, platform: process.platform })
  const present = (Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[]).filter((name) =>
    readdirSync(home).some((file) => join(home, file) === paths[name]),
  )
  t.ok(
    present.includes('checkpoint') && present.includes('identity') && present.includes('tokens'),
    `${present}`,
  )
  for (const name of present) {
    const whole = readFileSync(paths[name])
    const newer = Buffer.from(whole.toString('latin1').replace(/("schema":\s*)\d+/, '$17'), 'latin1')
    t.notSame(newer, whole, name)
    writeFileSync(paths[name], newer)
    const before = readdirSync(home).sort()
    const ran = spawnSync(DAEMON, [], { env: isolatedEnv(home), encoding: 'utf8', timeout: 20_000 })
    t.equal(ran.status, 5, name)
    t.match(
      ran.stderr,
      new RegExp(
        `${name === 'webPort' ? 'web-port' : name}[^ ]* has schema 7; this tallyd, [0-9.]+, knows 1`,
      ),
    )
    t.match(ran.stderr, /install the newer tallyd again, see docs\/quick-start\.md/)
    t.same(readdirSync(home).sort(), before, 'nothing was made or put aside')
    t.same(readFileSync(paths[name]), newer)
    writeFileSync(paths[name], whole)
  }
  const again = await daemon(t, { home })
  await until(async () => (await again.call('daemon.status')).ready, 'ready')
  t.equal((await again.call('usage.summary', { range: 'all' })).total.calls, 3)
})
