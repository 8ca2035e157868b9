// How one method is declared: everything that listeners, docs, clients and tests need to know of it.
import type { Static, TSchema } from 'typebox'
import type { ErrorName } from './errors.ts'

/** Who asks: the owner can open the control socket. Devices and tokens come with their listeners. */
export type Asker = 'owner'

export interface Method<P extends TSchema = TSchema, R extends TSchema = TSchema> {
  readonly summary: string
  readonly params: P
  readonly result: R
  readonly errors: readonly ErrorName[]
  readonly askers: readonly Asker[]
  /** Only over a WebSocket, because it answers later as well. */
  readonly needsSubscription?: true
  readonly example: { readonly params: Static<P>; readonly note?: string }
}

/** Declares a method; the call only fixes the types. */
export function method<P extends TSchema, R extends TSchema>(declared: Method<P, R>): Method<P, R> {
  return declared
}
