// What the daemon and its short-lived keychain process say to each other: one line of JSON each way, through pipes.

/** `set` also reads it back. */
export interface KeychainQuestion {
  readonly act: 'get' | 'set' | 'remove'
  readonly account: string
  /** Base64; for `set`. */
  readonly key?: string
}

/** `found` is null where there is nothing of that account; silent: its service is there and hangs. */
export type KeychainAnswer =
  | { readonly found: string | null }
  | { readonly problem: 'locked' | 'silent' | 'absent'; readonly says: string }

/** The name of every entry of ours. */
export const SERVICE = 'tallyd vault'
