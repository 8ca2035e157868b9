// What a token below the identity mode `full` is shown of devices: their numbers, and none of their names. Owners, launches and paired
// devices are shown all of them.
import type { AuditList } from '../../contract/audit.ts'
import type { BudgetList } from '../../contract/budgets.ts'
import type { Result } from '../../contract/methods.ts'
import type { Views } from '../views/views.ts'
import type { AskerIdentity } from './handlers.ts'
import type { Parts } from './parts.ts'

type AuditEntry = AuditList['entries'][number]

export function seesNames(asker: AskerIdentity): boolean {
  return asker.kind !== 'token' || asker.identity === 'full'
}

/** Views as far as the asker may see whose numbers they are. Rejects with what `views` rejects with. */
export async function viewsFor(parts: Pick<Parts, 'views'>, asker: AskerIdentity): Promise<Views> {
  const views = await parts.views()
  return seesNames(asker) ? views : views.unnamed()
}

export function budgetsUnnamed(list: BudgetList, views: Views): BudgetList {
  const missing = list.missing.map(({ name, asOf }) => ({ name: views.nameShown(name), asOf }))
  return { ...list, missing }
}

export function quotasUnnamed({ quotas }: Result<'quotas.list'>, views: Views): Result<'quotas.list'> {
  return { quotas: quotas.map((quota) => ({ ...quota, device: views.nameShown(quota.device) })) }
}

/** What happened and when; an id where there is one. Names, addresses and details tell of devices and hosts. */
export function auditUnnamed({ entries }: { readonly entries: readonly AuditEntry[] }): AuditList {
  return {
    entries: entries.map(({ seq, at, what, subject, count, since }) => ({
      seq,
      at,
      what,
      subject: { id: subject.id, name: null, address: null },
      detail: null,
      count,
      since,
    })),
  }
}
