// The shapes of answers about transfers; shapes.ts has the others.
import { count, flag, listOf, mapOf, object, orNull, port, text } from './shape-checks.ts'

const party = object({ id: text, name: text, address: text, paired: flag })
const outcome = object({
  saved: listOf(text),
  reused: listOf(text),
  renamed: listOf(object({ name: text, as: text })),
  replaced: listOf(text),
  declined: listOf(text),
})
const transfer = object({
  id: text,
  role: text,
  state: text,
  by: text,
  peer: orNull(party),
  items: count,
  openedAt: text,
  expiresAt: text,
  attemptsLeft: count,
  failed: count,
  wrongFrom: listOf(text),
  why: orNull(text),
  outcome: orNull(outcome),
})
const preview = object({
  id: text,
  from: party,
  expiresAt: text,
  items: listOf(
    object({
      kind: text,
      name: text,
      type: text,
      details: mapOf(text),
      links: mapOf(text),
      collision: orNull(object({ type: text, same: flag, usedBy: listOf(text) })),
      notes: listOf(text),
    }),
  ),
})

/** A paired device that wants to send something, as one of the requests. */
export const transferRequest = object({
  id: text,
  kind: text,
  transfer: text,
  from: object({ id: text, name: text, address: text }),
  items: count,
  openedAt: text,
  expiresAt: text,
})

export const TRANSFER_SHAPES = {
  'transfers.send': object({
    offered: transfer,
    code: orNull(text),
    port: orNull(port),
    addresses: listOf(text),
  }),
  'transfers.receive': object({ received: orNull(preview), repeated: orNull(outcome) }),
  'transfers.accept': object({ received: preview }),
  'transfers.commit': object({
    committed: object({
      outcome,
      unlinked: listOf(object({ config: text, role: text, secret: text })),
      told: flag,
    }),
  }),
  'transfers.cancel': object({ cancelled: object({ existed: flag }) }),
  'transfers.list': object({ transfers: listOf(transfer) }),
} as const
