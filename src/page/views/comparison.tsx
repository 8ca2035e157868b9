// Two devices that pair by comparing. The number is large, yes is never what has the focus, and no comes first.
import { useState } from 'preact/hooks'
import type { PairingRequest } from '../../contract/requests.ts'
import { grouped, until } from '../words/figures.ts'
import { clean, withAddress } from '../words/text.ts'
import { Trouble } from './parts.tsx'
import { useActions, useOwnId, useSending } from './use.ts'

const SEES: ReadonlyMap<string, string> = new Map([
  ['mutual', "Each would see the other's totals."],
  ['read', 'Only this device would see its totals.'],
  ['give', "Only it would see this device's totals."],
])

export function ComparisonCard({ request, now }: { readonly request: PairingRequest; readonly now: number }) {
  const { id, from, digits, direction, ours, expiresAt } = request
  const heading = useOwnId()
  const actions = useActions()
  const sending = useSending()
  const [saidYes, setSaidYes] = useState(false)
  const who = withAddress(from.name, from.id, from.address)
  const deny = () =>
    sending.run(async () => {
      await actions.call('requests.deny', { id })
      actions.note(`denied: ${who}`, ours ? '' : `${clean(from.address)} is kept away for 10 minutes`)
    })
  const approve = () =>
    sending.run(async () => {
      await actions.call('requests.approve', { id, digits: digits ?? '' })
      setSaidYes(true)
    })
  return (
    <article class="card" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>
          {ours ? 'this device wants to pair with ' : ''}
          <bdi class="name">{who}</bdi>
          {ours ? '' : ' wants to pair'}
        </h2>
        <p class="left">{until(expiresAt, now)} left</p>
      </header>
      <p>{SEES.get(direction) ?? clean(direction)}</p>
      {digits !== undefined && (
        <>
          <p class="digits">
            <span class="unseen">its screen must show: </span>
            {grouped(digits)}
          </p>
          <p id={`${heading}-ask`}>Is this the number on its screen too?</p>
        </>
      )}
      <Trouble failure={sending.failure} />
      {saidYes ? (
        <p class="hint">You said yes. Waiting for the other side…</p>
      ) : (
        <fieldset class="buttons" aria-labelledby={digits === undefined ? heading : `${heading}-ask`}>
          <button type="button" disabled={sending.busy} onClick={deny}>
            no, end it
          </button>
          {digits !== undefined && (
            <button type="button" disabled={sending.busy} onClick={approve}>
              yes, it is the same
            </button>
          )}
        </fieldset>
      )}
    </article>
  )
}
