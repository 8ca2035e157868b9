// What is loaded after the socket answers: built in order, each part given those before it.
import { join } from 'node:path'
import type { Config } from '../contract/config.ts'
import type { Paths, Surroundings } from '../contract/paths.ts'
import { type Access, createAccess } from './access/access.ts'
import { DisplayPairings } from './access/display-pairing.ts'
import { Accounts } from './accounts/accounts.ts'
import type { Alerts } from './alerts/alerts.ts'
import { openAlerts } from './alerts/open.ts'
import type { Bus } from './bus.ts'
import type { Devices, Remote } from './devices/devices.ts'
import { openDevices } from './devices/open.ts'
import type { Dispatcher } from './listeners/dispatcher.ts'
import type { Feeds } from './listeners/feeds.ts'
import type { LanDoor } from './listeners/oauth-metadata.ts'
import { Web } from './listeners/web.ts'
import type { Logins } from './logins/logins.ts'
import { openLogins } from './logins/open.ts'
import { whoami } from './methods/access.ts'
import { glanceNow } from './methods/glance.ts'
import type { Parts } from './methods/parts.ts'
import { openQuotas } from './quotas/open.ts'
import type { Quotas } from './quotas/quotas.ts'
import type { Requests } from './requests/requests.ts'
import type { Format } from './sinks/format.ts'
import type { Metrics } from './sinks/metrics.ts'
import { type Audit, createAudit } from './store/audit.ts'
import type { Incidents } from './store/incidents.ts'
import type { Log } from './store/log.ts'
import type { Totals } from './tallies/totals.ts'
import { openTokens } from './tokens/open.ts'
import type { Tokens } from './tokens/tokens.ts'
import type { Ahead } from './usage/index/ahead.ts'
import { createUsage, type Usage } from './usage/usage.ts'
import { type OpenTransfers, openTransfers } from './vault/transfer/open.ts'
import { keepLastGlance, type LastGlance } from './views/last-glance.ts'
import { createViews, type Share, type Views } from './views/views.ts'
import { systemZone } from './views/zone.ts'

export interface Rest {
  readonly audit: Audit
  readonly usage: Usage
  readonly devices: Devices
  readonly transfers: OpenTransfers
  readonly tokens: Tokens
  readonly access: Access
  readonly displays: DisplayPairings
  readonly logins: Logins
  readonly quotas: Quotas
  readonly views: Views
  readonly alerts: Alerts
  readonly web: Web
  readonly metrics: (format: Format, isNamed: boolean) => Promise<string>
  readonly lastGlance: LastGlance
}

export interface RestContext {
  readonly paths: Paths
  readonly surroundings: Surroundings
  readonly config: Config
  readonly bus: Bus
  readonly incidents: Incidents
  readonly log: Log
  readonly requests: Requests
  readonly parts: Parts
  readonly dispatcher: Dispatcher
  readonly feeds: Feeds
  /** Of tallyd. */
  readonly version: string
  /** Of the bundled programs. */
  readonly folder: string
  /** An indexer that was started before everything else. */
  readonly ahead: Ahead | null
  /** Whether the home is this daemon's. */
  readonly isOurs: () => boolean
  /** Whether it is another daemon's by now. */
  readonly isTaken: () => boolean
  /** Unix milliseconds. */
  readonly now: () => number
}

/**
 * Builds it; nothing is started. Each part stands in `late` as soon as it is there: whoever asks early sees what there is, and a stop
 * in between ends it. `rest` resolves to all of it, later.
 */
export async function loadRest(
  context: RestContext,
  late: Partial<{ -readonly [Part in keyof Rest]: Rest[Part] }>,
  rest: () => Promise<Rest>,
): Promise<Rest> {
  const { bus, config, dispatcher, feeds, folder, log, parts, requests } = context
  const audit = createAudit({ ...context, onAdded: () => bus.emit('auditAdded') })
  late.audit = audit
  void audit.load()
  const tokens = await openTokens({ ...context, audit })
  late.tokens = tokens
  const access = createAccess({
    tokens,
    requests,
    record: (...what) => audit.record(...what),
    clients: config.web?.clients ?? [],
    now: Date.now,
  })
  late.access = access
  const displays = new DisplayPairings({
    tokens,
    record: (...what) => audit.record(...what),
    onChanged: () => bus.emit('displaysChanged'),
    ticks: () => performance.now(),
    now: Date.now,
  })
  late.displays = displays
  const usage = createUsage({ ...context, indexer: join(folder, 'indexer.js') })
  late.usage = usage
  const totals = () => usage.totals()
  const devices = await openDevices({
    ...context,
    audit,
    totals,
    quotas: () => late.quotas?.told() ?? [],
    isComplete: () => usage.isComplete(),
    timeZone: systemZone,
    parted: (id) => late.transfers?.parted(id),
    unreachable: () => late.transfers?.recall(),
    transferOffered: (from, transfer) => late.transfers?.offered(from, transfer),
    async openListener(door, at) {
      const [{ listenLan }] = await Promise.all([import('./listeners/lan.ts'), rest()])
      const issuer = () => late.web?.state().url ?? null
      return listenLan(door, at, log, { dispatcher, tokens, access: parts.access, issuer })
    },
  })
  late.devices = devices
  const transfers = openTransfers({
    vault: parts.vault,
    network: devices,
    requests,
    ownName: parts.deviceName,
    called: (id) => devices.called(id),
    changed: () => bus.emit('transfersChanged'),
    record: (...what) => audit.record(...what),
    now: Date.now,
  })
  late.transfers = transfers
  const logins = await openLogins({
    ...context,
    audit,
    ask: (issuer, question) => devices.askBound(issuer, question),
  })
  late.logins = logins
  const accounts = new Accounts({
    ...context,
    isRead: config.identity?.read === true,
    onChanged: quotasChanged,
  })
  await accounts.look()
  const quotas = await openQuotas({
    ...context,
    logs: () => usage.logs('codex'),
    account: (agent) => accounts.of(agent)?.key ?? null,
    isAccountRead: config.identity?.read === true,
    deviceName: parts.deviceName,
    told: () => devices.quotas(),
    onChanged: quotasChanged,
  })
  late.quotas = quotas
  const views = createViews({
    config,
    now: Date.now,
    devices: devices.list,
    shares: sharesOf(devices, totals),
    snapshot: {
      version: context.version,
      refreshIntervalSeconds: config.displays?.refreshIntervalSeconds ?? 60,
      quotas: () => quotas.list(),
      account: (agent) => accounts.of(agent),
      activity: () => usage.activity(),
    },
  })
  late.views = views
  for (const said of ['usageChanged', 'statusChanged', 'quotasChanged'] as const) {
    bus.on(said, () => views.snapshots.changed())
  }
  const alerts = await openAlerts({ ...context, budgets: views.budgets })
  late.alerts = alerts
  bus.on('usageChanged', () => quotas.lookSoon())
  bus.on('woken', () => {
    views.snapshots.changed()
    // What watchers missed; a failure is the next rescan's to tell.
    usage.rescan().catch(() => undefined)
  })
  /** With the names of devices, and without. */
  const sinks = new Map<boolean, Promise<Metrics>>()
  const metrics = async (format: Format, isNamed: boolean) => {
    const sink =
      sinks.get(isNamed) ??
      import('./sinks/metrics.ts').then(({ createMetrics }) =>
        createMetrics({
          version: parts.version,
          problems: parts.problems,
          usage,
          requests,
          ...(isNamed ? { devices: devices.list, history: views.history } : unnamedHistory()),
        }),
      )
    sinks.set(isNamed, sink)
    return (await sink).text(format)
  }
  const unnamedHistory = () => {
    const unnamed = views.unnamed()
    return { devices: unnamed.deviceFacts, history: unnamed.history }
  }
  late.metrics = metrics
  const web = new Web({
    ...context,
    audit,
    tokens,
    dispatcher,
    feeds,
    access: parts.access,
    displays: parts.displays,
    loaded: rest,
    snapshots: async () => (await rest()).views.snapshots,
    whoami: (asker) => whoami(parts, asker),
    lan: () => lanDoor(devices),
    metrics,
    page: join(folder, '..', 'page'),
    ticks: () => performance.now(),
  })
  late.web = web
  const lastGlance = keepLastGlance({ ...context, compute: () => glanceNow(parts, views, undefined) })
  late.lastGlance = lastGlance
  return {
    audit,
    usage,
    devices,
    transfers,
    tokens,
    access,
    displays,
    logins,
    quotas,
    views,
    alerts,
    web,
    metrics,
    lastGlance,
  }

  function quotasChanged(): void {
    bus.emit('quotasChanged')
  }
}

/** Whose totals make up every sum: this device's own, and what the others told. */
function sharesOf(devices: Devices, ownTotals: () => Totals): () => readonly Share[] {
  let shares: readonly Share[] = []
  let told: readonly Remote[] = []
  return () => {
    const [device, totals, remotes] = [devices.self(), ownTotals(), devices.remotes()]
    // The same list as long as nothing changed: what was made of it is found again.
    if (shares[0]?.device === device && shares[0].totals === totals && told === remotes) return shares
    told = remotes
    shares = [
      { device, totals },
      ...remotes.map((remote) => ({ device: remote.facts, totals: remote.totals })),
    ]
    return shares
  }
}

/** Null while it is closed. */
function lanDoor(devices: Devices): LanDoor | null {
  const { open, port } = devices.sharing()
  const { id } = devices.self()
  return open && port !== null && id !== null ? { port, fingerprint: id } : null
}
