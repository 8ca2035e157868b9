// Version, bound and failures of the ceremonies, as plain values: without TypeBox, because the daemon needs them while it runs.

/** The version of the ceremonies that this program speaks. */
export const CEREMONY_VERSION = 1

/** A longer message is not read, in bytes. */
export const LONGEST_CEREMONY_MESSAGE = 1024

/** What to do after a ceremony that ended for such a reason, where it is not simply to try again. */
export const PAIRING_NEXT: Readonly<Record<string, string>> = {
  busy: 'try again in a minute',
  barred: 'wait 10 minutes, or ask from there: tallyctl pair',
  declined: 'ask its owner; nothing was kept',
  wrongDigits: 'compare the numbers on both screens and run it again; if they differ, use another network',
  timedOut: 'run it again, and answer within 60 s on both devices',
  closed: 'check that the other device runs, and run it again',
}

/** Why a ceremony ended without a pairing. */
export const CEREMONY_FAILURES = [
  /** The other side presents our own certificate. */
  'ownCertificate',
  /** Another version of the ceremony. */
  'version',
  /** The two wishes leave nothing that either would give the other. */
  'nothingShared',
  /** A message came that the protocol does not have there, or twice, or that cannot be read. */
  'outOfOrder',
  /** The nonce is not the one that was committed to: something is between the two devices. */
  'commitmentBroken',
  /** A human said no. */
  'declined',
  /** `--digits` was given another number than the one that the ceremony shows. */
  'wrongDigits',
  /** A share that is no valid point. */
  'badShare',
  /** The confirmation does not verify: another code was typed, or something is between the two devices. */
  'wrongCode',
  /** There is no open invitation: never was, used, expired, or its attempts are spent. */
  'noInvitation',
  /** Another ceremony is under way. */
  'busy',
  /** The owner keeps this source away for a while. */
  'barred',
  /** The token does not fit what was agreed. */
  'badToken',
  /** The disk, or something else on one side, failed. */
  'failed',
  'timedOut',
  /** The connection ended. */
  'closed',
] as const
