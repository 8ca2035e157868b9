// Notices that time has jumped: the machine slept, this process was stopped, or the clock was set. Timers stand still meanwhile, so what
// waits for a time of day, or for another device to come back, is told to look again.

/** How often the clock is looked at, in milliseconds. Nothing may wake an idle daemon more often. */
const LOOK_MS = 10_000
/** What a busy machine may be late by, in milliseconds. */
const LATE_MS = 15_000

interface WakingContext {
  /** Unix milliseconds: it is this clock that goes on while the machine sleeps. */
  readonly now: () => number
  readonly woken: () => void
  /** Shorter in tests. */
  readonly lookMs?: number
  readonly lateMs?: number
}

/** Calls `woken` after each jump, at the latest after one look; returns how to end it. */
export function noticeWaking({ now, woken, lookMs = LOOK_MS, lateMs = LATE_MS }: WakingContext): () => void {
  let lookedAt = now()
  const timer = setInterval(() => {
    const passed = now() - lookedAt
    lookedAt += passed
    if (passed < 0 || passed > lookMs + lateMs) woken()
  }, lookMs).unref()
  return () => clearInterval(timer)
}
