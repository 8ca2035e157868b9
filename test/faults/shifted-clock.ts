// Loaded before a daemon's own code (`--import`): its time of day is the real one and as many milliseconds as the file $CLOCK_SHIFT holds,
// read anew whenever it is asked. Timers and the monotonic clock go on as ever, as they do when somebody sets a clock.
import { readFileSync } from 'node:fs'

const file = process.env['CLOCK_SHIFT']
const Real = Date

function now(): number {
  return Real.now() + Number(readFileSync(file!, 'utf8'))
}

if (file !== undefined) {
  globalThis.Date = new Proxy(Real, {
    construct: (target, given, as) => Reflect.construct(target, given.length === 0 ? [now()] : given, as),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  })
}
