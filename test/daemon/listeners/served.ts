// A real control listener on a real socket in this process, with views whose numbers the test holds.
import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { pathsOf } from '../../../src/contract/paths.ts'
import type { Summary, SummaryParams } from '../../../src/contract/usage.ts'
import { createBus } from '../../../src/daemon/bus.ts'
import { NOTHING } from '../../../src/daemon/devices/devices.ts'
import { type ControlContext, listenControl } from '../../../src/daemon/listeners/control.ts'
import { createDispatcher } from '../../../src/daemon/listeners/dispatcher.ts'
import { createFeeds } from '../../../src/daemon/listeners/feeds.ts'
import { daemonStatus } from '../../../src/daemon/methods/daemon.ts'
import { glanceNow } from '../../../src/daemon/methods/glance.ts'
import type { Handlers } from '../../../src/daemon/methods/handlers.ts'
import { createHandlers } from '../../../src/daemon/methods/methods.ts'
import type { Parts } from '../../../src/daemon/methods/parts.ts'
import { Requests } from '../../../src/daemon/requests/requests.ts'
import { createLog } from '../../../src/daemon/store/log.ts'
import { Ledger } from '../../../src/daemon/usage/ledger/ledger.ts'
import type { Usage } from '../../../src/daemon/usage/usage.ts'
import { Snapshots } from '../../../src/daemon/views/snapshots.ts'
import { Sum } from '../../../src/daemon/views/sum.ts'
import type { Views } from '../../../src/daemon/views/views.ts'
import { type Teardown, temporaryFolder } from '../../harness/daemon.ts'
import { glanceWith } from '../../harness/glance.ts'

/** Views whose one summary the test holds. */
export interface FakeViews extends Views {
  calls: number
  summaries: number
  glances: number
  /** How long computing one takes, in milliseconds. */
  costMs: number
  /** Makes a value as large as a slow reader needs. */
  padding: string
}

const noSnapshot = () => {
  throw new Error('no snapshot here')
}

export function fakeViews(): FakeViews {
  const fake: FakeViews = {
    calls: 0,
    summaries: 0,
    glances: 0,
    costMs: 0,
    padding: '',
    summary(params: SummaryParams): Summary {
      fake.summaries++
      const startedAt = performance.now()
      while (performance.now() - startedAt < fake.costMs);
      const timeZone = params.timeZone ?? 'UTC'
      const figures = { calls: fake.calls, sessions: null, tokens: null, webSearches: null, costUSD: null }
      return {
        range: { since: null, until: '2026-01-01T00:00:00Z', timeZone },
        by: [],
        rows: fake.padding === '' ? [] : [{ ...figures, model: fake.padding }],
        total: figures,
        devices: [],
        unpriced: [],
      }
    },
    snapshots: new Snapshots(noSnapshot, Date.now),
    unnamed: () => fake,
    nameShown: () => 'this device',
    deviceFacts: () => [],
    settle: async () => undefined,
    history: () => ({ groups: [], total: new Sum(), unpriced: [] }),
    checks: async () => [],
    plans: () => ({ plans: [] }),
    budgets: () => ({ timeZone: 'UTC', budgets: [], missing: [] }),
    glance(_timeZone, { ready, requests }) {
      fake.glances++
      const today = { calls: fake.calls, tokens: 10 * fake.calls, costUSD: fake.calls }
      const waiting = requests.map(({ id, kind }) => ({ id, kind, says: 'somebody' }))
      return glanceWith({ ready, today, waiting })
    },
    devices: () => ({ devices: [], total: { today: NOTHING, month: NOTHING, all: NOTHING } }),
  }
  return fake
}

/** Usage that has read nothing and is ready. */
export function idleUsage(): Usage {
  const totals = new Ledger()
  return {
    start: async () => undefined,
    stop: async () => undefined,
    totals: () => totals,
    sources: () => [],
    isComplete: () => true,
    rescan: async () => ({ files: 0, changed: 0, lines: 0, tookMs: 0 }),
    state: () => ({ ready: true, files: 1, bytes: 2, lines: 3, rejected: 0, tookMs: 4, progress: null }),
    checks: async () => [],
    activity: () => ({ activeSessions: 0, newestAt: new Map(), unreadable: new Set() }),
    logs: () => [],
  }
}

export interface ServedOptions {
  readonly handlers?: Partial<Handlers>
  readonly callMs?: number
  readonly timeouts?: NonNullable<ControlContext['timeouts']>
  readonly followers?: NonNullable<ControlContext['followers']>
}

/** What is computed is there; every other part of the daemon says that it is not. */
export function partsWith(views: Views, usage: Usage): Parts {
  const none = (what: string) => () => Promise.reject(new Error(`no ${what} here`))
  return {
    version: '1.2.3',
    paths: { socket: '/s' } as Parts['paths'],
    deviceName: () => 'desk',
    startedAt: '2026-01-01T00:00:00Z',
    requests: new Requests(() => undefined),
    usageIfLoaded: () => usage,
    usage: async () => usage,
    devicesIfLoaded: () => undefined,
    devices: none('devices'),
    audit: none('audit log'),
    tokens: none('tokens'),
    access: none('access'),
    logins: none('logins'),
    vault: none('vault'),
    transfers: none('transfers'),
    displays: none('displays'),
    web: () => ({ url: null, port: null, lan: false, plainHttp: false, plainHttpPort: null, problem: null }),
    launch: none('web listener'),
    certificate: none('web listener'),
    views: async () => views,
    quotas: none('quotas'),
    alerts: none('alerts'),
    doctor: async () => ({ run: async () => [] }),
    problems: () => 0,
    stop: () => undefined,
  }
}

export async function served(t: Teardown, options: ServedOptions = {}) {
  const folder = temporaryFolder(t)
  const paths = pathsOf({ env: { TALLYD_HOME: folder }, home: folder, platform: 'linux' })
  const views = fakeViews()
  const usage = idleUsage()
  const bus = createBus()
  const log = createLog('off')
  const calls = new EventEmitter<{ stop: [] }>()
  const parts: Parts = {
    ...partsWith(views, usage),
    paths,
    requests: new Requests(() => bus.emit('requestsChanged')),
    stop: () => calls.emit('stop'),
  }
  const compute = (wanted: { event: string; params?: SummaryParams }) => {
    if (wanted.event === 'status.changed') return daemonStatus(parts)
    if (wanted.event === 'glance.changed') return glanceNow(parts, views, 'UTC')
    return views.summary(wanted.params ?? {})
  }
  const feeds = createFeeds({ bus, log, compute })
  const { callMs, followers, timeouts } = options
  const handlers: Handlers = { ...createHandlers(parts), ...options.handlers }
  const dispatcher = createDispatcher({ handlers, log, ...(callMs === undefined ? {} : { callMs }) })
  const path = join(folder, 'tallyd.sock')
  const listener = await listenControl({
    path,
    dispatcher,
    feeds,
    log,
    loaded: async () => undefined,
    metrics: async (format) => `# ${format}\n`,
    ...(timeouts === undefined ? {} : { timeouts }),
    ...(followers === undefined ? {} : { followers }),
  })
  t.teardown(() => {
    feeds.close()
    return listener.close()
  })
  return { path, views, bus, feeds, listener, dispatcher, requests: parts.requests }
}
