// A real daemon that is killed with -9 around an alert: before it is written down, after that, and while it is shown.
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { isCrossingList } from '../../../src/daemon/alerts/crossings.ts'
import { type Daemon, daemon, type Teardown, temporaryFolder, until } from '../../harness/daemon.ts'

const LOG = '.claude/projects/-home-a-project/0f2c.jsonl'
/** Longer than it takes from a call to a notification: a second until budgets are looked at. */
const TOLD_MS = 4_000
const NEAR = 'tallyd: 80 % of the daily budget is used'
const OVER = 'tallyd: the daily budget is used up'

/** A home where a call costs what it says, a budget of $10 a day, and a notify-send that writes down its title, then does `more`. */
function home(t: Teardown, more = '') {
  const folder = temporaryFolder(t)
  const programs = join(folder, 'programs')
  const record = join(folder, 'record')
  mkdirSync(programs)
  mkdirSync(join(folder, LOG, '..'), { recursive: true })
  const prices = { dear: { input: 0, output: 1_000_000 } }
  const config = { prices, web: false, budgets: { daily: 10 }, alerts: { desktop: true } }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  const program = join(programs, 'notify-send')
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$4" >> '${record}'\n${more}\n`)
  chmodSync(program, 0o755)
  let calls = 0
  return {
    folder,
    start: () => daemon(t, { home: folder, env: { PATH: programs } }),
    spend(dollars: number) {
      const id = ++calls
      const usage = { input_tokens: 0, output_tokens: dollars }
      const message = { id: `msg_${id}`, role: 'assistant', model: 'dear', content: [], usage }
      const line = {
        type: 'assistant',
        timestamp: new Date().toISOString(),
        sessionId: '0f2c',
        requestId: `req_${id}`,
        message,
      }
      appendFileSync(join(folder, LOG), `${JSON.stringify(line)}\n`)
    },
    shown: () => (existsSync(record) ? readFileSync(record, 'utf8').split('\n').slice(0, -1) : []),
    written(): number[] {
      const path = join(folder, 'alerts.json')
      if (!existsSync(path)) return []
      const { data } = JSON.parse(readFileSync(path, 'utf8'))
      if (!isCrossingList(data)) throw new Error('alerts.json is not whole')
      return data.map(({ percent }) => percent)
    },
  }
}

const crossedOf = async ({ call }: Daemon) =>
  (await call('budgets.list')).budgets[0]?.crossed.map(({ percent }) => percent)

const options = { skip: process.platform !== 'linux' && 'notify-send is of Linux' }

t.test('killed before it is written down: told after the restart, once', options, async (t) => {
  const at = home(t)
  const first = await at.start()
  at.spend(8)
  await until(
    async () => (await first.call('usage.summary', { range: 'all' })).total.calls === 1,
    'counted',
    5_000,
  )
  await first.kill('SIGKILL')
  t.same([at.written(), at.shown()], [[], []], 'it was killed before')
  const second = await at.start()
  await until(() => at.shown().length > 0, 'it is told')
  t.same(await crossedOf(second), [80])
  await second.kill('SIGKILL')
  const third = await at.start()
  await sleep(TOLD_MS)
  t.same([at.written(), at.shown()], [[80], [NEAR]], 'and not again')
  t.same(await crossedOf(third), [80])
})

t.test('killed while it is shown: not shown again', options, async (t) => {
  const at = home(t, 'kill -9 $PPID')
  for (const [dollars, told] of [
    [8, [NEAR]],
    [2, [NEAR, OVER]],
  ] as const) {
    const running = await at.start()
    at.spend(dollars)
    t.same(await running.ended, { code: null, signal: 'SIGKILL' })
    t.same(at.shown(), told)
  }
  const last = await at.start()
  await sleep(TOLD_MS)
  t.same(at.shown(), [NEAR, OVER])
  t.same(await crossedOf(last), [80, 100], 'it lives: nobody killed it')
})

t.test('killed in the moment of writing: never twice, and whoever asks is told', options, async (t) => {
  let unseen = 0
  for (let round = 0; round < 4; round++) {
    const at = home(t)
    const first = await at.start()
    // At the first sign of a write, and when the file is in its place.
    const isAt = (name: string | null) =>
      round % 2 === 0 ? name?.startsWith('alerts.json') : name === 'alerts.json'
    const watcher = watch(at.folder, (_, name) => {
      if (!isAt(name)) return
      watcher.close()
      process.kill(first.pid, 'SIGKILL')
    })
    at.spend(8)
    await first.ended
    const second = await at.start()
    await sleep(TOLD_MS)
    t.same(at.written(), [80], 'written, whole')
    t.same(await crossedOf(second), [80])
    t.ok(at.shown().length <= 1, 'never twice')
    if (at.shown().length === 0) unseen++
    await second.kill('SIGKILL')
  }
  t.comment(`in ${unseen} of 4 rounds it was killed between writing and showing`)
})
