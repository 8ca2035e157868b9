// The one exception to HTTPS off loopback, for displays that know no TLS: the snapshot, over plain HTTP, where the config asks for it.
// Whoever listens on the network reads it, and the token: so only tokens that can do nothing else are taken, and nobody's mail address
// is shown.
import type { Socket } from 'node:net'
import type { Config } from '../../contract/config.ts'
import { TallyError } from '../../contract/errors.ts'
import type { Bus } from '../bus.ts'
import { plainAddress } from '../devices/tls.ts'
import type { Audit } from '../store/audit.ts'
import type { Incidents } from '../store/incidents.ts'
import type { Log } from '../store/log.ts'
import { bearerOf } from '../tokens/token.ts'
import type { Tokens } from '../tokens/tokens.ts'
import type { WebApp } from './web-app.ts'
import { WebCrowd } from './web-crowd.ts'
import type { DashboardContext } from './web-dashboard.ts'
import { openWebDoor, type WebDoor } from './web-door.ts'
import type { Admitted } from './web-line.ts'
import { WebNames } from './web-names.ts'

export const PLAIN_PORT = 4767
/** A token that can do more than read the snapshot was shown unencrypted. */
const SHOWN = 'tokenShownUnencrypted'

interface PlainWebContext {
  readonly config: Config
  readonly log: Log
  readonly tokens: Tokens
  readonly audit: Pick<Audit, 'record'>
  readonly incidents: Pick<Incidents, 'record' | 'resolve'>
  readonly bus: Pick<Bus, 'on'>
  readonly snapshots: DashboardContext['snapshots']
}

export class PlainWeb {
  readonly #context: PlainWebContext
  readonly #crowd = new WebCrowd()
  readonly #names: WebNames
  #door: WebDoor | null = null
  #stopped = false
  #app: Promise<WebApp> | null = null

  constructor(context: PlainWebContext) {
    this.#context = context
    const { config, bus, incidents } = context
    bus.on('tokensEnded', (ids) => {
      for (const id of ids) incidents.resolve(SHOWN, id)
    })
    this.#names = new WebNames({ ...config, web: { ...config.web, lan: true } }, () => this.#door?.port ?? 0)
  }

  /** Null while it is closed. */
  get port(): number | null {
    return this.#door?.port ?? null
  }

  /** Opens it; does nothing where it is open. Throws TallyError portTaken, or the system's error. */
  async open(): Promise<void> {
    const port = this.#context.config.web?.plainHttpPort ?? PLAIN_PORT
    if (this.#door !== null) return
    try {
      const door = await openWebDoor({ port, lan: true, onSocket: (socket) => this.#enter(socket) })
      if (this.#stopped) await door.close()
      else this.#door = door
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
      throw new TallyError(
        'portTaken',
        `${port}, of web.plainHttp`,
        'set web.plainHttpPort in the config file',
      )
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#door?.close()
    this.#door = null
    const app = await this.#app?.catch(() => null)
    await app?.close()
    this.#crowd.endAll()
  }

  #enter(socket: Socket): void {
    this.#crowd.enter(socket)
    this.#app ??= this.#load()
    this.#app.then(
      (app) => (socket.destroyed ? undefined : app.take(socket)),
      (error) => {
        // The next one tries again.
        this.#app = null
        this.#context.log.error('the plain listener cannot answer', error)
        socket.destroy()
      },
    )
  }

  async #load(): Promise<WebApp> {
    const { log, snapshots, audit } = this.#context
    const { createPlainApp } = await import('./web-app.ts')
    return createPlainApp({
      log,
      crowd: this.#crowd,
      names: () => ({ ...this.#names.own, scheme: 'http' }),
      admit: (authorization, address) => this.#admit(authorization, plainAddress(address)),
      dashboard: {
        snapshots,
        mostIdentity: 'redacted',
        needs:
          'over plain HTTP only a token that may read the snapshot and nothing else is taken: Authorization: Bearer tallyd_…',
        onRefused: (address, why) => audit.record('tokenRefused', { address }, why),
      },
    })
  }

  /** A token that reads the snapshot and can do nothing else. Any other one that was shown here was shown to the whole network. */
  #admit(authorization: string | undefined, address: string): Admitted | null {
    const { tokens, audit, incidents } = this.#context
    const secret = bearerOf(authorization)
    const holder = secret === null ? null : tokens.authenticate(secret, null)
    if (holder === null) return null
    const { id, member, label, scopes, identity } = holder
    if (scopes.some((scope) => scope !== 'dashboard:read')) {
      audit.record(
        'tokenRefused',
        { id, address },
        'it can do more than read the snapshot: it was shown unencrypted',
      )
      incidents.record({
        code: SHOWN,
        subject: id,
        says: `the token "${label}" of ${member} was shown to the whole network, unencrypted, and can do more than read the snapshot`,
        next: `revoke it: tallyctl tokens revoke ${id}`,
      })
      return null
    }
    return { asker: { kind: 'token', id, member, scopes, identity, address }, key: id }
  }
}
