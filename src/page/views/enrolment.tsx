// One client that wants a token. Its code is not here: saying yes means having read it off the client's own screen.
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { EnrolmentRequest } from '../../contract/requests.ts'
import type { MemberRow } from '../../contract/tokens.ts'
import { until } from '../words/figures.ts'
import { scopeSays } from '../words/scopes.ts'
import { clean } from '../words/text.ts'
import { GrantFields, grantIn } from './grant-fields.tsx'
import { Facts, Name, Trouble } from './parts.tsx'
import { useActions, useOwnId, useSending } from './use.ts'

interface EnrolmentCardProps {
  readonly request: EnrolmentRequest
  readonly members: readonly MemberRow[]
  readonly now: number
  /** A link led here. */
  readonly isOpened: boolean
  /** Nothing else waits. */
  readonly isOnly: boolean
}

export function EnrolmentCard({ request, members, now, isOpened, isOnly }: EnrolmentCardProps) {
  const { from, clientId, scopes, expiresAt, claimedBy, takeover } = request
  const [wasAsked, setAsked] = useState(isOnly)
  const isAnswering = wasAsked || isOpened
  const heading = useOwnId()
  const actions = useActions()
  const sending = useSending()
  const deny = () =>
    sending.run(async () => {
      await actions.call('requests.deny', { id: request.id })
      actions.note(`denied: ${clean(from.name)}`)
    })
  return (
    <article class={isOpened ? 'card opened' : 'card'} aria-labelledby={heading}>
      <header>
        <h2 id={heading}>
          claims to be “<Name of={from.name} />”
        </h2>
        <p class="left">{until(expiresAt, now)} left</p>
      </header>
      <Facts
        of={[
          ['asks from', <Name key="address" of={from.address} />],
          ['client', <Name key="client" of={clientId} />],
          [
            'wants to',
            <ul key="wants" class="wants">
              {scopes.map((scope) => (
                <li key={scope}>
                  {scopeSays(scope)} <code>{clean(scope)}</code>
                </li>
              ))}
            </ul>,
          ],
          ...(from.id === null
            ? []
            : ([['device', <code key="id">{clean(from.id).slice(0, 8)}</code>]] as const)),
          ...(claimedBy === null ? [] : ([['claimed by', <Name key="by" of={claimedBy} />]] as const)),
        ]}
      />
      {takeover && (
        <p class="warning">It wants to belong to another member than now. Say yes only if you know why.</p>
      )}
      {isOpened && <p class="hint">This is the one that your link is about.</p>}
      <Trouble failure={sending.failure} />
      {isAnswering ? (
        <ApproveForm request={request} members={members} onDeny={deny} isOpened={isOpened} />
      ) : (
        <div class="buttons">
          <button type="button" class="main" onClick={() => setAsked(true)}>
            answer…
          </button>
          <button type="button" disabled={sending.busy} onClick={deny}>
            deny
          </button>
        </div>
      )}
    </article>
  )
}

interface ApproveFormProps {
  readonly request: EnrolmentRequest
  readonly members: readonly MemberRow[]
  readonly onDeny: () => void
  readonly isOpened: boolean
}

function ApproveForm({ request, members, onDeny, isOpened }: ApproveFormProps) {
  const { id, from, scopes, takeover } = request
  const actions = useActions()
  const sending = useSending()
  const field = useOwnId()
  const code = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => {
    if (isOpened) code.current?.focus()
  }, [isOpened])
  const approve = (form: HTMLFormElement) =>
    sending.run(async () => {
      const { member, isNew, label, expiresIn, identity, scopes: granted } = grantIn(form)
      const { approved } = await actions.call('requests.approve', {
        id,
        code: code.current?.value ?? '',
        ...(isNew ? { newMember: member } : { member }),
        scopes: granted,
        identity,
        ...(label === undefined ? {} : { label }),
        ...(expiresIn === undefined ? {} : { expiresIn }),
        ...(takeover ? { takeover } : {}),
      })
      // The daemon refuses the code of another request than this one.
      actions.note(
        `approved: ${clean(approved.from.name)}`,
        'it gets its token when it asks the next time, in a few seconds',
      )
    })
  return (
    <form
      class="answer"
      onSubmit={(event) => {
        event.preventDefault()
        approve(event.currentTarget)
      }}
    >
      <div class="field code">
        <label for={field}>the code on its screen</label>
        <input
          id={field}
          ref={code}
          name="code"
          required
          maxLength={64}
          autoComplete="off"
          autoCapitalize="characters"
          spellcheck={false}
          size={12}
        />
      </div>
      <GrantFields members={members} name={clean(from.name)} scopes={scopes} label={clean(from.name)} />
      <Trouble failure={sending.failure} />
      <div class="buttons">
        <button type="submit" class="main" disabled={sending.busy}>
          approve
        </button>
        <button type="button" onClick={onDeny}>
          deny
        </button>
      </div>
    </form>
  )
}
