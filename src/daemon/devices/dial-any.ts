// Goes to one device that may be at several addresses: tries them a moment apart, and the first that proves to be the
// device wins. Addresses are hints; what proves it is the caller's dialling.

/** The next address is tried after this long, in milliseconds, or as soon as the one before failed. */
const APART_MS = 500

/**
 * The first that succeeds; later successes are given to `surplus`. Rejects with the failure of the last address when all
 * failed: it is the one that the owner knows.
 */
export function dialAny<A, C>(
  addresses: readonly A[],
  dialOne: (address: A) => Promise<C>,
  surplus: (connection: C) => void,
): Promise<C> {
  return new Promise((resolve, reject) => {
    const failures = new Map<number, unknown>()
    let next = 0
    let done = false
    let timer: NodeJS.Timeout | undefined
    const start = () => {
      clearTimeout(timer)
      const index = next++
      if (done || index >= addresses.length) return
      timer = setTimeout(start, APART_MS)
      dialOne(addresses[index]!).then(
        (connection) => {
          if (done) return surplus(connection)
          done = true
          clearTimeout(timer)
          resolve(connection)
        },
        (error: unknown) => {
          failures.set(index, error)
          if (failures.size < addresses.length) return start()
          clearTimeout(timer)
          if (!done) reject(failures.get(addresses.length - 1))
        },
      )
    }
    start()
  })
}
