// usage.*: totals, and where they come from.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'
import { displayed } from './money.ts'
import { ACTIVITIES, FRESHNESSES, GROUPINGS, RANGES } from './words.ts'

export * from './words.ts'

const name = Type.String({ minLength: 1, maxLength: 200 })
const names = Type.Array(name, { maxItems: 50 })
const moment = Type.String({
  minLength: 2,
  maxLength: 40,
  description: 'a local date YYYY-MM-DD, an RFC 3339 time, or a number of days back such as 7d',
})
const count = Type.Integer({ minimum: 0 })

export const SummaryParams = Type.Object(
  {
    range: Type.Optional(Type.Enum(RANGES)),
    since: Type.Optional(moment),
    until: Type.Optional(moment),
    timeZone: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: "IANA name; the daemon's own if absent" }),
    ),
    by: Type.Optional(Type.Array(Type.Enum(GROUPINGS), { maxItems: 4, uniqueItems: true })),
    agents: Type.Optional(names),
    models: Type.Optional(names),
    devices: Type.Optional(names),
  },
  { additionalProperties: false },
)

export const Tokens = Type.Object({
  input: count,
  output: count,
  cacheRead: count,
  cacheWrite5m: count,
  cacheWrite1h: count,
  reasoning: Type.Integer({ minimum: 0, description: 'part of output' }),
})

const figures = {
  calls: count,
  sessions: Type.Union([count, Type.Null()]),
  tokens: Type.Union([Tokens, Type.Null()]),
  webSearches: Type.Union([count, Type.Null()]),
  costUSD: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
    description: 'null where nothing in the row has a price, and in rows by tool',
  }),
}

export const Figures = Type.Object(figures)

export const Row = Type.Object({
  day: Type.Optional(Type.String({ description: "YYYY-MM-DD in the asker's zone" })),
  hour: Type.Optional(Type.String({ description: "RFC 3339 start of the hour, with the zone's offset" })),
  agent: Type.Optional(Type.String()),
  model: Type.Optional(Type.String()),
  activity: Type.Optional(Type.Enum(ACTIVITIES)),
  tool: Type.Optional(Type.String()),
  device: Type.Optional(Type.String()),
  ...figures,
})

export const Summary = Type.Object({
  range: Type.Object({
    since: Type.Union([Type.String(), Type.Null()], {
      description: 'RFC 3339, inclusive; null for all history that is empty',
    }),
    until: Type.String({ description: 'RFC 3339, exclusive' }),
    timeZone: Type.String(),
  }),
  by: Type.Array(Type.Enum(GROUPINGS)),
  rows: Type.Array(Row),
  total: Figures,
  devices: Type.Array(
    Type.Object({
      id: Type.Union([Type.String(), Type.Null()]),
      name: Type.String(),
      self: Type.Boolean(),
      freshness: Type.Enum(FRESHNESSES),
      asOf: Type.Union([Type.String(), Type.Null()]),
      state: Type.Optional(Type.Enum(['self', 'paired', 'unpaired', 'blocked'])),
    }),
  ),
  sameLogs: Type.Optional(
    Type.Array(
      Type.Object({
        devices: Type.Array(Type.String(), { minItems: 2, maxItems: 2 }),
        buckets: Type.Integer({ minimum: 1 }),
      }),
      {
        description:
          'names of devices that hold the very same buckets: the same logs are counted on both; looked at every few minutes',
      },
    ),
  ),
  ...displayed,
  unpriced: Type.Array(
    Type.Object({ agent: Type.String(), model: Type.String(), calls: count, tokens: count }),
  ),
})

export const SourceReport = Type.Object({
  agent: Type.String(),
  folders: Type.Array(
    Type.Object({
      path: Type.String(),
      origin: Type.Enum(['default', 'environment', 'config']),
      state: Type.Enum(['read', 'absent', 'unreadable']),
    }),
  ),
  files: count,
  bytes: count,
  lines: count,
  rejected: Type.Array(
    Type.Object({
      reason: Type.String(),
      lines: count,
      example: Type.Object({ file: Type.String(), line: Type.Integer({ minimum: 1 }) }),
    }),
  ),
  unreadable: Type.Array(Type.Object({ path: Type.String(), code: Type.String() })),
  newestAt: Type.Union([Type.String(), Type.Null()]),
})

export const usageMethods = {
  'usage.summary': method({
    summary:
      'Totals over a range of time, grouped as asked, with money at the prices valid when it was spent.',
    params: SummaryParams,
    result: Summary,
    errors: ['invalidParams', 'unknownTimeZone', 'invalidRange'],
    askers: ['owner', 'launch', 'token'],
    scope: 'usage:read',
    example: { params: { range: 'week', by: ['day'], timeZone: 'UTC' } },
  }),
  'usage.sources': method({
    summary:
      'What was read for each agent: folders, files, lines, rejected lines with the first example of each reason.',
    params: Type.Object({}, { additionalProperties: false }),
    result: Type.Object({ sources: Type.Array(SourceReport) }),
    errors: [],
    askers: ['owner', 'launch'],
    example: { params: {} },
  }),
  'usage.rescan': method({
    summary:
      'Looks at every log file now instead of at the next turn, and returns when what is new has been counted.',
    params: Type.Object({}, { additionalProperties: false }),
    result: Type.Object({
      rescanned: Type.Object({
        files: count,
        changed: count,
        lines: count,
        tookMs: Type.Number({ minimum: 0 }),
      }),
    }),
    errors: ['stateUnwritable'],
    askers: ['owner'],
    example: { params: {} },
  }),
} as const

export type SummaryParams = Static<typeof SummaryParams>
export type Summary = Static<typeof Summary>
export type Row = Static<typeof Row>
export type Figures = Static<typeof Figures>
export type SourceReport = Static<typeof SourceReport>
export type Grouping = (typeof GROUPINGS)[number]
export type RangeName = (typeof RANGES)[number]
export type Activity = (typeof ACTIVITIES)[number]
