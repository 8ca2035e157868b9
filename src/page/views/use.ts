// What every view shares: the actions of the page, the clock, and how a form is sent.
import { createContext } from 'preact'
import { useContext, useLayoutEffect, useState } from 'preact/hooks'
import { type Failure, failureOf } from '../connection/failure.ts'
import type { Actions } from '../shown.ts'

export const PageActions = createContext<Actions | null>(null)

export function useActions(): Actions {
  const actions = useContext(PageActions)
  if (actions === null) throw new Error('views are drawn inside PageActions')
  return actions
}

let given = 0

/** An id that no other element has. Preact's own is made of places in the tree, and two cards had the same. */
export function useOwnId(): string {
  return useState(() => `id-${given++}`)[0]
}

/** Unix milliseconds, anew every `ms`. */
export function useNow(ms: number): number {
  const [now, setNow] = useState(Date.now())
  useLayoutEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), ms)
    return () => clearInterval(timer)
  }, [ms])
  return now
}

export interface Sending {
  readonly busy: boolean
  readonly failure: Failure | null
  /** Runs `work`, once at a time; what it throws is shown. */
  run(work: () => Promise<void>): void
  forget(): void
}

export function useSending(): Sending {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  return {
    busy,
    failure,
    run(work) {
      if (busy) return
      setBusy(true)
      setFailure(null)
      work()
        .catch((error: unknown) => setFailure(failureOf(error)))
        .finally(() => setBusy(false))
    },
    forget: () => setFailure(null),
  }
}
