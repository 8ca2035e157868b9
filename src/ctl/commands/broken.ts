// Ctrl-C, or a terminal that is closed, while something waits for the other side: it is taken back first.

/** Resolves with null once `takeBack` is done, or has failed. */
export function broken(takeBack: () => Promise<unknown>): Promise<null> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        takeBack()
          .catch(() => undefined)
          .finally(() => resolve(null))
      })
    }
  })
}
