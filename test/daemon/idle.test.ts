// What wakes a daemon that nobody asks and whose logs rest: no timer under 10 s, with every listener open and another device linked.
// With discovery, which has no network to look at here: `test/hosts/idle.test.ts`.
import { join } from 'node:path'
import t from 'tap'
import { temporaryFolder } from '../harness/daemon.ts'
import { type Device, devices, freePort, pairByCode } from '../harness/devices.ts'
import { type Fired, timersEnv, WATCHED_MS, watchTimers } from '../harness/timers-watched.ts'

t.setTimeout(180_000)

const isShort = ({ ms }: Fired) => ms < 10_000

t.test('an idle daemon has no timer under 10 s', async (t) => {
  const file = join(temporaryFolder(t), 'fired')
  const webPorts = [await freePort(), await freePort()]
  const [one, two] = (await devices(t, 2, {
    config: (at) => ({ web: { port: webPorts[at]! }, budgets: { daily: 10 }, alerts: { desktop: true } }),
    env: timersEnv(file),
  })) as [Device, Device]
  await pairByCode(one, two)
  const fired = await watchTimers(file, isShort)
  t.equal((await one.row(two))?.freshness, 'live', 'the link stood all the time')
  const ofOne = fired.filter(({ pid }) => pid === one.daemon.pid)
  t.ok(ofOne.length > 0, 'those that may fire are seen')
  t.same(fired.filter(isShort), [])
  t.comment(`${ofOne.length} timers fired in ${WATCHED_MS / 1000} s`)
})
