// What travels between paired devices: the one allow-list, used by the sender to build and by the receiver to check. What
// is not named here does not leave a device. docs/wire.md explains it; docs/decisions has why it is arrays.
import { type Static, Type } from 'typebox'

/** Version of everything in this file; a device that does not know a version says so and keeps what it has. */
export const WIRE_VERSION = 1

/** Bounds of one answer; real histories of three years have about 25,000 buckets and 20 names. */
export const WIRE = {
  /** Bytes of an answer's body. */
  bytes: 32 * 1024 * 1024,
  buckets: 250_000,
  toolCalls: 250_000,
  names: 5_000,
  nameLength: 100,
} as const

const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const small = Type.Integer({ minimum: 0, maximum: 0xffff_ffff })
/** Quarter-hours since 1970 from 2020 to 2120; what is later than the receiver's tomorrow it refuses besides. */
const quarter = Type.Integer({ minimum: 1_753_152, maximum: 5_259_600 })
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
  Type.Integer({ minimum: 0, maximum: 7 }),
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
    agents: Type.Array(Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }), { maxItems: 32 }),
    models: names,
    activities: Type.Array(Type.String({ pattern: '^[a-z]{1,32}$' }), { maxItems: 16 }),
    tools: names,
    buckets: Type.Array(WireBucket, { maxItems: WIRE.buckets }),
    toolCalls: Type.Array(WireToolCalls, { maxItems: WIRE.toolCalls }),
  },
  { additionalProperties: false },
)

/** What a device says over the open connection when something changed: pull again. */
export const Nudge = Type.Object({ cursor: Cursor }, { additionalProperties: false })

/** Ends a pairing from the other side. Counts only from the pinned certificate. */
export const UnpairNotice = Type.Object(
  { version: Type.Literal(WIRE_VERSION), unpair: Type.Literal(true) },
  { additionalProperties: false },
)

export type UsageAnswer = Static<typeof UsageAnswer>
export type WireBucket = Static<typeof WireBucket>
export type WireToolCalls = Static<typeof WireToolCalls>
export type Nudge = Static<typeof Nudge>
