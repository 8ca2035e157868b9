// Device cards: what each spent, and how fresh that is, in words.
import { useState } from 'preact/hooks'
import type { Answers } from '../../usage/answers.ts'
import { canNarrowTo, type Look, toggled } from '../../usage/look.ts'
import { measured, ranked, type Total, totalOf } from '../../usage/sums.ts'
import { seen } from '../../words/devices-seen.ts'
import { amount } from '../../words/figures.ts'
import { clean } from '../../words/text.ts'
import { inMeasure, whole } from '../../words/usage.ts'
import { useActions } from '../use.ts'
import { Bar, Figure, swatchClass } from './pieces.tsx'

/** With more devices the rest waits behind a button. */
const MOST = 8

interface Props {
  readonly answers: Answers
  readonly look: Look
  readonly now: number
}

export function DeviceCards({ answers, look, now }: Props) {
  const actions = useActions()
  const [isWhole, setWhole] = useState(false)
  const { devices: answer, colours } = answers
  if (answer === null) return null
  const { measure } = look
  const spent = new Map(ranked(answer.rows, 'device', measure).map(({ name, total }) => [name, total]))
  const order = [...spent.keys()]
  const place = (name: string) => (spent.has(name) ? order.indexOf(name) : order.length)
  const devices = [...answer.devices].sort((a, b) => place(a.name) - place(b.name))
  const shown = isWhole ? devices : devices.slice(0, MOST)
  const rest = devices.length - shown.length
  const sizeOf = (total: Total | undefined) => (total === undefined ? 0 : (measured(total, measure) ?? 0))
  const largest = Math.max(0, ...[...spent.values()].map(sizeOf))
  return (
    <section aria-label="devices" class="cards-beside">
      <h2>devices</h2>
      <ul>
        {shown.map((device) => {
          const { name } = device
          const total = spent.get(name)
          const { says, isBehind } = seen(device, now)
          const colour = look.stack === 'device' ? (colours.device.get(name) ?? null) : undefined
          return (
            <li key={device.id ?? name}>
              <button
                type="button"
                class="device"
                aria-pressed={look.only.device === name}
                disabled={!canNarrowTo(name)}
                title={`only ${clean(name)}: ${amountsOf(total)}`}
                onClick={() => actions.look(toggled(look, 'device', name))}
              >
                <span class="line">
                  <bdi class="name">{clean(name)}</bdi>
                  <Figure>
                    {total === undefined ? '–' : inMeasure(measured(total, measure), measure, answer.display)}
                  </Figure>
                </span>
                <Bar share={largest > 0 ? sizeOf(total) / largest : 0} class={swatchClass(colour)} />
                <span class={isBehind ? 'seen warning' : 'seen'}>{says}</span>
              </button>
            </li>
          )
        })}
      </ul>
      {(rest > 0 || isWhole) && devices.length > MOST && (
        <button type="button" class="quiet" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'fewer' : `${rest} more`}
        </button>
      )}
      {answer.devices.length < 2 && (
        <p class="hint">
          To see your other machines here, run <code>tallyctl invite</code>
        </p>
      )}
    </section>
  )
}

function amountsOf(total: Total | undefined): string {
  const { calls, tokens } = total ?? totalOf([])
  const { input, output, cacheRead, cacheWrite5m, cacheWrite1h } = tokens
  const all = input + output + cacheRead + cacheWrite5m + cacheWrite1h
  return `${whole(calls)} calls, ${amount(all)} tokens`
}
