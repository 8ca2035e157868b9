// views.snapshot: what a display shows, in the shape that displays of CodexBar's dashboard know, with what is ours beside it.
// docs/snapshot.md tells every field.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'
import { displayed } from './money.ts'
import { IdentityMode } from './tokens.ts'
import { FRESHNESSES } from './words.ts'

const count = Type.Integer({ minimum: 0 })
const textOrNull = Type.Union([Type.String(), Type.Null()])
const dollars = Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
  description: 'US dollars; null where nothing in it has a price',
})
const percent = Type.Number({ minimum: 0, maximum: 100 })

const Spent = Type.Object({
  costUSD: dollars,
  tokens: count,
  calls: count,
  unpricedTokens: Type.Integer({ minimum: 0, description: 'of models without a price; they are in no cost' }),
})

const Window = Type.Object({
  kind: Type.String({ description: 'session, weekly or other' }),
  label: Type.String(),
  usedPercent: percent,
  remainingPercent: percent,
  resetAt: textOrNull,
  windowSeconds: Type.Integer({ minimum: 60 }),
  usageKnown: Type.Boolean({
    description:
      'false once the window was reset since it was observed: usedPercent is then 0 for want of a better number',
  }),
  observedAt: Type.String(),
})

export const Snapshot = Type.Object({
  ...displayed,
  schemaVersion: Type.Literal(1),
  generatedAt: Type.String(),
  staleAfterSeconds: Type.Integer({ minimum: 180 }),
  nextPollSeconds: Type.Integer({ minimum: 5, description: 'when it is worth asking again' }),
  host: Type.Object({
    codexBarVersion: Type.String({ description: 'the version of tallyd, where displays look for a version' }),
    refreshIntervalSeconds: Type.Integer({ minimum: 5 }),
    usageBarsShowUsed: Type.Boolean(),
    service: Type.Literal('tallyd'),
    timeZone: Type.String({ description: 'whose midnight ends today' }),
  }),
  providers: Type.Array(
    Type.Object({
      id: Type.String({ description: 'claude, codex; else the name of the agent' }),
      name: Type.String(),
      agent: Type.String(),
      enabled: Type.Boolean(),
      source: Type.Literal('logs'),
      updatedAt: textOrNull,
      status: Type.Null({ description: 'no provider is asked' }),
      identity: Type.Union([Type.Object({ accountEmail: textOrNull, plan: textOrNull }), Type.Null()]),
      windows: Type.Array(Window),
      credits: Type.Null(),
      cost: Type.Object({ todayUSD: dollars, last30DaysUSD: dollars }),
      display: Type.Object({
        accentColor: Type.String({ pattern: '^#[0-9A-F]{6}$' }),
        sortKey: count,
        priority: Type.Literal('normal'),
      }),
      error: textOrNull,
    }),
  ),
  sessions: Type.Object({
    startedToday: Type.Integer({ minimum: 0, description: 'on all devices' }),
    active: Type.Integer({
      minimum: 0,
      description: 'on this device: with a call within the last 5 minutes',
    }),
  }),
  devices: Type.Array(
    Type.Object({
      name: Type.String({
        description:
          'its name where the identity mode is full; else `this device`, `device 2`, … (docs/tokens.md)',
      }),
      self: Type.Boolean(),
      freshness: Type.Enum(FRESHNESSES),
      asOf: textOrNull,
      todayUSD: dollars,
    }),
  ),
  totals: Type.Object({ today: Spent, month: Spent, last30Days: Spent, all: Spent }),
})

/** The same for a microcontroller: flat, at most 1 kB. The only text is `currency`, where the config names one. */
export const MiniSnapshot = Type.Record(
  Type.String(),
  Type.Union([Type.Number(), Type.String(), Type.Null()]),
)

export const snapshotMethods = {
  'views.snapshot': method({
    summary: 'What displays are shown: the answer of GET /dashboard/v1/snapshot.',
    params: Type.Object(
      { identity: Type.Optional(IdentityMode), view: Type.Optional(Type.Enum(['full', 'mini'])) },
      { additionalProperties: false },
    ),
    result: Type.Union([Snapshot, MiniSnapshot]),
    errors: [],
    askers: ['owner', 'launch', 'token'],
    scope: 'dashboard:read',
    example: { params: { identity: 'none' } },
  }),
} as const

export type Snapshot = Static<typeof Snapshot>
export type MiniSnapshot = Static<typeof MiniSnapshot>
