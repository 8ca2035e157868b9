// What the two sides of a transfer say to each other once the channel between them is sealed; docs/transfer.md has the order.
import { type Static, type TSchema, Type } from 'typebox'
import { TRANSFER } from './transfer-words.ts'
import { DatabaseConfig, ItemName, SecretValue } from './vault-items.ts'

export const TransferId = Type.String({ pattern: '^[0-9a-f]{32}$' })

function message<T extends string, P extends Record<string, TSchema>>(type: T, parts: P) {
  return Type.Object({ type: Type.Literal(type), ...parts }, { additionalProperties: false })
}

/** What a device calls itself: a claim. */
const name = Type.String({ minLength: 1, maxLength: 64 })
const names = Type.Array(ItemName, { maxItems: TRANSFER.items })

/** What became of each item, by its name as it was sent. */
export const Outcome = Type.Object(
  {
    saved: names,
    reused: names,
    renamed: Type.Array(Type.Object({ name: ItemName, as: ItemName }, { additionalProperties: false }), {
      maxItems: TRANSFER.items,
    }),
    replaced: names,
    declined: names,
  },
  { additionalProperties: false },
)

/**
 * What is sent, loose: whether each item fits its type is for the receiver's owner to see, with the field named (`fitsSentSecret`,
 * `fitsSentConfig`).
 */
const loose = Type.Array(Type.Unknown(), { maxItems: TRANSFER.items })

export const SentSecret = Type.Object({ name: ItemName, value: SecretValue }, { additionalProperties: false })
export const SentConfig = DatabaseConfig

export const TransferMessage = Type.Union([
  /** The sender, first. */
  message('offer', {
    name,
    items: Type.Integer({ minimum: 1, maximum: TRANSFER.items }),
    /** For how long it waits, in milliseconds. */
    waitsMs: Type.Integer({ minimum: 0, maximum: TRANSFER.longestWaitSeconds * 1000 }),
  }),
  /** The receiver's owner wants to see it; `name` is what the receiver calls itself. */
  message('accept', { name }),
  message('items', { secrets: loose, configs: loose }),
  /** The receiver's owner has decided: it is about to be saved. */
  message('reviewed', {}),
  /** The sender still wants it: from here on it cannot be taken back. */
  message('go', {}),
  message('outcome', { outcome: Outcome }),
  /** The sender has heard the outcome. */
  message('done', {}),
  /** Asked again for a transfer that is not known here any more: nothing of it was saved. */
  message('lost', {}),
  /** It is over; a claim of the other side. */
  message('end', {
    why: Type.Enum([
      'declined',
      'cancelledBySender',
      'cancelledByReceiver',
      'expired',
      'unreadable',
      'full',
      'stopped',
    ]),
  }),
])

export type TransferId = Static<typeof TransferId>
export type TransferMessage = Static<typeof TransferMessage>
export type SentSecret = Static<typeof SentSecret>
export type SentConfig = Static<typeof SentConfig>
export type Outcome = Static<typeof Outcome>
