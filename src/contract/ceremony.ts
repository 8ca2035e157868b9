// What two devices that are not paired say to each other, one JSON object a WebSocket message. Bytes are base64url
// without padding, in its one canonical form, with exact lengths. docs/pairing.md has the order.
import { type Static, type TSchema, Type } from 'typebox'
import { CEREMONY_FAILURES } from './ceremony-words.ts'
import { TransferId } from './transfer-wire.ts'

export * from './ceremony-words.ts'

export type CeremonyFailure = (typeof CEREMONY_FAILURES)[number]

/** 32 and 65 bytes have two bits over in their last character, and those are zero. */
const LAST = '[AEIMQUYcgkosw048]'
const bytes32 = Type.String({ pattern: `^[A-Za-z0-9_-]{42}${LAST}$` })
const bytes65 = Type.String({ pattern: `^[A-Za-z0-9_-]{86}${LAST}$` })

const version = Type.Integer({ minimum: 1, maximum: 65_535 })

const direction = Type.Enum(['mutual', 'read', 'give'], {
  description: "as the sender sees it: both, only reading the other's totals, only giving its own",
})

const name = Type.String({
  minLength: 1,
  maxLength: 64,
  // No control characters, no line or paragraph separators, nothing that turns the direction of writing.
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069]+$',
  description: 'what the sender calls itself: a claim until it is paired, a suggestion after',
})

function message<T extends string, P extends Record<string, TSchema>>(type: T, parts: P) {
  return Type.Object({ type: Type.Literal(type), ...parts }, { additionalProperties: false })
}

export const CeremonyMessage = Type.Union([
  message('start', { version, direction, name }),
  message('commitment', { direction, commitment: bytes32 }),
  message('nonce', { nonce: bytes32 }),
  message('yes', {}),
  message('shareP', { version, direction, share: bytes65 }),
  message('shareV', { direction, share: bytes65, confirmation: bytes32 }),
  message('confirmP', { confirmation: bytes32 }),
  message('token', {
    name,
    port: Type.Union([Type.Integer({ minimum: 1, maximum: 65_535 }), Type.Null()], {
      description: "where the sender's LAN listener is; null where it has none",
    }),
    token: Type.Union([Type.String({ pattern: `^tallyd_[A-Za-z0-9_-]{42}${LAST}$` }), Type.Null()], {
      description: "opens the sender's totals to the receiver; null where it gives none",
    }),
  }),
  message('done', {}),
  /**
   * What the one says first from whom something is fetched: which transfer it is, and whether it is still to be taken (`offered`), or was
   * handed out to this very device (`sent`).
   */
  message('transfer', { version, id: TransferId, state: Type.Enum(['offered', 'sent']) }),
  message('abort', { reason: Type.Enum([...CEREMONY_FAILURES]) }),
])

export type CeremonyMessage = Static<typeof CeremonyMessage>
export type Direction = Static<typeof direction>
