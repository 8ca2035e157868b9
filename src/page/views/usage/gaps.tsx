// What the totals do not hold, or hold twice: named rather than hidden.
import type { Summary } from '../../../contract/usage.ts'
import type { Answers } from '../../usage/answers.ts'
import { seen } from '../../words/devices-seen.ts'
import { amount, counted } from '../../words/figures.ts'
import { whole } from '../../words/usage.ts'
import { Name } from '../parts.tsx'

/** There can be very many of each. */
const MOST_NAMED = 5

export function Gaps({ answers, now }: { readonly answers: Answers; readonly now: number }) {
  const { parts } = answers
  const behind = parts.devices.filter((device) => isMissing(device, parts, now))
  const { unpriced, sameLogs = [] } = parts
  if (behind.length + unpriced.length + sameLogs.length === 0) return null
  const more = unpriced.length - MOST_NAMED
  return (
    <ul class="gaps" aria-label="what is missing or counted twice">
      {behind.length > 0 && (
        <li>
          {behind.length === 1
            ? 'What one device spent since it was last seen is missing: '
            : 'What some devices spent since they were last seen is missing: '}
          {behind.slice(0, MOST_NAMED).map(({ id, name }, at) => (
            <span key={id ?? name}>
              {at > 0 && ', '}
              <Name of={name} />
            </span>
          ))}
          {behind.length > MOST_NAMED && ` and ${whole(behind.length - MOST_NAMED)} more`}
        </li>
      )}
      {unpriced.length > 0 && (
        <li>
          Without a price, and so not in the spend:{' '}
          {unpriced.slice(0, MOST_NAMED).map(({ model, calls, tokens }, at) => (
            <span key={model}>
              {at > 0 && '; '}
              <Name of={model === '' ? 'no name' : model} /> {counted(calls, 'call')}, {amount(tokens)} tokens
            </span>
          ))}
          {more > 0 && `; and ${whole(more)} more`}. Set <code>prices</code> in the config file.
        </li>
      )}
      {sameLogs.map(({ devices: [one = '', other = ''], buckets }) => (
        <li key={`${one} ${other}`}>
          <Name of={one} /> and <Name of={other} /> hold the same logs: {counted(buckets, 'bucket')} counted
          twice. See <code>tallyctl devices merge --help</code>, or <code>forget</code>.
        </li>
      ))}
    </ul>
  )
}

/** Of a stretch that ended before the device was last heard nothing is missing. */
function isMissing(device: Summary['devices'][number], { range }: Summary, now: number): boolean {
  if (!seen(device, now).isBehind) return false
  return device.asOf === null || Date.parse(device.asOf) < Math.min(now, Date.parse(range.until))
}
