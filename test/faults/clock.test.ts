// The clock of a machine is set while the daemon runs, and is wrong when it starts: every call is counted once, in its own day, and there
// are no timer storms. What else a clock touches is for test/daemon/clock.test.ts.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { processorSeconds } from '../../bench/process-tree.ts'
import { callLines } from '../daemon/usage/usage-home.ts'
import { DAY_MS, wallClock } from '../harness/clock.ts'
import { type Daemon, daemon, temporaryFolder, until } from '../harness/daemon.ts'

t.setTimeout(120_000)

const JUMPS: Readonly<Record<string, () => number>> = {
  'a day ahead': () => DAY_MS,
  'a day back': () => -DAY_MS,
  'to 1970': () => -Date.now() + 1_000,
  'to 2040': () => Date.parse('2040-01-01T00:00:00Z') - Date.now(),
}

for (const [jump, shift] of Object.entries(JUMPS)) {
  t.test(`${jump}`, async (t) => {
    const home = temporaryFolder(t)
    const { env, set } = wallClock(t)
    const logs = join(home, '.claude', 'projects', 'p')
    mkdirSync(logs, { recursive: true })
    const log = join(logs, 'session-a.jsonl')
    writeFileSync(log, callLines(1, 3))
    writeFileSync(join(home, 'config.json'), JSON.stringify({ web: { mode: 'off' } }))
    const start = () => daemon(t, { home, env })
    const days = async ({ call }: Daemon) =>
      (await call('usage.summary', { range: 'all', timeZone: 'UTC', by: ['day'] })).rows.map(
        ({ day, calls }) => `${day}: ${calls}`,
      )
    const shows = (running: Daemon, calls: number) =>
      until(async () => String(await days(running)) === `2026-03-02: ${calls}`, `${calls} calls in their day`)

    let running = await start()
    await shows(running, 3)
    set(shift())
    const before = processorSeconds([running.pid])
    await sleep(3_000)
    const took = processorSeconds([running.pid]) - before
    t.ok(took < 1.5, `no timer storms: ${took.toFixed(2)} s of processor time in 3 s`)
    writeFileSync(log, callLines(4, 4), { flag: 'a' })
    await running.call('usage.rescan')
    t.match(await running.stop(), { code: 0 })

    // A start with the wrong clock, and then with the right one.
    running = await start()
    await until(async () => (await running.call('daemon.status')).ready, 'it is ready')
    set(0)
    writeFileSync(log, callLines(5, 5), { flag: 'a' })
    await running.call('usage.rescan')
    await shows(running, 5)
    await running.kill('SIGKILL')
    running = await start()
    await shows(running, 5)
    const { checks } = await running.call('doctor.run')
    t.same(
      checks.filter(({ subject }) => subject === 'incident'),
      [],
    )
    await running.stop()
  })
}
