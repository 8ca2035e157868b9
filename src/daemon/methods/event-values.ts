// The value of each event as it is now, with the names of devices or without.
import type { Subscribe } from '../../contract/events.ts'
import type { DisplayPairings } from '../access/display-pairing.ts'
import type { Alerts } from '../alerts/alerts.ts'
import type { Devices } from '../devices/devices.ts'
import type { Logins } from '../logins/logins.ts'
import type { Quotas } from '../quotas/quotas.ts'
import type { Audit } from '../store/audit.ts'
import type { OpenTransfers } from '../vault/transfer/open.ts'
import type { Views } from '../views/views.ts'
import { daemonStatus } from './daemon.ts'
import { glanceNow } from './glance.ts'
import type { Parts } from './parts.ts'
import { auditUnnamed, budgetsUnnamed, quotasUnnamed } from './shown.ts'

/** What values come from; most of it is there a moment after the start. */
export interface ValueSources {
  readonly parts: Parts
  readonly audit?: Pick<Audit, 'newest'>
  readonly displays?: Pick<DisplayPairings, 'show'>
  readonly logins?: Pick<Logins, 'list'>
  readonly quotas?: Pick<Quotas, 'list'>
  readonly alerts?: Pick<Alerts, 'list'>
  readonly devices?: Pick<Devices, 'pairing'>
  readonly transfers?: Pick<OpenTransfers, 'list'>
  readonly views?: Views
}

/** Throws TallyError unknownTimeZone, invalidRange or invalidParams, and where what it takes is not loaded. */
export function eventValue({ event, params }: Subscribe, isNamed: boolean, from: ValueSources): unknown {
  const { parts, audit, displays, logins, quotas, alerts, devices, transfers, views } = from
  if (event === 'status.changed') return daemonStatus(parts)
  if (event === 'requests.changed') return { requests: parts.requests.list() }
  if (event === 'displays.changed') return { pairing: displays?.show() ?? null }
  if (event === 'transfers.changed') return { transfers: transfers?.list() ?? [] }
  if (event === 'logins.changed') return { logins: logins?.list() ?? [] }
  if (event === 'audit.added') {
    const list = { entries: audit?.newest() ?? [] }
    return isNamed ? list : auditUnnamed(list)
  }
  if (views === undefined || devices === undefined || alerts === undefined)
    throw new Error('usage is not loaded')
  if (event === 'quotas.changed') {
    const list = { quotas: quotas?.list() ?? [] }
    return isNamed ? list : quotasUnnamed(list, views)
  }
  if (event === 'budgets.changed') return isNamed ? alerts.list() : budgetsUnnamed(alerts.list(), views)
  if (event === 'pairing.changed') return devices.pairing()
  if (event === 'glance.changed') return glanceNow(parts, views, params?.timeZone)
  return (isNamed ? views : views.unnamed()).summary(params ?? {})
}
