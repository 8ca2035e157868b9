// The form that makes a token without a client that asks for it: for a script, or for what cannot show a code.
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { MemberRow, Minted } from '../../contract/tokens.ts'
import { GrantFields, grantIn } from './grant-fields.tsx'
import { Trouble } from './parts.tsx'
import { useActions, useSending } from './use.ts'

interface NewTokenProps {
  readonly members: readonly MemberRow[]
  readonly onMade: (token: Minted) => void
  readonly onCancel: () => void
}

export function NewToken({ members, onMade, onCancel }: NewTokenProps) {
  const actions = useActions()
  const sending = useSending()
  const form = useRef<HTMLFormElement>(null)
  useLayoutEffect(() => {
    form.current?.querySelector('input')?.focus()
  }, [])
  const make = (filled: HTMLFormElement) =>
    sending.run(async () => {
      const { member, scopes, label, expiresIn, identity } = grantIn(filled)
      const { token } = await actions.call('tokens.create', {
        member,
        scopes,
        identity,
        ...(label === undefined ? {} : { label }),
        ...(expiresIn === undefined ? {} : { expiresIn }),
      })
      onMade(token)
      await actions.reload('tokens')
    })
  return (
    <form
      class="card answer"
      aria-label="new token"
      ref={form}
      onSubmit={(event) => {
        event.preventDefault()
        make(event.currentTarget)
      }}
    >
      <GrantFields members={members} name="" scopes={['usage:read']} label="" />
      <Trouble failure={sending.failure} />
      <div class="buttons">
        <button type="submit" class="main" disabled={sending.busy}>
          make it
        </button>
        <button type="button" onClick={onCancel}>
          cancel
        </button>
      </div>
    </form>
  )
}
