// last.json and last.txt: private, whole at every moment, written seldom, and gone when tallyd stops.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Glance } from '../../../src/contract/glance.ts'
import { createBus } from '../../../src/daemon/bus.ts'
import { createLog } from '../../../src/daemon/store/log.ts'
import { keepLastGlance, type LastGlanceContext } from '../../../src/daemon/views/last-glance.ts'
import { call, daemon, type Teardown, temporaryFolder, until } from '../../harness/daemon.ts'
import { glanceWith } from '../../harness/glance.ts'
import { callLines } from '../usage/usage-home.ts'

function kept(t: Teardown, more: Partial<LastGlanceContext> = {}) {
  const folder = temporaryFolder(t)
  const world = {
    calls: 1,
    now: Date.parse('2026-11-20T12:00:00Z'),
    computed: 0,
    until: '2026-11-21T00:00:00Z',
  }
  const bus = createBus()
  const paths = { last: join(folder, 'last.json'), lastText: join(folder, 'last.txt') }
  const last = keepLastGlance({
    paths,
    bus,
    log: createLog('off'),
    now: () => world.now,
    isOurs: () => true,
    restMs: 100,
    lookMs: 20,
    compute() {
      world.computed++
      const today = { calls: world.calls, tokens: 0, costUSD: world.calls }
      return glanceWith({ today, until: world.until, day: world.until.slice(0, 10) })
    },
    ...more,
  })
  t.teardown(() => last.stop())
  const read = (): (Glance & { asOf: string }) | null =>
    existsSync(paths.last) ? JSON.parse(readFileSync(paths.last, 'utf8')) : null
  return { folder, world, bus, paths, last, read }
}

t.test('at once, again when it changed, gone at the end', async (t) => {
  const { folder, world, bus, paths, last, read } = kept(t)
  await until(() => existsSync(paths.lastText), 'both files')
  t.match(read(), { asOf: '2026-11-20T12:00:00.000Z', day: '2026-11-21', today: { calls: 1 } })
  t.equal(readFileSync(paths.lastText, 'utf8'), '◔ $1.00\n')
  for (const path of [paths.last, paths.lastText]) t.equal(statSync(path).mode & 0o777, 0o600)
  world.calls = 2
  bus.emit('usageChanged')
  await until(() => read()?.today.calls === 2, 'the change')
  await until(() => readFileSync(paths.lastText, 'utf8') === '◔ $2.00\n', 'its text')
  await last.stop()
  t.same(readdirSync(folder), [])
  bus.emit('usageChanged')
  await sleep(150)
  t.same(readdirSync(folder), [], 'and stays away')
})

t.test('many changes are few glances; what is the same is not written', async (t) => {
  const { world, bus, paths, read } = kept(t)
  await until(() => existsSync(paths.lastText), 'both files')
  const first = statSync(paths.last).ino
  const before = world.computed
  for (let n = 0; n < 50; n++) {
    bus.emit('usageChanged')
    await sleep(5)
  }
  await sleep(250)
  t.ok(world.computed - before <= 8, `${world.computed - before} for 50 changes`)
  t.equal(statSync(paths.last).ino, first, 'the file was not replaced')
  world.calls = 7
  bus.emit('usageChanged')
  world.calls = 8
  bus.emit('usageChanged')
  await until(() => read()?.today.calls === 8, 'the last change is never missed')
})

t.test('the day ends without a change', async (t) => {
  const { world, read } = kept(t)
  await until(() => read() !== null, 'the first')
  world.until = '2026-11-22T00:00:00Z'
  world.calls = 0
  await sleep(60)
  t.equal(read()?.day, '2026-11-21', 'not before it ends')
  world.now = Date.parse('2026-11-21T00:00:00Z')
  await until(() => read()?.day === '2026-11-22', 'the new day')
})

t.test('what a killed one left is replaced, a half one too', async (t) => {
  const folder = temporaryFolder(t)
  const paths = { last: join(folder, 'last.json'), lastText: join(folder, 'last.txt') }
  writeFileSync(paths.last, '{"day":"2020-01-01"}', { mode: 0o644 })
  chmodSync(paths.last, 0o644)
  writeFileSync(`${paths.last}.new`, '{"da')
  const { last } = kept(t, { paths })
  await until(() => JSON.parse(readFileSync(paths.last, 'utf8')).day !== '2020-01-01', 'the new one')
  t.equal(statSync(paths.last).mode & 0o777, 0o600)
  await last.stop()
  t.same(readdirSync(folder), [])
})

t.test('where another daemon has taken over nothing is written or removed', async (t) => {
  let ours = true
  const { world, bus, paths, last, read } = kept(t, { isOurs: () => ours })
  await until(() => existsSync(paths.lastText), 'both files')
  ours = false
  world.calls = 5
  bus.emit('usageChanged')
  const before = world.computed
  await until(() => world.computed > before, 'a look')
  await sleep(50)
  await last.stop()
  t.equal(read()?.today.calls, 1)
})

t.test('a folder that refuses it harms nobody, and is tried again', async (t) => {
  const folder = join(temporaryFolder(t), 'gone')
  const paths = { last: join(folder, 'last.json'), lastText: join(folder, 'last.txt') }
  const { bus, world } = kept(t, { paths })
  await until(() => world.computed > 0, 'a try')
  await sleep(120)
  mkdirSync(folder)
  bus.emit('usageChanged')
  await until(() => existsSync(paths.lastText), 'it is written')
})

t.test('a real daemon keeps them, and takes them away', async (t) => {
  const home = temporaryFolder(t)
  mkdirSync(join(home, '.claude/projects/p'), { recursive: true })
  writeFileSync(join(home, '.claude/projects/p/session-a.jsonl'), callLines(1, 3))
  const running = await daemon(t, { home })
  const { paths } = await call(running.socket, 'daemon.paths')
  const read = () => JSON.parse(readFileSync(paths['last'] ?? '', 'utf8'))
  await until(() => existsSync(paths['last'] ?? '') && read().all.calls === 3, 'the calls')
  await until(() => read().ready, 'the end of the first index')
  const { asOf: _, ...last } = read()
  t.same(last, await running.call('views.glance', {}))
  await running.stop()
  t.notOk(existsSync(paths['last'] ?? '') || existsSync(paths['lastText'] ?? ''))
})

t.test('it follows what is observed of windows, and their end', async (t) => {
  const { world, bus, paths, read } = kept(t, {
    compute: () =>
      glanceWith({
        until: '2026-11-21T00:00:00Z',
        windows: [{ agent: 'codex', label: '5 h', usedPercent: used, resetAt: used === null ? null : reset }],
      }),
  })
  let used: number | null = 77
  const reset = '2026-11-20T12:10:00Z'
  const shown = () => read()?.windows[0]?.usedPercent
  await until(() => existsSync(paths.last) && shown() === 77, 'it is there')
  used = 99
  bus.emit('quotasChanged')
  await until(() => shown() === 99, 'what was observed')
  used = null
  world.now = Date.parse(reset)
  await until(() => shown() === null, 'its end')
})
