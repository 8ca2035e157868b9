// What the page shows, as one value that is replaced when something changes. Pure: nothing here asks or draws.
import type { Whoami } from '../contract/access.ts'
import type { AuditEntry } from '../contract/audit.ts'
import type { BudgetList } from '../contract/budgets.ts'
import type { MethodName, Params, Result } from '../contract/methods.ts'
import type { Pairing } from '../contract/pairing.ts'
import type { Quota } from '../contract/quotas.ts'
import type { Request } from '../contract/requests.ts'
import type { MemberRow, TokenRow } from '../contract/tokens.ts'
import type { Failure } from './connection/failure.ts'
import type { LineState } from './connection/line-state.ts'
import type { TabName } from './tabs.ts'
import { NO_USAGE, type UsageShown } from './usage/asker.ts'
import type { Look } from './usage/look.ts'

/** How many entries of the audit log are shown. */
export const NEWEST = 100
/** More notes than these push the oldest out. */
const NOTES_CAP = 5

/** How a tab without a session can get one, or why it has none. */
export type Way =
  | { readonly is: 'none' }
  | { readonly is: 'entering' }
  | { readonly is: 'refused'; readonly failure: Failure }
  | { readonly is: 'in' }

/** What happened, said once and kept until it is put away. */
export interface Note {
  readonly key: number
  readonly says: string
  /** What to do next; empty where nothing is. */
  readonly next: string
  readonly bad: boolean
}

export type BudgetsShown = Pick<BudgetList, 'budgets' | 'display'>
export type Devices = Result<'devices.list'>

export interface Shown {
  readonly tab: TabName
  readonly way: Way
  readonly line: LineState
  /** Whether a link waits for a session, or was given to another tab. */
  readonly link: 'none' | 'waits' | 'handed over'
  readonly you: Whoami | null
  readonly usage: UsageShown
  /** Windows of accounts; none until they are known. */
  readonly quotas: readonly Quota[]
  /** None where the config has none. */
  readonly budgets: BudgetsShown
  /** Null until they are known. */
  readonly requests: readonly Request[] | null
  readonly pairing: Pairing | null
  readonly members: readonly MemberRow[] | null
  readonly tokens: readonly TokenRow[] | null
  readonly devices: Devices | null
  readonly audit: readonly AuditEntry[] | null
  /** Why what a tab shows could not be fetched. */
  readonly failures: Partial<Record<TabName, Failure | undefined>>
  /** The request that a link was about. */
  readonly opened: string | null
  readonly notes: readonly Note[]
}

export const NOTHING_YET: Omit<Shown, 'tab' | 'way'> = {
  line: { is: 'opening' },
  link: 'none',
  you: null,
  usage: NO_USAGE,
  quotas: [],
  budgets: { budgets: [] },
  requests: null,
  pairing: null,
  members: null,
  tokens: null,
  devices: null,
  audit: null,
  failures: {},
  opened: null,
  notes: [],
}

/** What the views call; a page in which nothing is drawn has it too. */
export interface Actions {
  /** Throws Failure. */
  call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>>
  go(tab: TabName): void
  reload(tab: TabName): Promise<void>
  /** Wants another look at the usage. */
  look(look: Look): void
  retry(): void
  note(says: string, next?: string, bad?: boolean): void
  putAway(key: number): void
}

/** Both lists together, the newest NEWEST of them, newest first; of an entry that more was put together with, the one with more. */
export function withEntries(
  some: readonly AuditEntry[],
  others: readonly AuditEntry[],
): readonly AuditEntry[] {
  const bySeq = new Map<number, AuditEntry>()
  for (const entry of [...some, ...others]) {
    if (entry.count >= (bySeq.get(entry.seq)?.count ?? 0)) bySeq.set(entry.seq, entry)
  }
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq).slice(0, NEWEST)
}

export function withNote(notes: readonly Note[], note: Omit<Note, 'key'>): readonly Note[] {
  return [...notes, { ...note, key: (notes.at(-1)?.key ?? 0) + 1 }].slice(-NOTES_CAP)
}

/** The title of the document: what waits comes first, because a tab of a browser shows little. */
export function titleOf({ requests, tab, you }: Pick<Shown, 'requests' | 'tab' | 'you'>): string {
  const waiting = requests?.length ?? 0
  const name = you?.device.name ?? ''
  return `${waiting === 0 ? '' : `(${waiting}) `}${tab}${name === '' ? '' : ` · ${name}`} · tallyd`
}
