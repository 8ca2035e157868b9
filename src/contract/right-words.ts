// The rights that a paired device can be given, as plain words without TypeBox, because programs bundle them.

export const RIGHTS = ['requests:approve'] as const

export type Right = (typeof RIGHTS)[number]

export function isRight(word: string): word is Right {
  return (RIGHTS as readonly string[]).includes(word)
}
