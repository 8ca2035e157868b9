// What the page does: gets in, keeps the line, asks, and tells whoever draws. No view is in here.
import type { AuditEntry, AuditList } from '../contract/audit.ts'
import type { BudgetList } from '../contract/budgets.ts'
import type { EventName } from '../contract/events.ts'
import type { MethodName, Params, Result } from '../contract/methods.ts'
import type { Pairing } from '../contract/pairing.ts'
import type { QuotaList } from '../contract/quotas.ts'
import type { Summary, SummaryParams } from '../contract/usage.ts'
import { takeArrival } from './connection/address.ts'
import { eventsHeard } from './connection/events-heard.ts'
import { Failure, failureOf } from './connection/failure.ts'
import { handOver, takeLinks } from './connection/handover.ts'
import { Line } from './connection/line.ts'
import { call, callAll } from './connection/rpc.ts'
import { dropSession, enter, keepLink, keptLink, keptSession } from './connection/session.ts'
import { type Actions, NOTHING_YET, type Shown, withEntries, withNote } from './shown.ts'
import { type FetchedTab, fetchTab } from './tab-contents.ts'
import { FIRST_TAB, type TabName } from './tabs.ts'
import { UsageAsker } from './usage/asker.ts'
import { keepLook, keptLook } from './usage/kept-look.ts'
import type { Look } from './usage/look.ts'
import { outcomeOf } from './words/pairing.ts'

/** Devices, and when tokens were last used, are asked for again this often while they are looked at, in milliseconds. */
const AGAIN_MS = 15_000

export class Page implements Actions {
  #shown: Shown
  readonly #draw: (shown: Shown) => void
  #session: string | null = null
  #line: Line | null = null
  /** What the line told of the audit log, whether or not it is shown yet. */
  #heard: readonly AuditEntry[] = []
  #stopHandOver: () => void = () => undefined
  readonly #usage: UsageAsker
  readonly #timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone
  readonly #sayHere: () => void

  /** Reads the address, which from then on holds neither secret nor link. */
  constructor(draw: (shown: Shown) => void) {
    this.#draw = draw
    const arrival = takeArrival()
    const first = keptLook(sessionStorage)
    const usage = { ...NOTHING_YET.usage, look: first }
    this.#shown = { ...NOTHING_YET, usage, tab: arrival.tab ?? FIRST_TAB, way: { is: 'none' } }
    this.#usage = new UsageAsker({
      first,
      timeZone: this.#timeZone,
      ask: (questions) => this.#summaries(questions),
      show: (usage) => this.#change({ usage, failures: { ...this.#shown.failures, usage: undefined } }),
      fail: (error) => this.#change({ failures: { ...this.#shown.failures, usage: failureOf(error) } }),
      now: Date.now,
    })
    this.#takeLink(arrival.link)
    this.#sayHere = takeLinks(
      () => this.#session !== null,
      (link) => void this.#open(link),
    )
    addEventListener('hashchange', () => this.#arriveAgain())
    addEventListener('online', () => this.retry())
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible') return
      this.retry()
      if (this.#session !== null && this.#shown.tab === 'usage') void this.#usage.refresh()
    })
    setInterval(() => this.#again(), AGAIN_MS)
    const session = keptSession()
    if (arrival.launch !== null) void this.#enter(arrival.launch)
    else if (session !== null) this.#begin(session)
    else this.#offerLink()
  }

  get shown(): Shown {
    return this.#shown
  }

  async call<M extends MethodName>(method: M, params: Params<M>): Promise<Result<M>> {
    return this.#withSession((session) => call(session, method, params))
  }

  #summaries(questions: readonly SummaryParams[]): Promise<readonly (Summary | Failure)[]> {
    return this.#withSession((session) => callAll(session, 'usage.summary', questions))
  }

  async #withSession<T>(ask: (session: string) => Promise<T>): Promise<T> {
    const session = this.#session
    if (session === null) throw new Failure('this session has ended', 'run: tallyctl web')
    try {
      return await ask(session)
    } catch (error) {
      const failure = failureOf(error)
      if (failure.is('unauthorized')) this.#end(Date.now())
      throw failure
    }
  }

  go(tab: TabName): void {
    if (location.hash !== `#${tab}`) location.hash = tab
    this.#change({ tab })
    void this.reload(tab)
  }

  /** Asks for what a tab shows. What cannot be had leaves what is there. */
  async reload(tab: TabName): Promise<void> {
    if (this.#session === null) return
    if (tab === 'usage') return this.#usage.refresh()
    try {
      this.#change(await this.#fetch(tab))
      this.#change({ failures: { ...this.#shown.failures, [tab]: undefined } })
    } catch (error) {
      this.#change({ failures: { ...this.#shown.failures, [tab]: failureOf(error) } })
    }
  }

  look(look: Look): void {
    keepLook(sessionStorage, look)
    this.#usage.look(look)
  }

  retry(): void {
    this.#line?.retry()
  }

  note(says: string, next = '', bad = false): void {
    this.#change({ notes: withNote(this.#shown.notes, { says, next, bad }) })
  }

  putAway(key: number): void {
    this.#change({ notes: this.#shown.notes.filter((note) => note.key !== key) })
  }

  async #fetch(tab: FetchedTab): Promise<Partial<Shown>> {
    const fetched = await fetchTab(tab, this, this.#timeZone)
    if (fetched.audit === undefined) return fetched
    // What is recorded while this is asked may be told before the answer is there.
    return { audit: withEntries(this.#heard, withEntries(this.#shown.audit ?? [], fetched.audit ?? [])) }
  }

  #change(part: Partial<Shown>): void {
    this.#shown = { ...this.#shown, ...part }
    this.#draw(this.#shown)
  }

  async #enter(launch: string): Promise<void> {
    this.#change({ way: { is: 'entering' } })
    try {
      this.#begin(await enter(launch))
    } catch (error) {
      // A second launch that fails does not end a session that is there.
      if (this.#session !== null) return this.note(failureOf(error).message, failureOf(error).next, true)
      this.#change({ way: { is: 'refused', failure: failureOf(error) } })
      this.#offerLink()
    }
  }

  #begin(session: string): void {
    this.#line?.close()
    this.#session = session
    this.#change({ way: { is: 'in' } })
    // Not only when the line is there: numbers come first.
    if (this.#shown.tab === 'usage') void this.#usage.refresh()
    this.#stopHandOver()
    this.#line = new Line({
      session,
      events: eventsHeard(this.#timeZone),
      onState: (line) => {
        if (line.is === 'ended') return this.#end(line.since)
        this.#change({ line })
        if (line.is === 'live') void this.#whenLive()
      },
      onYou: (you) => this.#change({ you }),
      onValue: (event, value) => this.#hear(event, value),
    })
  }

  async #whenLive(): Promise<void> {
    const link = keptLink()
    // Of the usage the line tells by itself, if it is not what is known.
    if (this.#shown.tab !== 'usage') await this.reload(this.#shown.tab)
    if (link !== null) await this.#open(link)
    this.#sayHere()
  }

  #end(since: number): void {
    this.#line?.close()
    this.#line = null
    this.#session = null
    dropSession()
    this.#change({ line: { is: 'ended', since } })
  }

  #hear(event: EventName, value: unknown): void {
    if (event === 'requests.changed') this.#change({ requests: (value as Result<'requests.list'>).requests })
    if (event === 'pairing.changed') this.#hearOfPairing(value as Pairing)
    if (event === 'budgets.changed') this.#change({ budgets: value as BudgetList })
    if (event === 'quotas.changed') this.#change({ quotas: (value as QuotaList).quotas })
    if (event === 'usage.changed') this.#usage.hear(value as Summary, this.#isLookedAt('usage'))
    if (event !== 'audit.added') return
    this.#heard = withEntries(this.#heard, (value as AuditList).entries)
    // Without the list that came before, the newest few would look like all there is.
    if (this.#shown.audit !== null) this.#change({ audit: withEntries(this.#shown.audit, this.#heard) })
    // What changes tokens, members and devices is recorded: whoever looks at them sees it.
    if (this.#shown.tab !== 'audit' && this.#shown.tab !== 'usage') void this.reload(this.#shown.tab)
  }

  #hearOfPairing(pairing: Pairing): void {
    const outcome = this.#shown.pairing === null ? null : outcomeOf(this.#shown.pairing, pairing)
    this.#change({ pairing })
    if (outcome !== null) this.note(outcome.says, outcome.next, outcome.bad)
  }

  /** Shows which request a link is about. */
  async #open(link: string): Promise<void> {
    keepLink(null)
    this.#change({ link: 'none' })
    try {
      const { opened } = await this.call('requests.open', { link })
      this.#change({ opened: opened.id })
      this.go('requests')
    } catch (error) {
      const { message, next } = failureOf(error)
      this.note(message, next, true)
    }
  }

  #takeLink(link: string | null): void {
    if (link === '') this.note('that link is not one of tallyd', 'type the code that the client shows', true)
    else if (link !== null) keepLink(link)
    if (keptLink() !== null) this.#shown = { ...this.#shown, link: 'waits' }
  }

  #offerLink(): void {
    const link = keptLink()
    if (link === null) return
    this.#stopHandOver()
    this.#stopHandOver = handOver(link, () => {
      keepLink(null)
      this.#change({ link: 'handed over' })
    })
  }

  #arriveAgain(): void {
    const { launch, tab } = takeArrival()
    if (launch !== null) void this.#enter(launch)
    else if (tab !== this.#shown.tab) this.go(tab ?? FIRST_TAB)
  }

  #isLookedAt(tab: TabName): boolean {
    return this.#shown.tab === tab && document.visibilityState === 'visible'
  }

  #again(): void {
    const { tab, line } = this.#shown
    if (document.visibilityState !== 'visible' || line.is !== 'live') return
    if (tab === 'usage') this.#usage.turn()
    if (tab === 'devices' || tab === 'tokens') void this.reload(tab)
  }
}
