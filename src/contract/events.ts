// events.*: subscriptions over the WebSocket. A notification carries the whole current value, so a reader
// that is slow or was away needs nothing but the newest one.
import { type Static, Type } from 'typebox'
import { AuditList } from './audit.ts'
import { BudgetList } from './budgets.ts'
import { Status } from './daemon.ts'
import { DisplayPairingShown } from './displays.ts'
import { Glance, GlanceParams } from './glance.ts'
import { LoginList } from './logins.ts'
import { method } from './method.ts'
import { Pairing } from './pairing.ts'
import { QuotaList } from './quotas.ts'
import { RequestList } from './requests.ts'
import { TransferList } from './transfers.ts'
import { Summary, SummaryParams } from './usage.ts'

/** Past-tense events, the parameters they take, and the value that each notification carries. */
export const EVENTS = {
  'usage.changed': {
    summary: 'Totals changed; the value is a usage.summary of `params`.',
    params: SummaryParams,
    value: Summary,
  },
  'glance.changed': {
    summary: 'What a status bar shows changed; the value is a views.glance of `params`.',
    params: GlanceParams,
    value: Glance,
  },
  'status.changed': {
    summary: 'The index progressed or the daemon became ready; the value is a daemon.status.',
    params: Type.Object({}, { additionalProperties: false }),
    value: Status,
  },
  'pairing.changed': {
    summary: 'An invitation was opened, used, tried or ended; the value is a pairing.show.',
    params: Type.Object({}, { additionalProperties: false }),
    value: Pairing,
  },
  'audit.added': {
    summary:
      'Something was recorded; the value is the newest entries since the start, at most 50, oldest first.',
    params: Type.Object({}, { additionalProperties: false }),
    value: AuditList,
  },
  'requests.changed': {
    summary: 'Something waits, or waits no more; the value is a requests.list.',
    params: Type.Object({}, { additionalProperties: false }),
    value: RequestList,
  },
  'logins.changed': {
    summary: 'A login was asked for, given, refused or ended; the value is a logins.list.',
    params: Type.Object({}, { additionalProperties: false }),
    value: LoginList,
  },
  'budgets.changed': {
    summary: 'More was spent of a budget, or a threshold was crossed; the value is a budgets.list.',
    params: Type.Object({}, { additionalProperties: false }),
    value: BudgetList,
  },
  'quotas.changed': {
    summary: 'A window of an account was observed, or was reset; the value is a quotas.list.',
    params: Type.Object({}, { additionalProperties: false }),
    value: QuotaList,
  },
  'displays.changed': {
    summary: 'A window for a display was opened, tried or ended; the value is a displays.show.',
    params: Type.Object({}, { additionalProperties: false }),
    value: DisplayPairingShown,
  },
  'transfers.changed': {
    summary: 'A transfer was offered, taken, tried or ended; the value is a transfers.list.',
    params: Type.Object({}, { additionalProperties: false }),
    value: TransferList,
  },
} as const

export const Subscribe = Type.Union([
  Type.Object(
    { event: Type.Literal('usage.changed'), params: Type.Optional(SummaryParams) },
    { additionalProperties: false },
  ),
  Type.Object(
    { event: Type.Literal('glance.changed'), params: Type.Optional(GlanceParams) },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      event: Type.Literal('status.changed'),
      params: Type.Optional(Type.Object({}, { additionalProperties: false })),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      event: Type.Literal('requests.changed'),
      params: Type.Optional(Type.Object({}, { additionalProperties: false })),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      event: Type.Literal('pairing.changed'),
      params: Type.Optional(Type.Object({}, { additionalProperties: false })),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      event: Type.Literal('logins.changed'),
      params: Type.Optional(Type.Object({}, { additionalProperties: false })),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      event: Type.Literal('budgets.changed'),
      params: Type.Optional(Type.Object({}, { additionalProperties: false })),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      event: Type.Literal('quotas.changed'),
      params: Type.Optional(Type.Object({}, { additionalProperties: false })),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      event: Type.Literal('displays.changed'),
      params: Type.Optional(Type.Object({}, { additionalProperties: false })),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      event: Type.Literal('transfers.changed'),
      params: Type.Optional(Type.Object({}, { additionalProperties: false })),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      event: Type.Literal('audit.added'),
      params: Type.Optional(Type.Object({}, { additionalProperties: false })),
    },
    { additionalProperties: false },
  ),
])

export const eventsMethods = {
  'events.subscribe': method({
    summary:
      'Sends the value now and again whenever it changes, as notifications `events.changed` {subscription, event, value}.',
    params: Subscribe,
    result: Type.Object({
      subscribed: Type.Object({ subscription: Type.Integer({ minimum: 1 }), event: Type.String() }),
    }),
    errors: [
      'needsSubscription',
      'notAllowed',
      'tooMany',
      'invalidParams',
      'unknownTimeZone',
      'invalidRange',
    ],
    askers: ['owner', 'launch', 'token'],
    scope: 'any',
    needsSubscription: true,
    example: { params: { event: 'usage.changed', params: { range: 'today' } } },
  }),
  'events.unsubscribe': method({
    summary: 'Ends a subscription of this connection.',
    params: Type.Object({ subscription: Type.Integer({ minimum: 1 }) }, { additionalProperties: false }),
    result: Type.Object({
      unsubscribed: Type.Object({ subscription: Type.Integer(), existed: Type.Boolean() }),
    }),
    errors: ['needsSubscription'],
    askers: ['owner', 'launch', 'token'],
    scope: 'any',
    needsSubscription: true,
    example: { params: { subscription: 1 } },
  }),
} as const

export type EventName = keyof typeof EVENTS
export type Subscribe = Static<typeof Subscribe>
