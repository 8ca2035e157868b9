// Limits of accounts as they were observed: of each window the freshest word, from this device's agents and from other devices. Kept
// over restarts; what is lost in a crash is told again by the next answer that an agent gets.
import type { Observed, Quota } from '../../contract/quotas.ts'
import type { WireQuota } from '../../contract/wire.ts'
import type { Document } from '../store/document.ts'
import { readCodexLimits } from './codex-limits.ts'
import {
  AHEAD_MS,
  fresher,
  isObservation,
  isWorthKnowing,
  keyOf,
  type Observation,
  quotaOf,
  WINDOWS_CAP,
  windowOf,
} from './observation.ts'
import { heard, told } from './wire-quotas.ts'

/** A log that an agent writes to: its path, and when it was written last in Unix milliseconds. */
export interface LogSeen {
  readonly path: string
  readonly mtimeMs: number
}

/** What another device told. */
export interface ToldQuotas {
  readonly device: string
  /** Unix milliseconds, of this device's clock. */
  readonly asOf: number
  readonly quotas: readonly WireQuota[]
}

export interface QuotaData {
  readonly observations: readonly Observation[]
}

export interface QuotasContext {
  readonly document: Document<QuotaData>
  /** Codex's logs. */
  readonly logs: () => Iterable<LogSeen>
  /** The account that an agent is signed in with here; null where that is not read. */
  readonly account: (agent: string) => string | null
  /** Whether accounts are to be known at all. */
  readonly isAccountRead: boolean
  readonly deviceName: () => string
  readonly told: () => readonly ToldQuotas[]
  readonly onChanged: () => void
  /** Unix milliseconds. */
  readonly now: () => number
}

/** Logs are looked at this long after one changed, so that a burst of lines costs one look; in milliseconds. */
const LOOK_MS = 1_000
/** Written at most this often, in milliseconds. */
const WRITE_MS = 30_000
/** So many of the logs that changed are read in one look, the newest: what they told last is newer than what others did. */
const LOGS_CAP = 8
/** Two resets that are nearer than this are the same one, in milliseconds. */
const SAME_RESET_MS = 60_000

/** Who saw it: the name of a device. */
type Seen = Observation & { readonly device: string }

export class Quotas {
  readonly #context: QuotasContext
  readonly #own = new Map<string, Observation>()
  #told: readonly WireQuota[] | null = null
  /** Logs that were written no later than this have been looked at. */
  #seenMs = 0
  #look: NodeJS.Timeout | null = null
  #write: NodeJS.Timeout | null = null
  #looking: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(context: QuotasContext) {
    this.#context = context
    const { now, isAccountRead } = context
    for (const each of context.document.value.observations) {
      if (!isObservation(each, now()) || !isWorthKnowing(each, now())) continue
      // Whose it was is not known any more once that is not to be read.
      const isToForget = each.account !== null && !isAccountRead
      this.#keep(isToForget ? { ...each, account: null } : each)
      if (isToForget) this.#storeLater()
      // What was in the logs by then was read by then, for whoever was signed in.
      if (each.agent === 'codex') this.#seenMs = Math.max(this.#seenMs, each.observedAt)
    }
  }

  /** Every window that is known, by agent, the shorter first; of very many the freshest. */
  list(): Quota[] {
    const { told: others, deviceName } = this.#context
    const now = this.#context.now()
    const all: Seen[] = [...this.#own.values()].map((observed) => ({ ...observed, device: deviceName() }))
    for (const { device, quotas, asOf } of others()) {
      for (const observed of heard(quotas, asOf)) all.push({ ...observed, device })
    }
    return freshest(all.filter((observed) => isWorthKnowing(observed, now)))
      .sort((x, y) => y.observedAt - x.observedAt)
      .slice(0, WINDOWS_CAP)
      .sort((x, y) => (x.agent < y.agent ? -1 : x.agent > y.agent ? 1 : x.windowSeconds - y.windowSeconds))
      .map((observed) => quotaOf(observed, observed.device, now))
  }

  /** What this device observed itself: what other devices are told. The same list as long as nothing changed. */
  told(): readonly WireQuota[] {
    this.#told ??= [...this.#own.values()].map(told)
    return this.#told
  }

  /** How many windows were news. */
  observe({ agent, windows }: Observed): number {
    const { account, now } = this.#context
    const observedAt = now()
    return this.#takeAll(
      windows.map(({ windowSeconds, usedPercent, resetAt }) =>
        this.#grown({
          agent,
          account: account(agent),
          windowSeconds,
          usedPercent: Math.min(usedPercent, 100),
          resetAt: resetAt === undefined ? null : Date.parse(resetAt),
          observedAt,
        }),
      ),
    )
  }

  /** Some log changed. */
  lookSoon(): void {
    if (this.#stopped || this.#look !== null) return
    this.#look = setTimeout(() => {
      this.#look = null
      this.#looking = this.#looking.then(() => this.look()).catch(() => undefined)
    }, LOOK_MS).unref()
  }

  /** Reads what the newest logs told last. A log that cannot be read is usage's care. */
  async look(): Promise<void> {
    const { logs, account, now } = this.#context
    const changed: LogSeen[] = []
    for (const log of logs()) if (log.mtimeMs > this.#seenMs) changed.push(log)
    changed.sort((x, y) => y.mtimeMs - x.mtimeMs)
    for (const { path } of changed.slice(0, LOGS_CAP)) {
      this.#takeAll(await readCodexLimits(path, account('codex'), now()).catch(() => []))
    }
    this.#seenMs = Math.max(this.#seenMs, changed[0]?.mtimeMs ?? 0)
  }

  /** Writes what is not written yet. */
  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#look !== null) clearTimeout(this.#look)
    await this.#looking
    if (this.#write !== null) await this.#store()
  }

  /** A session that is idle tells what it heard last: as long as a window is not reset the higher figure is the newer one. */
  #grown(observed: Observation): Observation {
    const before = this.#own.get(keyOf(observed))
    const isSame =
      Math.abs((before?.resetAt ?? 0) - (observed.resetAt ?? Number.POSITIVE_INFINITY)) <= SAME_RESET_MS
    return isSame
      ? { ...observed, usedPercent: Math.max(observed.usedPercent, before!.usedPercent) }
      : observed
  }

  #takeAll(observations: readonly Observation[]): number {
    const news = observations.filter((each) => isObservation(each, this.#context.now()) && this.#keep(each))
    if (news.length === 0) return 0
    this.#context.onChanged()
    this.#storeLater()
    return news.length
  }

  /** Whether it is newer than what was known. */
  #keep(observed: Observation): boolean {
    const key = keyOf(observed)
    const before = this.#own.get(key)
    // What a clock that was ahead put there must not stay until that time has come.
    const isAhead = before !== undefined && before.observedAt > this.#context.now() + AHEAD_MS
    if (!isAhead && fresher(before, observed) === before) return false
    this.#told = null
    this.#own.delete(key)
    this.#own.set(key, observed)
    // The one that was not heard of for longest goes.
    if (this.#own.size > WINDOWS_CAP) this.#own.delete(this.#own.keys().next().value!)
    return true
  }

  #storeLater(): void {
    if (!this.#stopped) this.#write ??= setTimeout(() => void this.#store(), WRITE_MS).unref()
  }

  async #store(): Promise<void> {
    if (this.#write !== null) clearTimeout(this.#write)
    this.#write = null
    // A full disk loses nothing that is not told again.
    await this.#context.document
      .update(() => ({ observations: [...this.#own.values()] }))
      .catch(() => undefined)
  }
}

/**
 * Of each window of each account the freshest. Where at most one account is known, what was seen without knowing whose it was is that
 * one's.
 */
function freshest(all: readonly Seen[]): Seen[] {
  const accounts = new Map<string, Set<string>>()
  for (const { agent, account } of all) {
    const known = accounts.get(agent) ?? new Set()
    accounts.set(agent, account === null ? known : known.add(account))
  }
  const found = new Map<string, Seen>()
  for (const observed of all) {
    const isOne = (accounts.get(observed.agent)?.size ?? 0) < 2
    const key = isOne ? windowOf(observed) : keyOf(observed)
    found.set(key, fresher(found.get(key), observed))
  }
  return [...found.values()]
}
