// Loaded before a daemon's own code (`--import`): writes a line `PID MILLISECONDS PLACE` to $TIMERS_FIRED whenever a timer fires, those
// inside of Node too. The place is where the timer was set.
import { createHook } from 'node:async_hooks'
import { appendFileSync } from 'node:fs'

const file = process.env['TIMERS_FIRED']
const set = new WeakMap<object, string>()
const timers = new Map<number, { readonly _idleTimeout: number }>()

const stackOf = () =>
  (new Error().stack ?? '')
    .split('\n')
    .slice(4)
    .map((line) => line.trim().slice(3))
    .filter((line) => !line.includes('node:internal/'))
    .slice(0, 3)
    .join(' < ')

if (file !== undefined) {
  createHook({
    init(id, type, _trigger, resource) {
      if (type !== 'Timeout') return
      timers.set(id, resource as { _idleTimeout: number })
      set.set(resource, stackOf())
    },
    before(id) {
      const timer = timers.get(id)
      if (timer !== undefined)
        appendFileSync(file, `${process.pid} ${timer._idleTimeout} ${set.get(timer)}\n`)
    },
    destroy: (id) => void timers.delete(id),
  }).enable()
}
