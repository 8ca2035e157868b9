// Every type that other devices say or are told: what the validators in generated/wire.ts let through.
export type { CeremonyMessage } from './ceremony.ts'
export type { Approved, Denied, RequestList } from './requests.ts'
export type { Outcome, SentConfig, SentSecret, TransferId, TransferMessage } from './transfer-wire.ts'
export type { Cursor, Nudge, UnpairNotice, UsageAnswer } from './wire.ts'
