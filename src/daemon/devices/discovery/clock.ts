// Time as discovery sees it, so that a test can hold it.

export interface Clock {
  /** Unix milliseconds. */
  now(): number
  /** Runs once after `ms`; returns how to prevent it. Keeps no process alive. */
  after(ms: number, run: () => void): () => void
}

export const systemClock: Clock = {
  now: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, ms).unref()
    return () => clearTimeout(timer)
  },
}
