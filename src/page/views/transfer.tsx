// A paired device that wants to send something. What it is can be looked at in a terminal alone: secrets never come to a browser.
import type { TransferRequest } from '../../contract/requests.ts'
import { counted, until } from '../words/figures.ts'
import { withAddress } from '../words/text.ts'
import { Trouble } from './parts.tsx'
import { useActions, useOwnId, useSending } from './use.ts'

export function TransferCard({ request, now }: { readonly request: TransferRequest; readonly now: number }) {
  const { id, from, items, expiresAt } = request
  const heading = useOwnId()
  const actions = useActions()
  const sending = useSending()
  const who = withAddress(from.name, from.id, from.address)
  const deny = () =>
    sending.run(async () => {
      await actions.call('requests.deny', { id })
      actions.note(`denied: ${who}`, 'nothing was saved')
    })
  return (
    <article class="card" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>
          <bdi class="name">{who}</bdi> wants to send {counted(items, 'thing')}
        </h2>
        <p class="left">{until(expiresAt, now)} left</p>
      </header>
      <p>
        Secrets or configurations. To look at them, run on this machine: <code>tallyctl receive</code>
      </p>
      <Trouble failure={sending.failure} />
      <fieldset class="buttons" aria-labelledby={heading}>
        <button type="button" disabled={sending.busy} onClick={deny}>
          no, end it
        </button>
      </fieldset>
    </article>
  )
}
