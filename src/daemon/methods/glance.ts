// views.glance: what a status bar shows.
import type { Glance } from '../../contract/glance.ts'
import type { Views } from '../views/views.ts'
import type { Handlers } from './handlers.ts'
import type { Parts } from './parts.ts'

export function glanceHandlers(parts: Parts): Pick<Handlers, 'views.glance'> {
  return {
    'views.glance': async ({ timeZone }) => glanceNow(parts, await parts.views(), timeZone),
  }
}

/** The value of views.glance and of every glance.changed. Throws TallyError unknownTimeZone. */
export function glanceNow(
  { requests, usageIfLoaded }: Pick<Parts, 'requests' | 'usageIfLoaded'>,
  views: Views,
  timeZone: string | undefined,
): Glance {
  return views.glance(timeZone, {
    ready: usageIfLoaded()?.state().ready ?? false,
    requests: requests.list(),
    ...budgetsIn(views),
  })
}

/** Nothing where there is none. One of which no part has a price has no share that a bar could show. */
function budgetsIn(views: Views): Pick<Glance, 'budgets'> {
  const budgets = views
    .budgets()
    .budgets.flatMap(({ period, limitUSD, spentUSD, state }) =>
      spentUSD === null ? [] : [{ period, limitUSD, spentUSD, state }],
    )
  return budgets.length === 0 ? {} : { budgets }
}
