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

/** Why a ceremony ended without a pairing: the stable word, and what it means as a clause that holds for both sides. */
export const CEREMONY_ENDS = {
  ownCertificate: "the other side presents this device's own certificate",
  version: 'the two sides speak different versions of the ceremony',
  nothingShared: 'the two wishes leave nothing that either would give the other',
  /** Or twice, or one that cannot be read. */
  outOfOrder: 'a message came that the protocol does not have there',
  /** Something is between the two devices. */
  commitmentBroken: 'the nonce is not the one that was committed to',
  declined: 'somebody said no',
  /** `--digits` was given another number than the one that the ceremony shows. */
  wrongDigits: 'the numbers are not the same',
  badShare: 'the share is no valid point',
  /** Another code was typed, or something is between the two devices. */
  wrongCode: 'the code is not the one that was shown',
  /** Never was, used, expired, or its attempts are spent. */
  noInvitation: 'no code was open',
  busy: 'another ceremony was under way',
  barred: 'that address was refused a short while before',
  /** It does not fit what was agreed. */
  badToken: 'the token does not fit',
  /** The disk, or something else on one side. */
  failed: 'one side failed at it',
  timedOut: 'it took too long',
  closed: 'the connection ended',
} as const satisfies Readonly<Record<string, string>>

export const CEREMONY_FAILURES = Object.keys(CEREMONY_ENDS) as (keyof typeof CEREMONY_ENDS)[]
