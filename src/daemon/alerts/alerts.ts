// Looks after budgets and requests: tells once when a threshold is crossed or something waits. What was told outlives a restart.
import type { BudgetList } from '../../contract/budgets.ts'
import type { Request } from '../../contract/requests.ts'
import type { Document } from '../store/document.ts'
import type { Log } from '../store/log.ts'
import type { BudgetsFound } from '../views/budgets.ts'
import { type Crossing, isOf, newCrossings, remembered } from './crossings.ts'
import { budgetNotice, type Notice, requestNotice } from './notices.ts'

export interface AlertsContext {
  /** What was told before. */
  readonly document: Document<Crossing[]>
  readonly budgets: () => BudgetsFound
  readonly requests: () => readonly Request[]
  /** Shows a notification; null where the config does not want any. */
  readonly show: ((notice: Notice) => void) | null
  /** More was spent of a budget, or a threshold was crossed. */
  readonly onChanged: () => void
  readonly log: Log
  /** Unix milliseconds. */
  readonly now: () => number
}

/** Budgets are looked at this long after something was counted, so that a burst of calls costs one look; in milliseconds. */
const LOOK_MS = 1_000

export class Alerts {
  readonly #context: AlertsContext
  /** Never behind the document; ahead of it while the disk refuses. */
  #told: readonly Crossing[]
  /** Ids of the requests that wait; whatever was to be told of them has been. */
  #waiting = new Set<string>()
  #last = ''
  #timer: NodeJS.Timeout | null = null
  #stopped = false

  constructor(context: AlertsContext) {
    this.#context = context
    this.#told = context.document.value
  }

  /** Every budget, each with what was told of it in this period. */
  list(): BudgetList {
    return this.#with(this.#context.budgets())
  }

  /** Something was counted, or a device came or went. */
  lookSoon(): void {
    if (this.#stopped || this.#timer !== null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.look().catch((error) => this.#context.log.error('budgets could not be looked at', error))
    }, LOOK_MS).unref()
  }

  /** Tells what is new. Resolves when that is written down, or cannot be. */
  async look(): Promise<void> {
    const { budgets, document, show, log, now } = this.#context
    const found = budgets()
    const news = newCrossings(found.budgets, this.#told, new Date(now()).toISOString())
    if (news.length > 0) {
      this.#told = remembered(this.#told, news)
      // Before it is told: after a crash in between it is not told twice. A full disk must not keep it from being told.
      await document.update(() => [...this.#told]).catch((error) => log.warn('alerts are not kept', error))
    }
    this.#announce(found)
    if (show === null) return
    for (const budget of found.budgets) {
      const gravest = news.findLast((crossing) => isOf(crossing, budget))
      if (gravest !== undefined) show(budgetNotice(budget, gravest.percent, found.missing, found.display))
    }
  }

  /** One notification for each request, whatever becomes of it. What this device asked for itself is on its screen already. */
  requestsChanged(): void {
    const { requests, show } = this.#context
    if (show === null) return
    const before = this.#waiting
    const open = requests()
    this.#waiting = new Set(open.map(({ id }) => id))
    for (const request of open) {
      const isOurs = request.kind === 'pairing' && request.ours
      if (!isOurs && !before.has(request.id)) show(requestNotice(request))
    }
  }

  stop(): void {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #announce(found: BudgetsFound): void {
    const list = JSON.stringify(this.#with(found))
    if (list === this.#last) return
    this.#last = list
    this.#context.onChanged()
  }

  #with({ budgets, ...rest }: BudgetsFound): BudgetList {
    return {
      ...rest,
      budgets: budgets.map((budget) => ({
        ...budget,
        crossed: this.#told
          .filter((crossing) => isOf(crossing, budget))
          .map(({ percent, at }) => ({ percent, at })),
      })),
    }
  }
}
