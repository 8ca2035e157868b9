// One member with its tokens.
import { useState } from 'preact/hooks'
import type { MemberRow, Minted, TokenRow } from '../../contract/tokens.ts'
import { counted } from '../words/figures.ts'
import { clean } from '../words/text.ts'
import { AskOnce } from './ask-once.tsx'
import { Name, When } from './parts.tsx'
import { Rename } from './rename.tsx'
import { useActions, useOwnId } from './use.ts'

interface MemberCardProps {
  readonly member: MemberRow
  readonly tokens: readonly TokenRow[]
  readonly now: number
  readonly onMinted: (token: Minted) => void
}

export function MemberCard({ member, tokens, now, onMinted }: MemberCardProps) {
  const heading = useOwnId()
  const actions = useActions()
  const [isRenaming, setRenaming] = useState(false)
  const name = clean(member.name)
  const ends =
    tokens.length === 0
      ? 'It has no tokens.'
      : `${capital(counted(tokens.length, 'token'))} ${tokens.length === 1 ? 'ends' : 'end'} at once.`
  const rename = async (to: string) => {
    await actions.call('members.rename', { member: member.name, name: to })
    await actions.reload('tokens')
  }
  const remove = async (force: boolean) => {
    await actions.call('members.remove', { member: member.name, ...(force ? { force } : {}) })
    actions.note(`removed: ${name}`)
    await actions.reload('tokens')
  }
  const rotate = async () => {
    const { token } = await actions.call('tokens.rotate', { member: member.name })
    onMinted(token)
    await actions.reload('tokens')
  }
  return (
    <article class="card" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>
          <Name of={member.name} />
        </h2>
        {member.devices.length > 0 && (
          <p class="hint">has claimed {counted(member.devices.length, 'device')}</p>
        )}
      </header>
      {tokens.length === 0 ? (
        <p class="hint">No tokens.</p>
      ) : (
        <ul class="rows">
          {tokens.map((token) => (
            <li key={token.id}>
              <Token token={token} now={now} />
            </li>
          ))}
        </ul>
      )}
      {isRenaming ? (
        <Rename
          name={member.name}
          label={`new name for ${name}`}
          onName={rename}
          onDone={() => setRenaming(false)}
        />
      ) : (
        <div class="buttons">
          <button type="button" class="quiet" aria-label={`rename ${name}`} onClick={() => setRenaming(true)}>
            rename
          </button>
          {tokens.length > 0 && (
            <AskOnce verb="rotate" label={`rotate the tokens of ${name}`} onYes={rotate}>
              Replace the tokens of <Name of={member.name} /> by one new one? {ends} Whatever uses them needs
              the new one.
            </AskOnce>
          )}
          <AskOnce verb="remove" label={`remove ${name}`} onYes={remove}>
            Remove <Name of={member.name} />? {ends}
          </AskOnce>
        </div>
      )}
    </article>
  )
}

const ORIGINS: ReadonlyMap<string, string> = new Map([
  ['created', 'made'],
  ['rotated', 'rotated'],
  ['enrolled', 'enrolled'],
  ['login', 'logged in'],
])

function Token({ token, now }: { readonly token: TokenRow; readonly now: number }) {
  const { id, label, scopes, origin, device, createdAt, createdBy, lastUsedAt, expiresAt } = token
  const actions = useActions()
  const revoke = async (force: boolean) => {
    await actions.call('tokens.revoke', { id, ...(force ? { force } : {}) })
    actions.note(`revoked: ${clean(label)}`)
    await actions.reload('tokens')
  }
  return (
    <div class="row">
      <div class="what">
        <p>
          <strong>
            <Name of={label} />
          </strong>{' '}
          <code class="hint">{id}</code>
        </p>
        <p class="scopes">
          {scopes.map((scope) => (
            <code key={scope}>{clean(scope)}</code>
          ))}
        </p>
        <p class="hint">
          {ORIGINS.get(origin) ?? clean(origin)} <When at={createdAt} now={now} />, by {clean(createdBy)}
          {device !== null && <> · bound to device {clean(device).slice(0, 8)}</>}
          {' · '}
          {lastUsedAt === null ? (
            'never used'
          ) : (
            <>
              last used <When at={lastUsedAt} now={now} />
            </>
          )}
          {' · '}
          {expiresAt === null ? (
            'does not expire'
          ) : (
            <>
              expires <When at={expiresAt} now={now} />
            </>
          )}
        </p>
      </div>
      <AskOnce verb="revoke" label={`revoke ${clean(label)} (${id})`} onYes={revoke}>
        Revoke “<Name of={label} />
        ”? Whatever uses it is cut off at once.
      </AskOnce>
    </div>
  )
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
