// Builds alerts as the config wants them, and lets them hear of what changes.
import type { Config } from '../../contract/config.ts'
import type { Paths, Surroundings } from '../../contract/paths.ts'
import type { Bus } from '../bus.ts'
import type { Requests } from '../requests/requests.ts'
import type { Document } from '../store/document.ts'
import type { Incidents } from '../store/incidents.ts'
import { SCHEMAS } from '../store/schemas.ts'
import { openToldDocument } from '../store/told-document.ts'
import { Alerts, type AlertsContext } from './alerts.ts'
import { type Crossing, isCrossingList } from './crossings.ts'
import { DESKTOP_INCIDENT, Desktop } from './desktop.ts'

export interface OpenAlertsContext extends Pick<AlertsContext, 'budgets' | 'log' | 'now'> {
  readonly config: Config
  readonly paths: Pick<Paths, 'alerts'>
  readonly surroundings: Pick<Surroundings, 'platform'>
  readonly bus: Bus
  readonly requests: Requests
  readonly incidents: Incidents
}

/** Where nothing is wanted nothing is read and nothing is heard. Never throws. */
export async function openAlerts(context: OpenAlertsContext): Promise<Alerts> {
  const { config, bus, requests, incidents, surroundings, budgets, log, now } = context
  const hasBudgets = Object.keys(config.budgets ?? {}).length > 0
  const isShown = config.alerts?.desktop === true
  // What an earlier run could not show says nothing of this one.
  incidents.resolve(DESKTOP_INCIDENT)
  const desktop = isShown
    ? new Desktop({ platform: surroundings.platform, incidents, ticks: () => performance.now() })
    : null
  const alerts = new Alerts({
    document: hasBudgets ? await openTold(context) : inMemory([]),
    budgets,
    requests: () => requests.list(),
    show: desktop === null ? null : (notice) => desktop.show(notice),
    onChanged: () => bus.emit('budgetsChanged'),
    log,
    now,
  })
  if (hasBudgets) {
    for (const said of ['usageChanged', 'statusChanged'] as const) bus.on(said, () => alerts.lookSoon())
    alerts.lookSoon()
  }
  if (isShown) {
    bus.on('requestsChanged', () => alerts.requestsChanged())
    alerts.requestsChanged()
  }
  return alerts
}

/** Where it cannot be read or written, what was told is known until the end of this run. */
async function openTold({ paths, incidents }: OpenAlertsContext): Promise<Document<Crossing[]>> {
  const { document, unreadable } = await openToldDocument<Crossing[]>({
    path: paths.alerts,
    schema: SCHEMAS.alerts,
    check: isCrossingList,
    empty: [],
    incidents,
    code: 'alertsUnreadable',
    whenLost: 'nothing: at worst a budget is told of twice',
    meanwhile: '',
  })
  return unreadable === null ? document : inMemory([])
}

function inMemory<T>(value: T): Document<T> {
  let held = value
  return {
    get value() {
      return held
    },
    async update(change) {
      held = change(held)
    },
  }
}
