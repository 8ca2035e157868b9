// Loaded before a daemon's own code (`--import`): its wall clock is off by as many milliseconds as $CLOCK_OFFSET, a file, says at the
// moment. Timers and the monotonic clock are as they are, as on a machine whose clock is set.
import { readFileSync } from 'node:fs'

const file = process.env['CLOCK_OFFSET']

function offset(): number {
  try {
    return Number(readFileSync(file!, 'utf8')) || 0
  } catch {
    return 0
  }
}

if (file !== undefined) {
  const RealDate = Date
  const now = () => RealDate.now() + offset()
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given, as) => Reflect.construct(target, given.length === 0 ? [now()] : given, as),
    apply: () => new RealDate(now()).toString(),
    get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  })
}
