// Loaded before a daemon's own code (`--import`): writes a line `PID MILLISECONDS PLACE` to $TIMERS_FIRED whenever a timer fires, those
// inside of Node too. The place is where the timer was set.
import { createHook } from 'node:async_hooks'
import { appendFileSync } from 'node:fs'

interface Timer {
  /** Node's own. */
  readonly _idleTimeout: number
}

const file = process.env['TIMERS_FIRED']
const timers = new Map<number, { readonly timer: Timer; readonly place: string }>()

function place(): string {
  const lines = (new Error().stack ?? '').split('\n').map((line) => line.trim().slice('at '.length))
  // The first line is the error's, the next two are this function and the hook.
  const callers = lines.slice(3).filter((line) => !line.includes('node:internal/'))
  return callers.slice(0, 3).join(' < ')
}

if (file !== undefined) {
  createHook({
    init(id, type, _trigger, resource) {
      if (type === 'Timeout') timers.set(id, { timer: resource as Timer, place: place() })
    },
    before(id) {
      const fired = timers.get(id)
      if (fired === undefined) return
      appendFileSync(file, `${process.pid} ${fired.timer._idleTimeout} ${fired.place}\n`)
    },
    destroy: (id) => void timers.delete(id),
  }).enable()
}
