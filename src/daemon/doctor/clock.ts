// What doctor says of this machine's clock. Nobody is asked: what files and the time since the start tell is enough to see that
// it is behind, or that it was set. What other devices' clocks say stands with the devices.
import type { Check } from '../../contract/doctor.ts'
import { spanInWords } from '../../contract/time-words.ts'

export interface ClockFacts {
  /** Unix milliseconds. */
  readonly now: number
  /** What the clock said when the daemon started, in Unix milliseconds. */
  readonly startedAt: number
  /** How long ago that was by a clock that nobody sets, in milliseconds. */
  readonly elapsed: number
  /** Whether that clock goes on while the machine sleeps; else only a step back can be told from sleep. */
  readonly isSleepCounted: boolean
  /** The file of this instance that was changed last, and when, in Unix milliseconds; null where there is none. */
  readonly newest: { readonly path: string; readonly at: number } | null
}

const subject = 'clock'
/** There was no tallyd before, in Unix milliseconds. */
const FIRST = Date.UTC(2026, 0, 1)
/** What a file's time may be ahead, in milliseconds: file servers have clocks of their own. */
const AHEAD_MS = 5 * 60_000
/** Smaller steps are how time servers set a clock right, in milliseconds. */
const STEP_MS = 60_000
const SET_IT = 'let the network set it: timedatectl set-ntp true, on macOS in the settings of date and time'

export function checkClock({ now, startedAt, elapsed, isSleepCounted, newest }: ClockFacts): Check[] {
  const checks: Check[] = []
  const shown = new Date(now).toISOString()
  if (now < FIRST) {
    const says = `it says ${shown}, and tallyd is younger than that`
    checks.push({ level: 'broken', code: 'clockBehind', subject, says, next: SET_IT })
  } else if (newest !== null && newest.at - now > AHEAD_MS) {
    const says = `it says ${shown}, but ${newest.path} was written at ${new Date(newest.at).toISOString()}`
    checks.push({ level: 'warning', code: 'clockBehind', subject, says, next: SET_IT })
  }
  const step = now - startedAt - elapsed
  if (step < -STEP_MS || (isSleepCounted && step > STEP_MS)) {
    const says = `it was set ${step < 0 ? 'back' : 'ahead'} by ${spanInWords(Math.abs(step))} since tallyd started`
    const next = `see that it is right now: date; ${SET_IT}`
    checks.push({ level: 'warning', code: 'clockSet', subject, says, next })
  }
  return checks.length > 0 ? checks : [{ level: 'ok', code: 'clock', subject, says: shown }]
}
