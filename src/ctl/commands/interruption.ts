// Ctrl-C, or a terminal that is closed, while something waits for somebody else. To be asked for before anything is shown: who ends it the
// moment that the code is there must not leave it open.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface Interruption {
  /** Resolves to null when somebody ends this. */
  readonly came: Promise<null>
  /** From here on a signal does what it always does. */
  stop(): void
}

export function untilInterrupted(): Interruption {
  let come: () => void = () => undefined
  const came = new Promise<null>((resolve) => {
    come = () => resolve(null)
  })
  for (const signal of SIGNALS) process.once(signal, come)
  return {
    came,
    stop() {
      for (const signal of SIGNALS) process.off(signal, come)
    },
  }
}
