// The tokens tab: who holds which keys, new ones, and taking them back.
import { useState } from 'preact/hooks'
import type { Minted } from '../../contract/tokens.ts'
import type { Shown } from '../shown.ts'
import { MemberCard } from './member.tsx'
import { NewToken } from './new-token.tsx'
import { Empty, Loading, Trouble } from './parts.tsx'
import { Secret } from './secret.tsx'
import { useNow } from './use.ts'

export function TokensTab({ shown }: { readonly shown: Shown }) {
  const { members, tokens, failures } = shown
  const now = useNow(15_000)
  /** Here alone, so that it is gone with the tab. */
  const [minted, setMinted] = useState<Minted | null>(null)
  const [isMaking, setMaking] = useState(false)
  if (members === null || tokens === null) return <Loading failure={failures.tokens} />
  return (
    <section aria-label="tokens">
      <Trouble failure={failures.tokens} />
      {minted !== null && <Secret minted={minted} onDone={() => setMinted(null)} />}
      {isMaking ? (
        <NewToken
          members={members}
          onMade={(token) => {
            setMinted(token)
            setMaking(false)
          }}
          onCancel={() => setMaking(false)}
        />
      ) : (
        <div class="buttons above">
          <button type="button" class="main" onClick={() => setMaking(true)}>
            new token…
          </button>
        </div>
      )}
      {members.length === 0 && !isMaking && (
        <Empty>
          There are no members yet. A token lets a script, a display or another machine ask this device; make
          one here, or let it enrol with <code>tallyctl connect URL</code>
        </Empty>
      )}
      <ul class="cards">
        {members.map((member) => (
          <li key={member.name}>
            <MemberCard
              member={member}
              tokens={tokens.filter((token) => token.member === member.name)}
              now={now}
              onMinted={setMinted}
            />
          </li>
        ))}
      </ul>
    </section>
  )
}
