// A real web listener in this process, with real tokens, enrolments and launches; the clock of enrolments is the test's.
import { connect } from 'node:net'
import { join } from 'node:path'
import type { AuditKind } from '../../../src/contract/audit-words.ts'
import type { Config } from '../../../src/contract/config.ts'
import type { IdentityMode } from '../../../src/contract/identity-modes.ts'
import { pathsOf } from '../../../src/contract/paths.ts'
import type { Scope } from '../../../src/contract/scope-words.ts'
import { createAccess } from '../../../src/daemon/access/access.ts'
import { DisplayPairings } from '../../../src/daemon/access/display-pairing.ts'
import { createBus } from '../../../src/daemon/bus.ts'
import { createDispatcher } from '../../../src/daemon/listeners/dispatcher.ts'
import { createFeeds } from '../../../src/daemon/listeners/feeds.ts'
import { Web } from '../../../src/daemon/listeners/web.ts'
import { whoami } from '../../../src/daemon/methods/access.ts'
import { createHandlers } from '../../../src/daemon/methods/methods.ts'
import type { Parts } from '../../../src/daemon/methods/parts.ts'
import { Requests } from '../../../src/daemon/requests/requests.ts'
import { createIncidents } from '../../../src/daemon/store/incidents.ts'
import { createLog } from '../../../src/daemon/store/log.ts'
import { openTokens } from '../../../src/daemon/tokens/open.ts'
import { Snapshots } from '../../../src/daemon/views/snapshots.ts'
import { type Teardown, temporaryFolder } from '../../harness/daemon.ts'
import { freePort } from '../../harness/devices.ts'
import { FACTS } from '../views/snapshot-made.ts'
import { fakeViews, idleUsage } from './served.ts'

export interface Recorded {
  readonly what: AuditKind
  readonly address: string | null | undefined
}

export interface WebServedOptions {
  /** Default: a fresh folder. */
  readonly home?: string
  /** The usual port instead of a free one of this test's. */
  readonly isUsualPort?: boolean
}

export async function webServed(t: Teardown, web: Config['web'] = {}, options: WebServedOptions = {}) {
  const home = options.home ?? temporaryFolder(t)
  const paths = pathsOf({ env: { TALLYD_HOME: home }, home, platform: process.platform })
  const config: Config = { web: options.isUsualPort === true ? web : { port: await freePort(), ...web } }
  const [bus, log, views, usage] = [createBus(), createLog('off'), fakeViews(), idleUsage()]
  const recorded: Recorded[] = []
  const record = (what: AuditKind, subject: { readonly address?: string | null } = {}) =>
    void recorded.push({ what, address: subject.address })
  const incidents = createIncidents({
    path: paths.incidents,
    log,
    now: Date.now,
    onChanged: () => undefined,
  })
  const clock = { ticks: 0, launches: 0 }
  const tokens = await openTokens({ paths, bus, audit: { record }, incidents, now: Date.now })
  const requests = new Requests(() => bus.emit('requestsChanged'))
  const access = createAccess({
    tokens,
    requests,
    record,
    clients: config.web?.clients ?? [],
    now: Date.now,
    ticks: () => clock.ticks,
    wake: () => () => undefined,
  })
  const displays = new DisplayPairings({
    tokens,
    record,
    onChanged: () => bus.emit('displaysChanged'),
    ticks: () => clock.ticks,
    now: Date.now,
  })
  const no = (what: string) => () => Promise.reject(new Error(`no ${what} here`))
  const parts: Parts = {
    version: '0.0.0',
    paths,
    deviceName: () => 'desk',
    startedAt: '2026-01-01T00:00:00Z',
    requests,
    usageIfLoaded: () => usage,
    usage: async () => usage,
    devicesIfLoaded: () => undefined,
    devices: no('devices'),
    audit: no('audit'),
    tokens: async () => tokens,
    access: async () => access,
    logins: () => Promise.reject(new Error('no logins here')),
    vault: () => Promise.reject(new Error('no vault here')),
    transfers: () => Promise.reject(new Error('no transfers here')),
    displays: async () => displays,
    web: () => listener.state(),
    launch: () => listener.launch(),
    certificate: () => listener.certificate(),
    views: async () => views,
    quotas: () => Promise.reject(new Error('no quotas here')),
    alerts: () => Promise.reject(new Error('no alerts here')),
    doctor: no('doctor'),
    problems: () => 0,
    stop: () => undefined,
  }
  const feeds = createFeeds({
    bus,
    log,
    compute: ({ event }) =>
      event === 'requests.changed' ? { requests: requests.list() } : views.summary({}),
  })
  const snapshots = new Snapshots(() => ({ facts: FACTS, turnsAt: Number.POSITIVE_INFINITY }), Date.now)
  const listener = new Web({
    lan: () => null,
    config,
    paths,
    bus,
    log,
    feeds,
    tokens,
    dispatcher: createDispatcher({ handlers: createHandlers(parts), log }),
    access: async () => access,
    displays: async () => displays,
    audit: { record },
    incidents,
    loaded: async () => undefined,
    snapshots: async () => snapshots,
    whoami: (asker) => whoami(parts, asker),
    metrics: async (format) => `# ${format}\n`,
    page: join(home, 'page'),
    now: () => Date.now() + clock.launches,
    ticks: () => clock.ticks,
  })
  t.teardown(async () => {
    await listener.stop()
    access.stop()
    displays.stop()
    feeds.close()
    await tokens.close()
  })
  await listener.start()
  const minted = (scopes: Scope[], identity?: IdentityMode) =>
    tokens.create({
      member: 'ann',
      exists: 'either',
      scopes,
      identity,
      label: undefined,
      expiresIn: undefined,
      origin: 'created',
      device: null,
      by: 'owner',
    })
  const { url, port } = listener.state()
  return {
    home,
    paths,
    bus,
    clock,
    tokens,
    access,
    displays,
    requests,
    recorded,
    incidents,
    listener,
    url: url ?? '',
    port: port ?? 0,
    /** A token's id and secret. */
    token: (...scopes: Scope[]) => minted(scopes),
    /** One that is shown as much as this of whose account it is. */
    display: (identity: IdentityMode) => minted(['dashboard:read'], identity),
    /** The secret of a session. */
    async session() {
      const launched = await listener.launch()
      const { body } = await ask(port ?? 0, {
        method: 'POST',
        path: '/launch',
        body: JSON.stringify({ launch: secretIn(launched.url) }),
      })
      return (JSON.parse(body) as { session: string }).session
    },
  }
}

/** The one-time secret of a launch's URL. */
export function secretIn(url: string): string {
  return /#launch=([\w-]{43})$/.exec(url)?.[1] ?? ''
}

export interface Question {
  readonly method?: string
  readonly path?: string
  /** As they are sent, in this order; a Host of our own is added unless there is one. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string
  /** Of this machine; default 127.0.0.1. */
  readonly from?: string
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** One request in exactly these bytes, over a connection of its own. */
export async function ask(port: number, question: Question): Promise<Reply> {
  const { method = 'GET', path = '/', headers = [], body = '', from } = question
  const hasHost = headers.some(([name]) => name.toLowerCase() === 'host')
  const all = [
    ...(hasHost ? [] : [['Host', `127.0.0.1:${port}`]]),
    ...headers,
    ['Connection', 'close'],
    ...(body === '' ? [] : [['Content-Length', String(Buffer.byteLength(body))]]),
  ].map(([name, value]) => `${name}: ${value}\r\n`)
  const socket = connect({ host: '127.0.0.1', port, ...(from === undefined ? {} : { localAddress: from }) })
  const parts: Buffer[] = []
  socket.on('data', (part: Buffer) => parts.push(part))
  // What came before a reset counts.
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
    socket.on('error', () => undefined)
  })
  socket.write(`${method} ${path} HTTP/1.1\r\n${all.join('')}\r\n${body}`)
  await ended
  return replyIn(Buffer.concat(parts).toString('utf8'))
}

function replyIn(text: string): Reply {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':')
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()]
    }),
  )
  return { status: Number(first.split(' ')[1] ?? 0), headers, body: rest.join('\r\n\r\n') }
}

export const bearer = (secret: string) => ['Authorization', `Bearer ${secret}`] as const
export const rpc = (method: string, params: object = {}) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
