// A household in which every name, address and sentence about a device holds a canary, with the real handlers, views and feeds over it.
import { EventEmitter } from 'node:events'
import type { WebSocket } from 'ws'
import type { EventName } from '../../src/contract/events.ts'
import type { IdentityMode } from '../../src/contract/identity-modes.ts'
import type { MethodName } from '../../src/contract/methods.ts'
import { createBus } from '../../src/daemon/bus.ts'
import type { DeviceFacts } from '../../src/daemon/devices/devices.ts'
import { serveConnection } from '../../src/daemon/listeners/connection.ts'
import { createDispatcher } from '../../src/daemon/listeners/dispatcher.ts'
import { createFeeds } from '../../src/daemon/listeners/feeds.ts'
import { jsonText } from '../../src/daemon/listeners/json-text.ts'
import { eventValue, type ValueSources } from '../../src/daemon/methods/event-values.ts'
import type { AskerIdentity } from '../../src/daemon/methods/handlers.ts'
import { createHandlers } from '../../src/daemon/methods/methods.ts'
import type { Parts } from '../../src/daemon/methods/parts.ts'
import type { Requests } from '../../src/daemon/requests/requests.ts'
import { createMetrics } from '../../src/daemon/sinks/metrics.ts'
import { createLog } from '../../src/daemon/store/log.ts'
import { quarterOf } from '../../src/daemon/tallies/quarters.ts'
import { createViews } from '../../src/daemon/views/views.ts'
import type { Teardown } from '../harness/daemon.ts'
import { deviceFacts } from '../harness/device-facts.ts'
import { NO_SNAPSHOT } from '../harness/no-snapshot.ts'
import { desk } from './access/desk.ts'
import { totalsOf } from './devices/made-totals.ts'
import { idleUsage } from './listeners/served.ts'

export const CANARY = 'qanary'
const NOW = Date.parse('2026-11-20T13:00:00Z')

export function token(identity: IdentityMode): AskerIdentity {
  const scopes = ['admin', 'requests:approve'] as const
  return { kind: 'token', id: '0a1b2c3d', member: 'ann', scopes, identity, address: '192.0.2.9' }
}

/** Asked with what is wrong. */
export const SOME_ERRORS: readonly (readonly [MethodName, object])[] = [
  ['usage.summary', { range: 'all', agents: ['nobody'] }],
  ['usage.summary', { range: 'all', timeZone: 'No/Where' }],
  ['devices.list', { timeZone: 'No/Where' }],
  ['requests.approve', { code: 'WDJBMJHT', member: 'nobody' }],
  ['requests.approve', { id: 'x', on: `studio` }],
  ['requests.deny', { id: 'x' }],
  ['tokens.revoke', { id: 'ffffffff' }],
  ['members.remove', { member: 'nobody' }],
  ['audit.list', { since: '2026-99-99T00:00:00Z' }],
  ['devices.rename', { device: 'device 2', name: 'x' }],
]

export function household(t: Teardown) {
  const { access, tokens, requests: waiting } = desk(t)
  const says = `no answer at ${CANARY}.example`
  const away = {
    freshness: 'cached',
    asOf: '2026-11-20T12:00:00.000Z',
    address: `${CANARY}.example:4765`,
  } as const
  const problem = { code: 'unreachable', says, since: '2026-11-20T12:00:00.000Z' }
  const self = deviceFacts(`${CANARY}-desk`, {
    id: 'c'.repeat(64),
    self: true,
    state: 'self',
    direction: null,
  })
  let laptop: DeviceFacts = deviceFacts(`${CANARY}-laptop`, { id: 'a'.repeat(64), ...away, problem })
  const studio = deviceFacts(`${CANARY}-studio`, { id: 'b'.repeat(64), rights: ['requests:approve'] })
  const totals = [3, 5, 7].map((calls) =>
    totalsOf([{ quarter: quarterOf(NOW), agent: 'codex', model: 'm', activity: 0, band: 0, calls }]),
  )
  const list = () => [self, laptop, studio]
  let shares = list().map((device, at) => ({ device, totals: totals[at]! }))
  const quota = {
    agent: 'codex',
    account: null,
    kind: 'weekly' as const,
    label: 'week',
    windowSeconds: 604_800,
    usedPercent: 41,
    resetAt: null,
    observedAt: '2026-11-20T12:00:00.000Z',
    device: laptop.name,
  }
  const views = createViews({
    config: { budgets: { daily: 10 } },
    now: () => NOW,
    devices: list,
    shares: () => shares,
    snapshot: {
      ...NO_SNAPSHOT,
      quotas: () => [quota],
      account: () => ({ email: `${CANARY}@${CANARY}.example`, plan: 'max' }),
    },
  })
  const entry = {
    seq: 1,
    at: '2026-11-20T12:00:00Z',
    what: 'paired',
    subject: { id: 'a'.repeat(64), name: laptop.name, address: `${CANARY}.example` },
    detail: `by ${CANARY}`,
    count: 1,
    since: null,
  }
  const audit = { list: async () => [entry], newest: () => [entry], verify: async () => ({ intact: true }) }
  const alerts = { list: () => ({ ...views.budgets(), budgets: [] }) }
  const [bus, log, usage] = [createBus(), createLog('off'), idleUsage()]
  const none = () => Promise.reject(new Error('not here'))
  const parts = {
    version: '0.0.0',
    startedAt: '2026-11-20T12:00:00Z',
    deviceName: () => self.name,
    requests: waiting as Requests,
    usageIfLoaded: () => usage,
    usage: async () => usage,
    devicesIfLoaded: () => ({ self: () => self }),
    devices: async () => ({ list }),
    audit: async () => audit,
    tokens: async () => tokens,
    access: async () => access,
    views: async () => views,
    quotas: async () => ({ list: () => [quota] }),
    alerts: async () => alerts,
    logins: none,
    displays: none,
  } as unknown as Parts
  const sources = {
    parts,
    audit,
    alerts,
    views,
    quotas: { list: () => [quota] },
    devices: {},
  } as unknown as ValueSources
  const dispatcher = createDispatcher({ handlers: createHandlers(parts), log })
  const feeds = createFeeds({ bus, log, compute: (wanted, isNamed) => eventValue(wanted, isNamed, sources) })
  t.teardown(() => feeds.close())
  const subscriptions = { subscribe: async () => 1, unsubscribe: () => true }
  return {
    /** The answer as text. */
    ask: async (method: MethodName, params: object, asker: AskerIdentity): Promise<string> =>
      (await dispatcher.answer(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), {
        asker,
        subscriptions,
      })) ?? '',
    value: (event: EventName, isNamed: boolean) => jsonText(eventValue({ event } as never, isNamed, sources)),
    /** What a connection of `asker` is sent first. */
    async subscribed(event: EventName, asker: AskerIdentity): Promise<string> {
      const sent: string[] = []
      const socket = Object.assign(new EventEmitter(), {
        OPEN: 1,
        readyState: 1,
        bufferedAmount: 0,
        send(text: string, ...more: unknown[]) {
          sent.push(text)
          const done = more.find((each) => typeof each === 'function') as (() => void) | undefined
          done?.()
        },
        pause: () => undefined,
        resume: () => undefined,
        terminate: () => undefined,
      })
      const pulse = { stop: () => undefined } as never
      serveConnection(socket as unknown as WebSocket, {
        asker,
        dispatcher,
        feeds,
        pulse,
        loaded: async () => undefined,
      })
      const call = { jsonrpc: '2.0', id: 1, method: 'events.subscribe', params: { event } }
      socket.emit('message', JSON.stringify(call), false)
      for (let turns = 0; sent.length < 2 && turns < 1_000; turns++) await new Promise(setImmediate)
      socket.emit('close')
      return JSON.stringify(JSON.parse(sent[1] ?? 'null')?.params.value)
    },
    metrics: (isNamed: boolean) => {
      const shown = isNamed ? views : views.unnamed()
      const { deviceFacts: devices, history } = shown
      return createMetrics({
        version: '0',
        usage,
        requests: waiting,
        problems: () => 0,
        devices,
        history,
      }).text('classic')
    },
    /** The laptop gets another name. */
    rename(name: string) {
      laptop = { ...laptop, name }
      shares = list().map((device, at) => ({ device, totals: totals[at]! }))
      quota.device = name
    },
  }
}
