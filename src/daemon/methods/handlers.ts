// What a handler is: a contract method's answer. A method without a handler does not compile.

import type { Subscribe } from '../../contract/events.ts'
import type { IdentityMode } from '../../contract/identity-modes.ts'
import type { Asker } from '../../contract/method.ts'
import type { MethodName, Params, Result } from '../../contract/methods.ts'
import type { Scope } from '../../contract/scope-words.ts'

/** The subscriptions of one connection; only a WebSocket has them. */
export interface Subscriptions {
  /** Throws TallyError tooMany, unknownTimeZone or invalidRange. The first value follows the answer. */
  subscribe(wanted: Subscribe): Promise<number>
  /** Whether there was such a subscription. */
  unsubscribe(subscription: number): boolean
}

/** Who asks. A listener knows. */
export type AskerIdentity =
  | { readonly kind: Extract<Asker, 'owner'> }
  /** A browser that the owner opened: the owner, but for what never leaves the control socket. */
  | { readonly kind: Extract<Asker, 'launch'>; readonly address: string }
  /** A paired device; `id` is its fingerprint. */
  | {
      readonly kind: Extract<Asker, 'device'>
      readonly id: string
      readonly name: string
      readonly address: string
      readonly scopes: readonly Scope[]
    }
  | {
      readonly kind: Extract<Asker, 'token'>
      readonly id: string
      readonly member: string
      readonly address: string
      readonly scopes: readonly Scope[]
      readonly identity: IdentityMode
    }

/** Whoever can open the control socket. */
export const OWNER: AskerIdentity = { kind: 'owner' }

/** Who calls, and over what. */
export interface Call {
  readonly asker: AskerIdentity
  readonly subscriptions?: Subscriptions
}

export type Handler<M extends MethodName> = (params: Params<M>, call: Call) => Result<M> | Promise<Result<M>>
export type Handlers = { readonly [M in MethodName]: Handler<M> }

/** The handlers of one noun, e.g. `HandlersOf<'usage'>`. */
export type HandlersOf<Noun extends string> = Pick<Handlers, Extract<MethodName, `${Noun}.${string}`>>
