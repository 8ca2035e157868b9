// The audit tab: what happened to trust, newest first.
import { useState } from 'preact/hooks'
import type { AuditEntry } from '../../contract/audit.ts'
import { AUDIT_KINDS } from '../../contract/audit-words.ts'
import { bears } from '../../contract/device-named.ts'
import { NEWEST, type Shown } from '../shown.ts'
import { clean } from '../words/text.ts'
import { Empty, Loading, Name, Trouble, When } from './parts.tsx'
import { useNow, useOwnId } from './use.ts'

const KINDS: ReadonlyMap<string, { readonly says: string }> = new Map(Object.entries(AUDIT_KINDS))
const EVERYTHING = ''

export function AuditTab({ shown }: { readonly shown: Shown }) {
  const { audit, failures } = shown
  const field = useOwnId()
  const now = useNow(15_000)
  const [kind, setKind] = useState(EVERYTHING)
  if (audit === null) return <Loading failure={failures.audit} />
  const kinds = [
    ...new Set([...audit.map(({ what }) => what), ...(kind === EVERYTHING ? [] : [kind])]),
  ].sort()
  const entries = kind === EVERYTHING ? audit : audit.filter(({ what }) => what === kind)
  return (
    <section aria-label="audit">
      <Trouble failure={failures.audit} />
      <div class="field filter">
        <label for={field}>show</label>
        <select id={field} value={kind} onChange={(event) => setKind(event.currentTarget.value)}>
          <option value={EVERYTHING}>everything</option>
          {kinds.map((each) => (
            <option key={each} value={each}>
              {clean(each)}
            </option>
          ))}
        </select>
      </div>
      {entries.length === 0 ? (
        <Empty>
          {audit.length === 0
            ? 'Nothing was recorded yet: pairings, tokens and refusals will be.'
            : `None of the newest ${NEWEST} entries is of this kind: choose another one.`}
        </Empty>
      ) : (
        <table class="audit">
          <thead>
            <tr>
              <th scope="col">when</th>
              <th scope="col">what</th>
              <th scope="col">who</th>
              <th scope="col">detail</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <Entry key={entry.seq} entry={entry} now={now} />
            ))}
          </tbody>
        </table>
      )}
      {audit.length >= NEWEST && (
        <p class="hint">
          These are the newest {NEWEST}. All of them: <code>tallyctl audit --since 30d</code>
        </p>
      )}
    </section>
  )
}

function Entry({ entry, now }: { readonly entry: AuditEntry; readonly now: number }) {
  const { at, what, subject, detail, count } = entry
  return (
    <tr>
      <td class="when">
        <When at={at} now={now} />
      </td>
      <td>
        {KINDS.get(what)?.says ?? clean(what)}
        {count > 1 && <span class="hint"> ({count} times)</span>}
      </td>
      <td>
        {subject.name !== null && <Name of={subject.name} />}{' '}
        {subject.id !== null && !bears(subject.name ?? '', clean(subject.id).slice(0, 8)) && (
          <code class="hint">{clean(subject.id).slice(0, 8)}</code>
        )}{' '}
        {subject.address !== null && <span class="hint">{clean(subject.address)}</span>}
      </td>
      <td>{detail !== null && clean(detail)}</td>
    </tr>
  )
}
