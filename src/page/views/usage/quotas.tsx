// Windows of accounts: how much of each is used, and when it begins anew.
import type { Quota } from '../../../contract/quotas.ts'
import { resetSays, usedSays } from '../../words/quotas.ts'
import { clean } from '../../words/text.ts'
import { Bar, Figure } from './pieces.tsx'

/** From this share on it is said that little is left, in percent. */
const NEARLY = 80

interface Props {
  readonly quotas: readonly Quota[]
  readonly now: number
}

export function Quotas({ quotas, now }: Props) {
  if (quotas.length === 0) return null
  return (
    <section aria-label="quotas" class="cards-beside">
      <h2>quotas</h2>
      <ul>
        {quotas.map((quota) => {
          const { agent, account, windowSeconds, label, usedPercent } = quota
          const isNearly = usedPercent !== null && usedPercent >= NEARLY
          return (
            <li key={`${agent} ${account ?? ''} ${windowSeconds}`} class="quota">
              <span class="line">
                <bdi class="name">
                  {clean(agent)} {clean(label)}
                </bdi>
                <Figure>{usedSays(quota)}</Figure>
              </span>
              <Bar share={(usedPercent ?? 0) / 100} class="plain" />
              <span class={isNearly ? 'seen warning' : 'seen'}>{resetSays(quota, now)}</span>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
