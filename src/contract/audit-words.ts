// What the audit log records, as plain words without TypeBox, because programs bundle them. The list only grows: entries of
// years ago name their kind by these.

/** Each past-tense kind with what it means. A stranger can cause those of `flood` as often as he likes: they are coalesced. */
export const AUDIT_KINDS = {
  auditBegun: { says: 'the audit log was begun' },
  auditRepaired: {
    says: 'the last line of the audit log was torn, by a crash or a full disk, and was cut off',
  },
  auditGapped: { says: 'entries could not be kept while the disk refused them' },
  invited: { says: 'opened for pairing by code' },
  invitationCancelled: { says: 'the invitation was taken back' },
  invitationExpired: { says: 'the invitation expired' },
  invitationBurnt: { says: 'the invitation ended: its attempts are used up' },
  attemptCounted: { says: 'an attempt at the code was counted' },
  wrongCode: { says: 'a wrong code' },
  comparisonOpened: { says: 'a comparison was begun' },
  comparisonConfirmed: { says: 'the owner said that the numbers are the same' },
  comparisonDenied: { says: 'the owner refused the comparison' },
  comparisonExpired: { says: 'nobody answered the comparison' },
  tampered: { says: 'something is between the two devices: the ceremony was ended' },
  paired: { says: 'paired' },
  pairingFailed: { says: 'a pairing did not succeed', flood: true },
  refused: { says: 'refused at the LAN listener', flood: true },
  pinFailed: { says: 'the certificate is not the one we paired with', flood: true },
  unpaired: { says: 'unpaired here' },
  unpairedThere: { says: 'unpaired by the other device' },
  renamed: { says: 'renamed' },
  blocked: { says: 'blocked' },
  unblocked: { says: 'unblocked' },
  forgotten: { says: 'forgotten, with its history' },
  merged: { says: 'merged into another device' },
  identityAdopted: { says: 'the identity was adopted on this machine' },
  identityRenewed: { says: 'a new identity replaced the one before' },
  sharingChanged: { says: 'sharing was changed' },
} as const satisfies Readonly<Record<string, { readonly says: string; readonly flood?: true }>>

export type AuditKind = keyof typeof AUDIT_KINDS
