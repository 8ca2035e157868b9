// How one method is declared: everything that listeners, docs, clients and tests need to know of it.
import type { Static, TSchema } from 'typebox'
import type { ErrorName } from './errors.ts'
import type { Scope } from './scope-words.ts'

/**
 * Who asks. The owner can open the control socket; a launch is a browser that the owner opened; a device is paired and was given
 * a right; a token was handed out.
 */
export type Asker = 'owner' | 'launch' | 'device' | 'token'

export interface Method<P extends TSchema = TSchema, R extends TSchema = TSchema> {
  readonly summary: string
  readonly params: P
  readonly result: R
  readonly errors: readonly ErrorName[]
  readonly askers: readonly Asker[]
  /** What a device or a token needs; `any` where every token may ask and the answer depends on whose it is. */
  readonly scope?: Scope | 'any'
  /** Only over a WebSocket, because it answers later as well. */
  readonly needsSubscription?: true
  /** Its params may hold secrets: what does not fit is said without them, and no command line takes them. */
  readonly secret?: true
  readonly example: { readonly params: Static<P>; readonly note?: string }
}

/** Declares a method; the call only fixes the types. */
export function method<P extends TSchema, R extends TSchema>(declared: Method<P, R>): Method<P, R> {
  return declared
}
