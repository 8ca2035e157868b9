// How the owner lets a browser in: a secret that is used once within a minute, and the session that it is exchanged for. All of it
// is in memory only, as hashes: it ends with the daemon.
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TallyError } from '../../contract/errors.ts'
import { LAUNCH_FILES } from '../../contract/paths.ts'
import { hashOf } from '../tokens/token.ts'

/** How long a launch waits for its browser, in milliseconds. */
const LAUNCH_LIVES_MS = 60_000
/** A session ends when its browser asked nothing for this long, in milliseconds. */
const SESSION_IDLES_MS = 12 * 60 * 60_000
/** Launches that wait; a script that makes more than these in a minute is stopped. */
const LAUNCHES_CAP = 16
/** One more ends the one that idled longest. */
const SESSIONS_CAP = 16
/** Tells a session's secret from a token. */
const SESSION_PREFIX = 'tallyds_'
const SESSION_FORM = /^tallyds_[A-Za-z0-9_-]{43}$/
/** How often sessions are looked at while there are any, in milliseconds. */
const LOOK_MS = 60_000

export interface Launched {
  /** With the secret in its fragment. */
  readonly url: string
  readonly file: string
  /** RFC 3339. */
  readonly expiresAt: string
}

export interface Session {
  /** Secret. */
  readonly session: string
  /** RFC 3339; moves while it is used. */
  readonly expiresAt: string
}

interface Waiting {
  readonly file: string
  readonly timer: NodeJS.Timeout
}

interface Kept {
  /** Not secret: names it among those whose connections are cut. */
  readonly id: string
  used: Moment
}

/** By both clocks: the one goes on while the machine sleeps, the other is not set. */
interface Moment {
  /** Unix milliseconds. */
  readonly at: number
  /** Milliseconds of a clock that only goes on. */
  readonly ticks: number
}

export interface LaunchesContext {
  /** Folder, 0700, of the files that redirect. */
  readonly run: string
  /** Unix milliseconds. */
  readonly now: () => number
  /** Milliseconds of a clock that only goes on. */
  readonly ticks: () => number
  /** The session opens nothing any more: its connections are to be cut. */
  readonly onEnded: (id: string) => void
}

export class Launches {
  readonly #context: LaunchesContext
  /** By the hash of the secret. */
  readonly #waiting = new Map<string, Waiting>()
  readonly #sessions = new Map<string, Kept>()
  #look: NodeJS.Timeout | undefined

  constructor(context: LaunchesContext) {
    this.#context = context
  }

  /** Removes what a daemon that was killed has left. Never throws. */
  async sweep(): Promise<void> {
    const { run } = this.#context
    const names = await readdir(run).catch(() => [])
    for (const name of names) if (LAUNCH_FILES.test(name)) await rm(join(run, name), { force: true })
  }

  /** A way in for one browser, to the page at `page`. Throws TallyError tooMany or stateUnwritable. */
  async launch(page: string): Promise<Launched> {
    if (this.#waiting.size >= LAUNCHES_CAP) throw new TallyError('tooMany', `${LAUNCHES_CAP} launches wait`)
    const secret = randomBytes(32).toString('base64url')
    const hash = hashOf(secret)
    const file = join(this.#context.run, `launch-${randomBytes(8).toString('hex')}.html`)
    const timer = setTimeout(() => this.#forget(hash), LAUNCH_LIVES_MS).unref()
    const expiresAt = new Date(this.#context.now() + LAUNCH_LIVES_MS).toISOString()
    // Before the file is written: two at once must not both find the last place.
    this.#waiting.set(hash, { file, timer })
    const url = `${page}/#launch=${secret}`
    try {
      await writeFile(file, redirectTo(url), { mode: 0o600, flag: 'wx' })
    } catch (error) {
      this.#forget(hash)
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      throw new TallyError('stateUnwritable', `${file} (${code})`)
    }
    return { url, file, expiresAt }
  }

  /** Whether the secret would be taken. */
  isWaiting(secret: string): boolean {
    return this.#waiting.has(hashOf(secret))
  }

  /** Exchanges a launch for a session, once; null where there is no such launch. */
  redeem(secret: string): Session | null {
    const hash = hashOf(secret)
    if (!this.#waiting.has(hash)) return null
    this.#forget(hash)
    this.#makeRoom()
    const session = SESSION_PREFIX + randomBytes(32).toString('base64url')
    const used = this.#moment()
    this.#sessions.set(hashOf(session), { id: randomBytes(8).toString('hex'), used })
    this.#look ??= setInterval(() => this.#expire(), LOOK_MS).unref()
    return { session, expiresAt: new Date(used.at + SESSION_IDLES_MS).toISOString() }
  }

  /** The id of the session with this secret, which is thereby in use; null where there is none. */
  use(secret: string): string | null {
    this.#expire()
    const found = isSession(secret) ? this.#sessions.get(hashOf(secret)) : undefined
    if (found === undefined) return null
    found.used = this.#moment()
    return found.id
  }

  /** The browser of that session asked something. */
  touch(id: string): void {
    for (const session of this.#sessions.values()) if (session.id === id) session.used = this.#moment()
  }

  /** RFC 3339: when that session ends if it is not used; null where there is none. */
  expiresAt(id: string): string | null {
    const session = [...this.#sessions.values()].find((each) => each.id === id)
    return session === undefined ? null : new Date(session.used.at + SESSION_IDLES_MS).toISOString()
  }

  /** Ends that session; whether there was one. */
  end(id: string): boolean {
    const found = [...this.#sessions].find(([, session]) => session.id === id)
    if (found === undefined) return false
    this.#end(found[0])
    return true
  }

  /** Ends all of them, and removes the files. */
  stop(): void {
    for (const hash of [...this.#waiting.keys()]) this.#forget(hash)
    for (const hash of [...this.#sessions.keys()]) this.#end(hash)
  }

  #forget(hash: string): void {
    const waiting = this.#waiting.get(hash)
    if (waiting === undefined) return
    clearTimeout(waiting.timer)
    this.#waiting.delete(hash)
    rmSync(waiting.file, { force: true })
  }

  #expire(): void {
    const now = this.#moment()
    for (const [hash, { used }] of this.#sessions) {
      if (Math.max(now.at - used.at, now.ticks - used.ticks) >= SESSION_IDLES_MS) this.#end(hash)
    }
  }

  #moment(): Moment {
    return { at: this.#context.now(), ticks: this.#context.ticks() }
  }

  #makeRoom(): void {
    if (this.#sessions.size < SESSIONS_CAP) return
    const [oldest] = [...this.#sessions].sort(([, a], [, b]) => a.used.ticks - b.used.ticks)
    if (oldest !== undefined) this.#end(oldest[0])
  }

  #end(hash: string): void {
    const session = this.#sessions.get(hash)
    this.#sessions.delete(hash)
    if (this.#sessions.size === 0) {
      clearInterval(this.#look)
      this.#look = undefined
    }
    if (session !== undefined) this.#context.onEnded(session.id)
  }
}

export function isSession(text: string): boolean {
  return SESSION_FORM.test(text)
}

/** A page that goes on to `url`. Nothing in it needs escaping: it is our own origin and base64url. */
function redirectTo(url: string): string {
  return `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>tallyd</title><meta http-equiv="refresh" content="0; url=${url}">\n`
}
