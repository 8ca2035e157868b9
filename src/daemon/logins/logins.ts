// Where this device is logged in, and where it asks to be.
import { randomBytes } from 'node:crypto'
import type { Check } from '../../contract/doctor.ts'
import { TallyError } from '../../contract/errors.ts'
import type { LoginRow } from '../../contract/logins.ts'
import type { Result } from '../../contract/methods.ts'
import type { Audit } from '../store/audit.ts'
import type { Document } from '../store/document.ts'
import { type Answer, type Ask, askForCode, type Issuer, type Wish } from './issuer.ts'
import { type LiveContext, LiveLogin } from './live-login.ts'
import { beginAsking, resume } from './login.ts'
import { LOGINS_CAP, type LoginData } from './login-data.ts'
import { isReplaced, Shelf } from './shelf.ts'

/** Attempts that ended without a token are shown until there are so many later ones. */
const FAILED_CAP = 20
/** How long `end` waits for the other side before it says that it did not answer, in milliseconds. */
const GOODBYE_MS = 5_000

export interface LoginsContext extends Pick<LiveContext, 'ticks' | 'wake' | 'changed'> {
  readonly document: Document<LoginData>
  readonly ask: Ask
  readonly record: Audit['record']
  /** Why the disk's logins cannot be read, if they cannot: none is begun then. */
  readonly unreadable: TallyError | null
  /** Unix milliseconds; only for times that are shown. */
  readonly now: () => number
}

export interface Wanted extends Issuer, Wish {
  readonly url: string
}

export class Logins {
  readonly #context: LoginsContext
  readonly #shelf: Shelf
  /** In the order in which they were begun; also those that failed, to be seen. */
  readonly #live = new Set<LiveLogin>()
  /** Called with each one that is over. */
  readonly #waiting = new Set<(live: LiveLogin) => void>()

  constructor(context: LoginsContext) {
    this.#context = context
    this.#shelf = new Shelf(context.document)
  }

  /** Goes on with what the disk has. */
  start(): void {
    for (const stored of this.#shelf.all) {
      const { id, url, device, address, since, label } = stored
      const known = { id, url, device, address, since, wish: { scopes: [], label, takeover: false } }
      this.#live.add(new LiveLogin(this.#around(), known, resume(stored), null))
    }
  }

  /** Nothing is asked any more; what is on the disk goes on after the next start. Resolves when nothing is being written. */
  async stop(): Promise<void> {
    for (const live of this.#live) live.stop()
    await this.#shelf.settled()
  }

  list(): LoginRow[] {
    return [...this.#live].map((live) => live.row())
  }

  /** Nothing where there is no login: most devices have none. */
  checks(): Check[] {
    return this.list().flatMap(({ url, state, member, problem }): Check[] => {
      const subject = `login at ${url}`
      const why = problem === null ? '' : ` (${problem.says})`
      if (state === 'leaving') {
        const says = `logged out here, but not given back there yet${why}; it is tried again`
        const next = `to forget it, run: tallyctl logout ${url} --force`
        return [{ level: 'warning', code: 'loginLeaving', subject, says, next }]
      }
      if (state !== 'claimed') return []
      if (problem === null)
        return [{ level: 'ok', code: 'login', subject, says: `as ${member ?? 'a member'}` }]
      const next = `see whether it answers: tallyctl whoami --host ${url}`
      return [
        {
          level: 'warning',
          code: 'loginUnused',
          subject,
          says: `the token could not be used yet${why}`,
          next,
        },
      ]
    })
  }

  /** Asks for a code. What was asked for at the same address before is asked for no more. Throws TallyError. */
  async begin({ url, device, address, ...wish }: Wanted): Promise<LoginRow> {
    const { unreadable } = this.#context
    // Before somebody is asked for a yes, which would end the login of before.
    if (unreadable !== null) throw unreadable
    if (this.#shelf.all.length >= LOGINS_CAP) {
      throw TallyError.saying('tooMany', `there are ${LOGINS_CAP} logins`, 'end one: tallyctl logout URL')
    }
    const { ask, ticks, now } = this.#context
    const begun = await askForCode(ask, { device, address }, wish)
    for (const each of this.#at(url)) {
      if (each.at === 'asking') each.hear({ type: 'ended' })
      if (each.at === 'over') this.#live.delete(each)
    }
    const at = now()
    const known = { id: newId(), url, device, address, wish, since: new Date(at).toISOString() }
    const asking = beginAsking(begun.intervalMs, ticks() + begun.expiresInMs)
    const live = new LiveLogin(this.#around(), known, asking, begun, at)
    this.#live.add(live)
    this.#context.changed()
    return live.row()
  }

  /**
   * Ends what there is at the address, or only the one with that `id`. `force` forgets it even where it may still be valid there. Throws
   * TallyError notLoggedIn or stateUnwritable.
   */
  async end(
    url: string,
    { id, force }: { readonly id?: string | undefined; readonly force: boolean },
  ): Promise<Result<'logins.end'>['ended']> {
    const here = this.#at(url).filter(
      ({ at, known }) => at !== 'over' && (id === undefined || known.id === id),
    )
    if (here.length === 0) throw notLoggedIn(url)
    const held = here.filter(({ at }) => at !== 'asking')
    const claimed = held.filter(({ at }) => at === 'claimed')
    const tokenId = (claimed[0] ?? held[0])?.row().tokenId ?? null
    const gone = Promise.all(held.map((each) => this.#goneSoon(each)))
    // That it is over here is on the disk before anybody is told.
    if (claimed.length > 0) await this.#shelf.leave(claimed.map(({ known }) => known.id))
    for (const each of here) {
      if (each.at === 'leaving') each.hurry()
      else each.hear({ type: 'ended' })
    }
    const revoked = (await gone).every((isGone) => isGone)
    if (!revoked && force) for (const each of here) each.hear({ type: 'dropped' })
    return { url, tokenId, revoked }
  }

  /** Before this device becomes another one: without its key the tokens open nothing, and cannot be given back. Never throws. */
  async endAll(): Promise<void> {
    const urls = [...new Set([...this.#live].filter(({ at }) => at !== 'over').map(({ known }) => known.url))]
    await Promise.all(urls.map((url) => this.end(url, { force: true }).catch(() => undefined)))
  }

  /** Throws TallyError notLoggedIn, unauthorized, unreachable, notTallyd or tooMany. */
  call(url: string, call: { readonly method: string; readonly params?: unknown }): Promise<Answer> {
    const live = this.#at(url).find(({ at }) => at === 'claimed')
    return live === undefined ? Promise.reject(notLoggedIn(url)) : live.call(call)
  }

  #around(): LiveContext {
    const { ask, ticks, wake, changed } = this.#context
    return {
      ask,
      ticks,
      wake,
      changed,
      shelf: this.#shelf,
      onKept: (live, member) => this.#kept(live, member),
      onOver: (live, why) => this.#over(live, why),
    }
  }

  #kept(live: LiveLogin, member: string | null): void {
    const { url, device } = live.known
    for (const each of [...this.#live]) {
      if (each === live || each.at === 'asking' || each.at === 'keeping' || each.at === 'over') continue
      if (isReplaced(each.known, live.known)) this.#forget(each)
      else if (each.known.url === url) each.hear({ type: 'ended' })
    }
    this.#context.record('loggedIn', { id: device, name: url }, `as ${member ?? 'a member'}`)
  }

  #over(live: LiveLogin, why: string): void {
    const { url, device } = live.known
    if (live.wasKept) {
      const detail = why === 'refused' ? 'the token is not taken there any more' : undefined
      this.#context.record('loggedOut', { id: device, name: url }, detail)
    }
    if (why === 'ended' || why === 'refused') this.#forget(live)
    const failed = [...this.#live].filter(({ at }) => at === 'over')
    for (const each of failed.slice(0, -FAILED_CAP)) this.#live.delete(each)
  }

  #forget(live: LiveLogin): void {
    live.stop()
    this.#live.delete(live)
    for (const act of this.#waiting) act(live)
  }

  /** Whether it is gone there before the patience of a human is. */
  #goneSoon(live: LiveLogin): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (isGone: boolean) => {
        callOff()
        this.#waiting.delete(heard)
        resolve(isGone)
      }
      const heard = (gone: LiveLogin) => gone === live && done(true)
      const callOff = this.#context.wake(GOODBYE_MS, () => done(false))
      this.#waiting.add(heard)
    })
  }

  #at(url: string): LiveLogin[] {
    return [...this.#live].filter(({ known }) => known.url === url)
  }
}

function notLoggedIn(url: string): TallyError {
  return new TallyError('notLoggedIn', `this device is not logged in at ${url}`)
}

function newId(): string {
  return randomBytes(4).toString('hex')
}
