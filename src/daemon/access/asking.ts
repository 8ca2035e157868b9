// What is asked of access and what it answers: clients without a certificate on one side, those who say yes or no on the other.

import type { IdentityMode } from '../../contract/identity-modes.ts'
import type { Scope } from '../../contract/scope-words.ts'

/** Who talks to a listener. */
export interface Caller {
  /** Of the socket, never of a header. */
  readonly address: string
  /** Fingerprint of the certificate that it presented on the LAN listener; null on the web listener. */
  readonly device: string | null
}

/** RFC 8628 §3.1, with what we add: `label` is what the client claims to be. */
export interface Asked {
  readonly clientId: string
  /** Empty for the default, `usage:read`. */
  readonly scopes: readonly Scope[]
  readonly label: string
  /** The device that asks is to be claimed by another member than it is. */
  readonly takeover: boolean
}

/** RFC 8628 §3.2, in our own words; the listener writes the RFC's names. */
export interface Begun {
  /** Secret; 43 characters of base64url. */
  readonly deviceCode: string
  /** `XXXX-XXXX`. */
  readonly userCode: string
  /** One-time value of the complete verification URI; 43 characters. */
  readonly link: string
  /** Seconds. */
  readonly expiresIn: number
  /** Seconds. */
  readonly interval: number
}

/** RFC 8628 §3.5 and RFC 6749 §5.2. */
export type OAuthError =
  | 'authorization_pending'
  | 'slow_down'
  | 'access_denied'
  | 'expired_token'
  | 'invalid_grant'
  | 'invalid_client'
  | 'invalid_scope'
  | 'claimed_by_other'

export interface HandedOut {
  /** Secret. */
  readonly token: string
  readonly tokenId: string
  readonly member: string
  readonly scopes: readonly Scope[]
  /** Seconds; null where it does not expire. */
  readonly expiresIn: number | null
}

/** Who says yes or no, and from where. */
export interface Approver {
  /** `owner`, `launch`, `token ID`, `device ID`. */
  readonly by: string
  /** Null for the owner and a launch, who may grant everything; else what the approver holds. */
  readonly scopes: readonly Scope[] | null
  /** What it is shown itself: it grants no more. */
  readonly identity: IdentityMode
  /** Fingerprint of the approving device; null for others. */
  readonly device: string | null
  /** Id of the approving token; null for others. */
  readonly token: string | null
  /** Wrong codes are counted by it; null on the control socket, where nothing is paused. */
  readonly address: string | null
}

/** What the owner decided: stored, and the token made only when the client fetches it. */
export interface Yes {
  /** As it was typed: any case, with spaces and hyphens. */
  readonly code: string
  /** The request that the approver looked at; undefined where the code alone names it. */
  readonly id?: string | undefined
  readonly member: string
  readonly exists: 'must' | 'new'
  /** Undefined: what was asked for. */
  readonly scopes: readonly Scope[] | undefined
  readonly label: string | undefined
  /** Undefined: the usual one, or less where the approver is shown less. */
  readonly identity?: IdentityMode | undefined
  /** Seconds. */
  readonly expiresIn: number | undefined
  readonly takeover: boolean
}
