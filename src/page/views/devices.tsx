// The devices tab: what each spent, how fresh that is, and what to do where it is not.
import { useState } from 'preact/hooks'
import type { DeviceRow, Spent } from '../../contract/devices.ts'
import type { Display } from '../../contract/money.ts'
import { shownMoney } from '../../contract/shown-money.ts'
import type { Shown } from '../shown.ts'
import { freshness, nextFor, oneWay } from '../words/devices.ts'
import { amount } from '../words/figures.ts'
import { clean } from '../words/text.ts'
import { AskOnce } from './ask-once.tsx'
import { Empty, Loading, Name, Trouble } from './parts.tsx'
import { Rename } from './rename.tsx'
import { useActions, useNow } from './use.ts'

export function DevicesTab({ shown }: { readonly shown: Shown }) {
  const { devices: answer, failures } = shown
  const now = useNow(5_000)
  if (answer === null) return <Loading failure={failures.devices} />
  const { devices, total, display } = answer
  const live = devices.filter(({ self, freshness: is }) => self || is === 'live').length
  return (
    <section aria-label="devices">
      <Trouble failure={failures.devices} />
      <table class="devices">
        <thead>
          <tr>
            <th scope="col">device</th>
            <th scope="col" class="number">
              today
            </th>
            <th scope="col" class="number">
              month
            </th>
            <th scope="col" class="number">
              all
            </th>
          </tr>
        </thead>
        {devices.map((device) => (
          <Device key={device.id ?? device.name} device={device} display={display} now={now} />
        ))}
        {devices.length > 1 && (
          <tfoot>
            <tr>
              <th scope="row">
                total{' '}
                <span class="hint">
                  {live} of {devices.length} live
                </span>
              </th>
              <Spans of={total} display={display} />
            </tr>
          </tfoot>
        )}
      </table>
      {devices.length < 2 && (
        <Empty>
          No other device is paired. To pair one, run here <code>tallyctl invite</code>, and there{' '}
          <code>tallyctl pair HOST --code</code>
        </Empty>
      )}
    </section>
  )
}

interface DeviceProps {
  readonly device: DeviceRow
  readonly display: Display | undefined
  readonly now: number
}

function Device({ device, display, now }: DeviceProps) {
  const { id, name, self, state, problem, address } = device
  const actions = useActions()
  const [isRenaming, setRenaming] = useState(false)
  const known = self ? 'self' : (id ?? name)
  const way = oneWay(device)
  const rename = async (to: string) => {
    await actions.call('devices.rename', { device: known, name: to })
    await actions.reload('devices')
  }
  const unpair = async () => {
    await actions.call('devices.unpair', { device: known })
    actions.note(`unpaired: ${clean(name)}`, 'what it spent until now stays')
    await actions.reload('devices')
  }
  return (
    <tbody>
      <tr>
        <th scope="row">
          <Name of={name} />
        </th>
        <Spans of={device} display={display} />
      </tr>
      <tr>
        <td colSpan={4}>
          <p class={problem === null ? 'hint' : 'warning'}>
            {freshness(device, now)}
            {way !== '' && `; ${way}`}
            {problem !== null &&
              ` · ${clean(problem.says)}${address === null ? '' : ` at ${clean(address)}`}`}
          </p>
          {problem !== null && <p class="hint">{nextFor(device)}</p>}
          {isRenaming ? (
            <Rename
              name={name}
              label={`new name for ${clean(name)}`}
              onName={rename}
              onDone={() => setRenaming(false)}
            />
          ) : (
            <div class="buttons">
              <button
                type="button"
                class="quiet"
                aria-label={`rename ${clean(name)}`}
                onClick={() => setRenaming(true)}
              >
                rename
              </button>
              {!self && state === 'paired' && (
                <AskOnce verb="unpair" label={`unpair ${clean(name)}`} onYes={unpair}>
                  Unpair <Name of={name} />? Neither sees the other's totals any more; what it spent until now
                  stays.
                </AskOnce>
              )}
            </div>
          )}
        </td>
      </tr>
    </tbody>
  )
}

interface SpansProps {
  readonly of: Readonly<Record<'today' | 'month' | 'all', Spent>>
  readonly display: Display | undefined
}

function Spans({ of, display }: SpansProps) {
  return (
    <>
      {([of.today, of.month, of.all] as const).map(({ costUSD, tokens, calls }, at) => (
        <td key={at} class="number" title={`${amount(tokens)} tokens, ${calls} calls`}>
          {shownMoney(costUSD, display)}
        </td>
      ))}
    </>
  )
}
