// What travels between paired devices: the one allow-list, used by the sender to build and by the receiver to check. What
// is not named here does not leave a device. docs/wire.md explains it; docs/decisions has why it is arrays.
import { type Static, Type } from 'typebox'
import { TransferId } from './transfer-wire.ts'
import { WIRE, WIRE_VERSION } from './wire-bounds.ts'

const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const small = Type.Integer({ minimum: 0, maximum: 0xffff_ffff })
/** Any time in there is taken as told, since it cannot be known whose clock is wrong: docs/wire.md. */
const quarter = Type.Integer({ minimum: WIRE.firstQuarter, maximum: WIRE.lastQuarter })
const index = Type.Integer({ minimum: 0, maximum: WIRE.names - 1 })
const name = Type.String({ minLength: 1, maxLength: WIRE.nameLength })
const names = Type.Array(name, { maxItems: WIRE.names })

/** `<epoch>:<revision>` of the answer before; the epoch is new whenever the sender cannot tell what changed. */
export const Cursor = Type.String({ pattern: '^[A-Za-z0-9_-]{22}:[0-9]{1,15}$' })

/**
 * quarter-hour, agent, model, activity (indexes into the answer's lists), prompt band, calls, sessions, web searches, input,
 * output, cacheRead, cacheWrite5m, cacheWrite1h, reasoning. The whole bucket as it is now; all zeros where it is gone.
 */
export const WireBucket = Type.Tuple([
  quarter,
  index,
  index,
  index,
  Type.Integer({ minimum: 0, maximum: WIRE.bands - 1 }),
  small,
  small,
  small,
  count,
  count,
  count,
  count,
  count,
  count,
])

/** quarter-hour, agent, tool (indexes), calls. */
export const WireToolCalls = Type.Tuple([quarter, index, index, small])

/**
 * agent, account (a hash of agent and account id; null where it is not known), length of the window in seconds, percent of it that
 * was used, when it is reset, when that was observed; both in seconds since 1970, the first null where it was not told.
 */
export const WireQuota = Type.Tuple([
  Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }),
  Type.Union([Type.String({ pattern: '^[0-9a-f]{32}$' }), Type.Null()]),
  Type.Integer({ minimum: 60, maximum: WIRE.longestWindow }),
  Type.Number({ minimum: 0, maximum: 100 }),
  Type.Union([count, Type.Null()]),
  count,
])

export const Quotas = Type.Array(WireQuota, { maxItems: WIRE.quotas })

export const UsageAnswer = Type.Object(
  {
    version: Type.Literal(WIRE_VERSION),
    /** What the device calls itself; a suggestion, since names are the receiver's own. */
    name: Type.String({ minLength: 1, maxLength: 64 }),
    timeZone: Type.String({ minLength: 1, maxLength: 64 }),
    program: Type.String({ minLength: 1, maxLength: 32, description: 'version of tallyd' }),
    cursor: Cursor,
    /** Whether this is everything there is, and what is not in it is gone; else it is what changed. */
    whole: Type.Boolean(),
    agents: Type.Array(Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }), { maxItems: WIRE.agents }),
    models: names,
    activities: Type.Array(Type.String({ pattern: '^[a-z]{1,32}$' }), { maxItems: WIRE.activities }),
    tools: names,
    buckets: Type.Array(WireBucket, { maxItems: WIRE.buckets }),
    toolCalls: Type.Array(WireToolCalls, { maxItems: WIRE.toolCalls }),
    /** All of them, whatever changed. */
    quotas: Type.Optional(Quotas),
  },
  { additionalProperties: false },
)

/** What a device says over the open connection: something changed: pull again; or a transfer waits: fetch it. */
export const Nudge = Type.Union([
  Type.Object({ cursor: Cursor }, { additionalProperties: false }),
  Type.Object({ transfer: TransferId }, { additionalProperties: false }),
])

/** Ends a pairing from the other side. Counts only from the pinned certificate. */
export const UnpairNotice = Type.Object(
  { version: Type.Literal(WIRE_VERSION), unpair: Type.Literal(true) },
  { additionalProperties: false },
)

export type UsageAnswer = Static<typeof UsageAnswer>
export type WireBucket = Static<typeof WireBucket>
export type WireQuota = Static<typeof WireQuota>
export type WireToolCalls = Static<typeof WireToolCalls>
export type Nudge = Static<typeof Nudge>
export type Cursor = Static<typeof Cursor>
export type UnpairNotice = Static<typeof UnpairNotice>
