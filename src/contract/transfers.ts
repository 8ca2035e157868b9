// transfers.*: a secret or a configuration on its way to another device. docs/transfer.md.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'
import { Outcome } from './transfer-wire.ts'
import { CHOICES, TRANSFER, TRANSFER_END_WORDS, TRANSFER_STATES } from './transfer-words.ts'
import { DatabaseConfig, ItemName } from './vault-items.ts'

const none = Type.Object({}, { additionalProperties: false })
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()])

const id = Type.String({ pattern: '^[0-9a-f]{32}$', description: 'of a transfer' })
const Kind = Type.Enum(['secret', 'config'])
const Party = Type.Object({
  id: Type.String({ description: 'fingerprint' }),
  name: Type.String({ description: 'as it is called here; what it calls itself where it is not paired' }),
  address: Type.String(),
  paired: Type.Boolean(),
})

/** One transfer, as it is shown; never with a code or a value. */
export const Transfer = Type.Object({
  id: Type.String(),
  role: Type.Enum(['sender', 'receiver']),
  state: Type.Enum([...TRANSFER_STATES]),
  by: Type.Enum(['code', 'pairing']),
  peer: nullable(Party),
  items: Type.Integer({ minimum: 1 }),
  openedAt: Type.String(),
  expiresAt: Type.String({ description: 'of the state in which it is' }),
  attemptsLeft: Type.Integer({ minimum: 0, description: 'of a code' }),
  failed: Type.Integer({ minimum: 0, description: 'attempts that did not have the code' }),
  wrongFrom: Type.Array(Type.String({ description: 'address that tried a code and did not have it' })),
  why: nullable(Type.Enum([...TRANSFER_END_WORDS])),
  outcome: nullable(Outcome),
})

/** The value of transfers.changed. */
export const TransferList = Type.Object({ transfers: Type.Array(Transfer) })

/** One thing that came and is not stored. Of a secret only what may be seen. */
export const Arrived = Type.Object({
  kind: Kind,
  name: Type.String(),
  type: Type.String(),
  details: Type.Record(Type.String(), Type.String(), { description: 'fields that are no secrets' }),
  links: Type.Record(Type.String(), Type.String(), { description: 'role → name of a secret that came too' }),
  collision: nullable(
    Type.Object({
      type: Type.String({ description: 'of the one that is here' }),
      same: Type.Boolean({ description: 'what is here is what came' }),
      usedBy: Type.Array(Type.String({ description: 'configuration here that refers to it' })),
    }),
  ),
  notes: Type.Array(Type.String()),
})

export const Preview = Type.Object({
  id: Type.String(),
  from: Party,
  expiresAt: Type.String(),
  items: Type.Array(Arrived),
})

const Edit = Type.Object(
  {
    config: ItemName,
    name: Type.Optional(ItemName),
    description: Type.Optional(DatabaseConfig.properties.description),
    path: Type.Optional(DatabaseConfig.properties.path),
  },
  { additionalProperties: false },
)

const Decision = Type.Object(
  {
    kind: Kind,
    name: ItemName,
    choice: Type.Enum([...CHOICES]),
    as: Type.Optional(ItemName),
  },
  { additionalProperties: false },
)

export const transfersMethods = {
  'transfers.send': method({
    summary:
      'Offers secrets and configurations of the vault to a paired device, or, without `to`, to whoever types the six digits that are in the answer. Of the links of a configuration those go along whose secrets are named too.',
    params: Type.Object(
      {
        secrets: Type.Array(ItemName, { maxItems: TRANSFER.items }),
        configs: Type.Array(ItemName, { maxItems: TRANSFER.items }),
        edits: Type.Optional(Type.Array(Edit, { maxItems: TRANSFER.items })),
        to: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'a paired device' })),
        seconds: Type.Optional(
          Type.Integer({
            minimum: 5,
            maximum: TRANSFER.longestWaitSeconds,
            description: 'how long it waits; 60',
          }),
        ),
      },
      { additionalProperties: false },
    ),
    result: Type.Object({
      offered: Transfer,
      code: nullable(Type.String({ description: 'six digits' })),
      port: nullable(Type.Integer({ minimum: 1, maximum: 65_535 })),
      addresses: Type.Array(Type.String({ description: 'host:port where others can reach this device' })),
    }),
    errors: [
      'invalidParams',
      'noSuchSecret',
      'noSuchConfig',
      'noSuchDevice',
      'notGranted',
      'tooMuch',
      'tooMany',
      'vaultLocked',
      'vaultUnreadable',
      'portTaken',
      'clonedIdentity',
      'stateUnwritable',
    ],
    askers: ['owner'],
    example: {
      params: { secrets: ['minio'], configs: [] },
      note: 'not run by the example test: it opens a port',
    },
  }),
  'transfers.receive': method({
    summary:
      'Fetches what the device at an address sends to whoever knows the six digits that it shows. Nothing is stored: transfers.commit does that.',
    params: Type.Object(
      {
        address: Type.String({ minLength: 1, maxLength: 300, description: 'HOST, HOST:PORT or [IPv6]:PORT' }),
        code: Type.String({ pattern: '^[0-9]{6}$' }),
      },
      { additionalProperties: false },
    ),
    result: Type.Object({ received: nullable(Preview), repeated: nullable(Outcome) }),
    errors: [
      'invalidParams',
      'unreachable',
      'notTallyd',
      'wrongCode',
      'notInvited',
      'transferFailed',
      'tooMany',
      'vaultLocked',
      'vaultUnreadable',
      'clonedIdentity',
      'deviceBlocked',
    ],
    askers: ['owner'],
    example: {
      params: { address: '192.168.1.31', code: '604218' },
      note: 'not run by the example test',
    },
  }),
  'transfers.accept': method({
    summary: 'Fetches what a paired device wants to send; `id` may be left out where only one waits.',
    params: Type.Object({ id: Type.Optional(id) }, { additionalProperties: false }),
    result: Type.Object({ received: Preview }),
    errors: ['noSuchTransfer', 'transferFailed', 'vaultLocked', 'vaultUnreadable'],
    askers: ['owner'],
    example: { params: {}, note: 'not run by the example test' },
  }),
  'transfers.commit': method({
    summary:
      'Saves what came, all or nothing, each item as it was decided; what is not named is saved if it is new, and refused where the name is taken.',
    params: Type.Object(
      {
        id,
        decisions: Type.Optional(Type.Array(Decision, { maxItems: TRANSFER.items })),
        edits: Type.Optional(Type.Array(Edit, { maxItems: TRANSFER.items })),
      },
      { additionalProperties: false },
    ),
    result: Type.Object({
      committed: Type.Object({
        outcome: Outcome,
        unlinked: Type.Array(
          Type.Object({ config: Type.String(), role: Type.String(), secret: Type.String() }),
        ),
        told: Type.Boolean({ description: 'whether the sender has heard of it' }),
      }),
    }),
    errors: [
      'noSuchTransfer',
      'undecided',
      'invalidParams',
      'transferFailed',
      'vaultLocked',
      'vaultUnreadable',
      'stateUnwritable',
    ],
    askers: ['owner'],
    example: { params: { id: '0'.repeat(32) }, note: 'not run by the example test' },
  }),
  'transfers.cancel': method({
    summary: 'Takes back what is being sent, or says no to what came.',
    params: Type.Object({ id }, { additionalProperties: false }),
    result: Type.Object({ cancelled: Type.Object({ existed: Type.Boolean() }) }),
    errors: [],
    askers: ['owner'],
    example: { params: { id: '0'.repeat(32) } },
  }),
  'transfers.list': method({
    summary:
      'Transfers that are open, and those that ended last since the start; never with a code or a value.',
    params: none,
    result: TransferList,
    errors: [],
    askers: ['owner'],
    example: { params: {} },
  }),
} as const

export type Transfer = Static<typeof Transfer>
export type TransferList = Static<typeof TransferList>
export type Preview = Static<typeof Preview>
export type Arrived = Static<typeof Arrived>
export type Party = Static<typeof Party>
export type Edit = Static<typeof Edit>
export type Decision = Static<typeof Decision>
