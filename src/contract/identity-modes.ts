// How much of whose account it is a display is shown, as plain words without TypeBox, because programs bundle them. The mode is pinned
// to a token when it is made; a question may lower it, nothing raises it.

/** From least to most. */
export const IDENTITY_MODES = {
  none: { says: 'nothing of whose account it is, and no names of devices' },
  redacted: { says: 'the plan, and the domain of the mail address where it is a public provider' },
  full: { says: 'the mail address, the plan, and the names of devices' },
} as const satisfies Readonly<Record<string, { readonly says: string }>>

export type IdentityMode = keyof typeof IDENTITY_MODES

export const IDENTITY_MODE_NAMES = Object.keys(IDENTITY_MODES) as readonly IdentityMode[]

/** Of a token that was made without saying. */
export const USUAL_IDENTITY: IdentityMode = 'redacted'

export function isIdentityMode(word: string): word is IdentityMode {
  return Object.hasOwn(IDENTITY_MODES, word)
}

/** The one that shows less. */
export function lesserIdentity(one: IdentityMode, other: IdentityMode): IdentityMode {
  return IDENTITY_MODE_NAMES.indexOf(one) < IDENTITY_MODE_NAMES.indexOf(other) ? one : other
}
