// What wakes a daemon that is found on a network, nobody asks, and whose logs rest: no timer under 10 s but the one that looks at the
// interfaces, because no system tells Node that a network came or went.
import { join } from 'node:path'
import t from 'tap'
import { until } from '../harness/daemon.ts'
import { type Fired, timersEnv, WATCHED_MS, watchTimers } from '../harness/timers-watched.ts'
import { hostTest, isLive, pair } from './network.ts'

t.setTimeout(300_000)

/** The interfaces are looked at every 3 s; where that is set. */
const [LOOK_MS, LOOKS] = [3_000, /\bafter \(.* < \S*\blook\b/]
const looks = ({ ms, place }: Fired) => ms === LOOK_MS && LOOKS.test(place)
const isUnwanted = (fired: Fired) => fired.ms < 10_000 && !looks(fired)

hostTest('an idle daemon that is found has one timer under 10 s', async (t, net) => {
  const file = join(net.folder, 'fired')
  const [a, b] = [net.host(1), net.host(2)]
  const one = await a.daemon({}, undefined, timersEnv(file))
  const two = await b.daemon({}, undefined, timersEnv(file))
  await pair(one, two, '10.77.0.1')
  for (const each of [one, two]) {
    await until(
      async () => /^found by others on eth0/.test((await each.discovery())[0] ?? ''),
      'it is found',
      20_000,
    )
  }
  const fired = await watchTimers(file, isUnwanted)
  t.ok(await isLive(one), 'the link stood all the time')
  t.same(fired.filter(isUnwanted), [])
  const often = fired.filter(looks).length / 2
  t.ok(often > 3 && often <= WATCHED_MS / LOOK_MS + 1, `each looked ${often} times at the interfaces`)
})
