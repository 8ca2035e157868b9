// The requests tab: whatever waits for the owner's yes.
import type { Request } from '../../contract/requests.ts'
import type { Shown } from '../shown.ts'
import { counted } from '../words/figures.ts'
import { ComparisonCard } from './comparison.tsx'
import { EnrolmentCard } from './enrolment.tsx'
import { Empty, Loading } from './parts.tsx'
import { TransferCard } from './transfer.tsx'
import { useNow } from './use.ts'

export function RequestsTab({ shown }: { readonly shown: Shown }) {
  const { requests, members, opened, failures } = shown
  const now = useNow(1_000)
  if (requests === null) return <Loading failure={failures.requests} />
  const sorted = [...requests].sort(
    (a, b) => a.openedAt.localeCompare(b.openedAt) || a.id.localeCompare(b.id),
  )
  return (
    <section aria-label="requests">
      <Waiting requests={requests} />
      {sorted.length === 0 && (
        <Empty>
          Nothing waits. What wants a token shows a code and appears here; what wants to pair shows a number.
          To let a headless machine ask, run there: <code>tallyctl connect URL</code>
        </Empty>
      )}
      <ul class="cards">
        {sorted.map((request) => (
          <li key={request.id}>
            {request.kind === 'enrolment' ? (
              <EnrolmentCard
                request={request}
                members={members ?? []}
                now={now}
                isOpened={request.id === opened}
                isOnly={sorted.length === 1}
              />
            ) : request.kind === 'transfer' ? (
              <TransferCard request={request} now={now} />
            ) : (
              <ComparisonCard request={request} now={now} />
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Tells those who do not see it how many wait, when that changes. */
function Waiting({ requests }: { readonly requests: readonly Request[] }) {
  return (
    <p class="unseen" role="status">
      {requests.length === 0 ? 'nothing waits' : `${counted(requests.length, 'request')} waiting`}
    </p>
  )
}
