// Loaded before a daemon's own code (`--import`): its wall clock is off by as many milliseconds as $CLOCK_OFFSET, a file, says at the
// moment. Timers and the monotonic clock are as they are, as on a machine whose clock is set.
import { readFileSync } from 'node:fs'

const file = process.env['CLOCK_OFFSET']

if (file !== undefined) {
  const RealDate = Date
  // A file that is gone is an error: a clock that jumps back by itself would make a test of something else.
  const now = () => RealDate.now() + Number(readFileSync(file, 'utf8'))
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given, as) => Reflect.construct(target, given.length === 0 ? [now()] : given, as),
    apply: () => new RealDate(now()).toString(),
    get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  })
}
