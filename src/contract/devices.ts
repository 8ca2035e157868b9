// devices.*: the devices of one person, what they spent, and what each may see.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'
import { displayed } from './money.ts'
import { Direction } from './pairing.ts'
import { RIGHTS } from './right-words.ts'
import { UsageAnswer } from './wire.ts'
import { FRESHNESSES } from './words.ts'

const count = Type.Integer({ minimum: 0 })
/** A name, an id, the first eight or more digits of an id, or `self`. */
const device = Type.String({ minLength: 1, maxLength: 64 })
/** What a paired device can be given beside numbers. */
const right = Type.Enum([...RIGHTS])
const named = Type.Object({ id: Type.String(), name: Type.String() })

export const Spent = Type.Object({
  calls: count,
  tokens: count,
  costUSD: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
})

const spans = { today: Spent, month: Spent, all: Spent }

/** Why a device's numbers are not live. */
export const Problem = Type.Object({
  code: Type.String({
    description: 'a stable word, such as unreachable, wrongCertificate, halfPaired, unpairedThere',
  }),
  says: Type.String(),
  since: Type.String(),
})

export const DeviceRow = Type.Object({
  id: Type.Union([Type.String(), Type.Null()]),
  name: Type.String(),
  self: Type.Boolean(),
  state: Type.Enum(['self', 'paired', 'unpaired', 'blocked']),
  direction: Type.Union([Direction, Type.Null()], {
    description: 'mutual; read: only its totals come here; give: only ours go there; null for this device',
  }),
  freshness: Type.Enum(FRESHNESSES),
  asOf: Type.Union([Type.String(), Type.Null()]),
  problem: Type.Union([Problem, Type.Null()]),
  address: Type.Union([Type.String(), Type.Null()]),
  rights: Type.Optional(
    Type.Array(Type.String(), { description: 'what it may do here besides; absent where it has none' }),
  ),
  ...spans,
})

export const devicesMethods = {
  'devices.list': method({
    summary: 'Every device with what it spent today, this month and ever, and the total of all.',
    params: Type.Object(
      { timeZone: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })) },
      { additionalProperties: false },
    ),
    result: Type.Object({ devices: Type.Array(DeviceRow), total: Type.Object(spans), ...displayed }),
    errors: ['unknownTimeZone'],
    askers: ['owner', 'launch', 'token'],
    scope: 'usage:read',
    example: { params: { timeZone: 'UTC' } },
  }),
  'devices.rename': method({
    summary: 'Gives a device another name here; `self` names this device, for those paired with it too.',
    params: Type.Object(
      { device, name: Type.String({ minLength: 1, maxLength: 64 }) },
      { additionalProperties: false },
    ),
    result: Type.Object({
      renamed: Type.Object({ id: Type.Union([Type.String(), Type.Null()]), name: Type.String() }),
    }),
    errors: ['noSuchDevice', 'nameTaken', 'setByConfig', 'stateUnwritable'],
    askers: ['owner', 'launch'],
    example: { params: { device: 'self', name: 'desk' }, note: 'not run by the example test' },
  }),
  'devices.unpair': method({
    summary: 'Ends the trust in a device at once, here and, as soon as it is seen, there. Its history stays.',
    params: Type.Object({ device }, { additionalProperties: false }),
    result: Type.Object({ unpaired: named }),
    errors: ['noSuchDevice', 'stateUnwritable'],
    askers: ['owner', 'launch'],
    example: { params: { device: 'laptop' }, note: 'not run by the example test' },
  }),
  'devices.block': method({
    summary:
      'Ends the trust in a device without telling it; its connections are closed without an answer from now on.',
    params: Type.Object({ device }, { additionalProperties: false }),
    result: Type.Object({ blocked: named }),
    errors: ['noSuchDevice', 'stateUnwritable'],
    askers: ['owner', 'launch'],
    example: { params: { device: 'laptop' }, note: 'not run by the example test' },
  }),
  'devices.unblock': method({
    summary:
      'Makes a blocked device a stranger again, which may be paired. One that was forgotten is named by its id.',
    params: Type.Object({ device }, { additionalProperties: false }),
    result: Type.Object({ unblocked: named }),
    errors: ['noSuchDevice', 'stateUnwritable'],
    askers: ['owner', 'launch'],
    example: { params: { device: 'laptop' }, note: 'not run by the example test' },
  }),
  'devices.forget': method({
    summary: 'Ends the trust in a device and drops its history here; that it was unpaired stays known.',
    params: Type.Object({ device }, { additionalProperties: false }),
    result: Type.Object({ forgotten: named }),
    errors: ['noSuchDevice', 'stateUnwritable'],
    askers: ['owner'],
    example: { params: { device: 'laptop' }, note: 'not run by the example test' },
  }),
  'devices.merge': method({
    summary:
      'Counts the history of `old` as that of `new` on this device, buckets that both have once, and ends the trust in `old`.',
    params: Type.Object({ old: device, new: device }, { additionalProperties: false }),
    result: Type.Object({ merged: Type.Object({ from: named, into: named }) }),
    errors: ['noSuchDevice', 'invalidParams', 'stateUnwritable'],
    askers: ['owner'],
    example: { params: { old: 'laptop', new: 'studio' }, note: 'not run by the example test' },
  }),
  'devices.grant': method({
    summary: 'Gives a paired device the right to answer those who want to enrol here.',
    params: Type.Object({ device, right: right }, { additionalProperties: false }),
    result: Type.Object({ granted: named }),
    errors: ['noSuchDevice', 'stateUnwritable'],
    askers: ['owner'],
    example: {
      params: { device: 'laptop', right: 'requests:approve' },
      note: 'not run by the example test',
    },
  }),
  'devices.ungrant': method({
    summary: 'Takes that right back at once.',
    params: Type.Object({ device, right: right }, { additionalProperties: false }),
    result: Type.Object({ ungranted: named }),
    errors: ['noSuchDevice', 'stateUnwritable'],
    askers: ['owner'],
    example: {
      params: { device: 'laptop', right: 'requests:approve' },
      note: 'not run by the example test',
    },
  }),
  'devices.preview': method({
    summary: 'What a paired device would receive if it asked for everything: that and nothing else leaves.',
    params: Type.Object({ device: Type.Optional(device) }, { additionalProperties: false }),
    result: Type.Object({ preview: UsageAnswer }),
    errors: ['noSuchDevice'],
    askers: ['owner'],
    example: { params: {} },
  }),
} as const

export type DeviceRow = Static<typeof DeviceRow>
export type Spent = Static<typeof Spent>
export type Problem = Static<typeof Problem>
