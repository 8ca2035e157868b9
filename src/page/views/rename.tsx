// A name that is changed in its place.
import { useLayoutEffect, useRef } from 'preact/hooks'
import { Trouble } from './parts.tsx'
import { useSending } from './use.ts'

interface RenameProps {
  readonly name: string
  readonly label: string
  /** Throws Failure. */
  readonly onName: (name: string) => Promise<void>
  readonly onDone: () => void
}

export function Rename({ name, label, onName, onDone }: RenameProps) {
  const field = useRef<HTMLInputElement>(null)
  const sending = useSending()
  useLayoutEffect(() => field.current?.select(), [])
  return (
    <form
      class="rename"
      onSubmit={(event) => {
        event.preventDefault()
        sending.run(async () => {
          await onName(field.current?.value.trim() ?? '')
          onDone()
        })
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onDone()
      }}
    >
      <input ref={field} aria-label={label} required maxLength={64} autoComplete="off" defaultValue={name} />
      <div class="buttons">
        <button type="submit" class="main" disabled={sending.busy}>
          rename
        </button>
        <button type="button" onClick={onDone}>
          keep
        </button>
      </div>
      <Trouble failure={sending.failure} />
    </form>
  )
}
