// A button for what cannot be taken back: pressed, it says in its place what ends, and asks once. Keeping is what has the focus.
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Trouble } from './parts.tsx'
import { useSending } from './use.ts'

interface AskOnceProps {
  /** One word for what happens: `revoke`. */
  readonly verb: string
  /** Names what ends. */
  readonly children: ComponentChildren
  /** For those who do not see what the button stands beside. */
  readonly label: string
  /** Throws Failure. `force` once the daemon has said that this is the last of its kind, and was asked again. */
  readonly onYes: (force: boolean) => Promise<void>
}

export function AskOnce({ verb, children, label, onYes }: AskOnceProps) {
  const [asking, setAsking] = useState(false)
  const sending = useSending()
  const keep = useRef<HTMLButtonElement>(null)
  const begin = useRef<HTMLButtonElement>(null)
  const wasAsking = useRef(false)
  useLayoutEffect(() => {
    if (asking) keep.current?.focus()
    else if (wasAsking.current) begin.current?.focus()
    wasAsking.current = asking
  }, [asking])

  if (!asking) {
    return (
      <button
        type="button"
        class="quiet danger"
        ref={begin}
        aria-label={label}
        onClick={() => setAsking(true)}
      >
        {verb}
      </button>
    )
  }
  const stop = () => {
    sending.forget()
    setAsking(false)
  }
  const force = sending.failure?.is('lastAdmin') === true
  return (
    <fieldset
      class="asking"
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key === 'Escape') stop()
      }}
    >
      <p>{children}</p>
      <Trouble failure={sending.failure} />
      <div class="buttons">
        <button type="button" ref={keep} onClick={stop}>
          keep
        </button>
        <button
          type="button"
          class="danger"
          disabled={sending.busy}
          onClick={() =>
            sending.run(async () => {
              await onYes(force)
              setAsking(false)
            })
          }
        >
          {force ? `${verb} it all the same` : verb}
        </button>
      </div>
    </fieldset>
  )
}
