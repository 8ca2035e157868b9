// What a handler is: a contract method's answer. A method without a handler does not compile.

import type { Subscribe } from '../../contract/events.ts'
import type { Asker } from '../../contract/method.ts'
import type { MethodName, Params, Result } from '../../contract/methods.ts'

/** The subscriptions of one connection; only a WebSocket has them. */
export interface Subscriptions {
  /** Throws TallyError tooMany, unknownTimeZone or invalidRange. The first value follows the answer. */
  subscribe(wanted: Subscribe): Promise<number>
  /** Whether there was such a subscription. */
  unsubscribe(subscription: number): boolean
}

/** Who calls, and over what. */
export interface Call {
  readonly asker: Asker
  readonly subscriptions?: Subscriptions
}

export type Handler<M extends MethodName> = (params: Params<M>, call: Call) => Result<M> | Promise<Result<M>>
export type Handlers = { readonly [M in MethodName]: Handler<M> }

/** The handlers of one noun, e.g. `HandlersOf<'usage'>`. */
export type HandlersOf<Noun extends string> = Pick<Handlers, Extract<MethodName, `${Noun}.${string}`>>
