// The web listener as the rest of the daemon knows it: open or why not, on which port and under which URL; how a browser is let in;
// and whose connections end when a token does.
import type { Socket } from 'node:net'
import type { WebState, Whoami } from '../../contract/access.ts'
import type { Config } from '../../contract/config.ts'
import type { Check } from '../../contract/doctor.ts'
import { TallyError } from '../../contract/errors.ts'
import type { Result } from '../../contract/methods.ts'
import type { Paths } from '../../contract/paths.ts'
import type { Access } from '../access/access.ts'
import type { DisplayPairings } from '../access/display-pairing.ts'
import type { Bus } from '../bus.ts'
import { plainAddress } from '../devices/tls.ts'
import type { AskerIdentity } from '../methods/handlers.ts'
import type { Audit } from '../store/audit.ts'
import type { Incidents } from '../store/incidents.ts'
import type { Log } from '../store/log.ts'
import { bearerOf } from '../tokens/token.ts'
import type { Tokens } from '../tokens/tokens.ts'
import type { Snapshots } from '../views/snapshots.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Feeds } from './feeds.ts'
import { isSession, type Launched, Launches } from './launches.ts'
import type { LanDoor } from './oauth-metadata.ts'
import { PlainWeb } from './plain-web.ts'
import type { Tls, WebApp, WebAppContext } from './web-app.ts'
import { webChecks } from './web-checks.ts'
import { WebCrowd } from './web-crowd.ts'
import { openWebDoor, type WebDoor } from './web-door.ts'
import { type Admitted, WebLines } from './web-line.ts'
import { WebNames } from './web-names.ts'
import { openWebPort, type WebPort } from './web-port.ts'
import { WebTls } from './web-tls.ts'

/** A listener that could not be opened is tried again after this long, in milliseconds. */
const RETRY_MS = 30_000

export interface WebContext {
  readonly config: Config
  readonly paths: Pick<Paths, 'run' | 'web' | 'webPort'>
  readonly bus: Bus
  readonly log: Log
  readonly dispatcher: Dispatcher
  readonly feeds: Feeds
  readonly tokens: Tokens
  readonly access: () => Promise<Access>
  readonly displays: () => Promise<DisplayPairings>
  readonly audit: Pick<Audit, 'record'>
  readonly incidents: Pick<Incidents, 'record' | 'resolve'>
  /** Resolves when subscriptions can be computed. */
  readonly loaded: () => Promise<unknown>
  readonly snapshots: () => Promise<Pick<Snapshots, 'text'>>
  readonly whoami: (asker: AskerIdentity) => Promise<Whoami>
  /** The LAN listener; null while it is closed. */
  readonly lan: () => LanDoor | null
  readonly metrics: WebAppContext['metrics']
  /** Folder of the page's files. */
  readonly page: string
  /** Unix milliseconds. */
  readonly now: () => number
  /** Milliseconds of a clock that only goes on. */
  readonly ticks: () => number
}

export class Web {
  readonly #context: WebContext
  readonly #names: WebNames
  readonly #launches: Launches
  readonly #tls: WebTls
  readonly #crowd = new WebCrowd()
  readonly #lines = new WebLines()
  readonly #plain: PlainWeb
  #port: WebPort | null = null
  #door: WebDoor | null = null
  #app: Promise<WebApp> | null = null
  /** What the app has for new connections. */
  #given: Tls | null = null
  #problem: string | null = null
  #retry: NodeJS.Timeout | undefined
  #stopped = false

  constructor(context: WebContext) {
    this.#context = context
    this.#names = new WebNames(context.config, () => this.#door?.port ?? 0)
    this.#tls = new WebTls(context.paths.web, context.now)
    this.#plain = new PlainWeb(context)
    this.#launches = new Launches({
      run: context.paths.run,
      now: context.now,
      ticks: context.ticks,
      onEnded: (id) => this.#lines.cut(id),
    })
    context.bus.on('tokensEnded', (ids) => {
      for (const id of ids) this.#lines.cut(id)
    })
  }

  state(): WebState {
    const port = this.#door?.port ?? null
    return {
      url: port === null ? null : this.#names.url,
      port,
      lan: this.#names.isLan,
      plainHttp: this.#plain.port !== null,
      plainHttpPort: this.#plain.port,
      problem: this.#problem,
    }
  }

  /** Opens it, unless the config says otherwise. Never throws: `state` tells what went wrong, and it is tried again. */
  async start(): Promise<void> {
    await this.#launches.sweep()
    if (this.#context.config.web?.mode !== 'off') await this.#open()
  }

  /** A way in for one browser. Throws TallyError webClosed, tooMany or stateUnwritable. */
  async launch(): Promise<Launched> {
    if (this.#door === null)
      throw new TallyError('webClosed', this.#problem ?? 'the config says web.mode off')
    return this.#launches.launch(this.#names.url)
  }

  /** Throws TallyError stateUnreadable or stateUnwritable. */
  async certificate(): Promise<Result<'web.cert'>['certificate']> {
    const { authorityPem, pin } = await this.#tls.identity()
    return { pem: authorityPem, pin, names: [...this.#names.all] }
  }

  checks(): Check[] {
    return webChecks(this.state(), this.#context.config)
  }

  /** Closes the port and every connection. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#retry)
    this.#launches.stop()
    await this.#plain.stop()
    await this.#door?.close()
    this.#door = null
    const app = await this.#app?.catch(() => null)
    await app?.close()
    this.#crowd.endAll()
  }

  async #open(): Promise<void> {
    const { config, bus } = this.#context
    const before = JSON.stringify(this.state())
    try {
      if (this.#door === null) await this.#openDoor()
      if (config.web?.plainHttp === true && !this.#stopped) await this.#plain.open()
      this.#problem = null
    } catch (error) {
      if (this.#stopped) return
      this.#problem = error instanceof Error ? error.message : String(error)
      this.#retry = setTimeout(() => void this.#open(), RETRY_MS).unref()
    }
    if (JSON.stringify(this.state()) !== before) bus.emit('statusChanged')
  }

  async #openDoor(): Promise<void> {
    const { config, paths, incidents } = this.#context
    // Before anybody can come: where there are no keys it stays closed.
    if (this.#names.isLan) await this.#tls.identity()
    this.#port ??= await openWebPort(paths.webPort, config.web?.port, incidents)
    const door = await this.#port.open((port) =>
      openWebDoor({ port, lan: this.#names.isLan, onSocket: (socket) => this.#enter(socket) }),
    )
    if (this.#stopped) await door.close()
    else this.#door = door
  }

  #enter(socket: Socket): void {
    this.#crowd.enter(socket)
    this.#ready().then(
      (app) => (socket.destroyed ? undefined : app.take(socket)),
      (error) => {
        // The next one tries again.
        this.#app = null
        this.#context.log.error('the web listener cannot answer', error)
        socket.destroy()
      },
    )
  }

  /** The app, with the certificate for the names that hold now. */
  async #ready(): Promise<WebApp> {
    const tls = this.#names.isLan ? await this.#tls.current(this.#names.all) : null
    this.#app ??= this.#load(tls)
    const app = await this.#app
    if (tls !== null && tls !== this.#given) app.secure(tls)
    this.#given = tls
    return app
  }

  async #load(tls: Tls | null): Promise<WebApp> {
    const { audit } = this.#context
    this.#given = tls
    const { createWebApp } = await import('./web-app.ts')
    return createWebApp({
      ...this.#context,
      names: () => this.#names.own,
      issuer: () => this.#names.url,
      tls,
      launches: this.#launches,
      lines: this.#lines,
      crowd: this.#crowd,
      admit: (authorization, address) => this.#admit(authorization, plainAddress(address)),
      onLaunch: (address, isGood) => audit.record(isGood ? 'launched' : 'launchRefused', { address }),
      onRefused: (address, why) => audit.record('tokenRefused', { address }, why),
    })
  }

  #admit(authorization: string | undefined, address: string): Admitted | null {
    const secret = authorization?.startsWith('Bearer ') ? authorization.slice('Bearer '.length) : ''
    if (isSession(secret)) {
      const key = this.#launches.use(secret)
      return key === null ? null : { asker: { kind: 'launch', address }, key }
    }
    const token = bearerOf(authorization)
    const holder = token === null ? null : this.#context.tokens.authenticate(token, null)
    if (holder === null) return null
    const { id, member, scopes, identity } = holder
    return { asker: { kind: 'token', id, member, scopes, identity, address }, key: id }
  }
}
