// audit.*: what happened to trust, in a file that shows accidents and partial edits. docs/audit.md says what it cannot show.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'

const textOrNull = Type.Union([Type.String(), Type.Null()])

export const AuditEntry = Type.Object({
  seq: Type.Integer({ minimum: 1 }),
  at: Type.String({ description: 'RFC 3339' }),
  what: Type.String({
    description: 'a past-tense word, such as paired, wrongCode, refused; docs/audit.md has all',
  }),
  subject: Type.Object({ id: textOrNull, name: textOrNull, address: textOrNull }),
  detail: textOrNull,
  count: Type.Integer({
    minimum: 1,
    description: 'how often; more than 1 where the same came so fast that it was put together',
  }),
  since: Type.Union([Type.String(), Type.Null()], {
    description: 'RFC 3339; when the first of several came',
  }),
})

/** The newest entries, oldest first; the value of audit.added. */
export const AuditList = Type.Object({ entries: Type.Array(AuditEntry) })

const head = Type.Object({ seq: Type.Integer({ minimum: 0 }), hash: Type.String() })

export const Verified = Type.Object({
  intact: Type.Boolean(),
  entries: Type.Integer({ minimum: 0 }),
  first: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: 'seq of the oldest entry that is there; older ones were rotated out',
  }),
  head: Type.Union([head, Type.Null()], {
    description:
      'the newest entry and its hash: kept elsewhere, it shows later whether a tail was cut or all was rewritten',
  }),
  kept: Type.Union([Type.Enum(['found', 'missing', 'tooOld']), Type.Null()], {
    description: 'whether the entry of `head` in the params is still there, as it was',
  }),
  problems: Type.Array(
    Type.Object({ file: Type.String(), line: Type.Integer({ minimum: 1 }), says: Type.String() }),
  ),
})

export const auditMethods = {
  'audit.list': method({
    summary: 'What happened to trust: pairings, refusals, unpairings, renames. The newest, oldest first.',
    params: Type.Object(
      {
        since: Type.Optional(Type.String({ minLength: 10, maxLength: 40, description: 'RFC 3339' })),
        after: Type.Optional(Type.Integer({ minimum: 0, description: 'seq; only what came later' })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: '100 if absent' })),
      },
      { additionalProperties: false },
    ),
    result: AuditList,
    errors: ['invalidRange', 'stateUnreadable'],
    askers: ['owner', 'launch', 'token'],
    scope: 'admin',
    example: { params: { limit: 10 } },
  }),
  'audit.verify': method({
    summary:
      'Whether every entry holds the hash of the one before. It shows accidents and partial edits only.',
    params: Type.Object(
      {
        head: Type.Optional(
          Type.String({
            pattern: '^[0-9]{1,15}:[0-9a-f]{64}$',
            description: 'SEQ:HASH that was printed before and kept elsewhere',
          }),
        ),
      },
      { additionalProperties: false },
    ),
    result: Type.Object({ verified: Verified }),
    errors: ['stateUnreadable'],
    askers: ['owner', 'launch', 'token'],
    scope: 'admin',
    example: { params: {} },
  }),
} as const

export type AuditEntry = Static<typeof AuditEntry>
export type AuditList = Static<typeof AuditList>
export type Verified = Static<typeof Verified>
