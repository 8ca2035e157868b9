// One side of a ceremony in a test: a machine, then the settlement, with everything that it sent, showed and stored. What
// it says goes through JSON and the contract's schema, as on a real connection.
import { createHash, randomBytes } from 'node:crypto'
import type { Flow } from '../../../src/daemon/ceremony/flow.ts'
import type { Agreed, CommonEvent, End, Send, Step } from '../../../src/daemon/ceremony/machine.ts'
import { readMessage } from '../../../src/daemon/ceremony/message.ts'
import {
  beginSettling,
  type SettlementEffect,
  type SettlementState,
  settlementStep,
} from '../../../src/daemon/ceremony/settlement.ts'

interface State {
  readonly at: string
}

export class Party<S extends State, Event, E extends { readonly type: string }> {
  state: S
  settlement: SettlementState | undefined
  /** Everything it asked for, in order. */
  readonly effects: (E | SettlementEffect)[] = []
  readonly outbox: string[] = []
  readonly issued = `tallyd_${randomBytes(32).toString('base64url')}`
  readonly #step: (state: S, event: Event) => Step<S, E>

  constructor(first: Step<S, E>, step: (state: S, event: Event) => Step<S, E>) {
    this.#step = step
    this.state = first.state
    this.#carryOut(first.effects)
  }

  tell(event: Event): void {
    const { state, effects } = this.#step(this.state, event)
    this.state = state
    this.#carryOut(effects)
  }

  hear(text: string): void {
    this.common({ type: 'received', message: readMessage(text) })
  }

  common(event: CommonEvent): void {
    if (this.settlement === undefined) {
      this.tell(event as Event)
      return
    }
    const { state, effects } = settlementStep(this.settlement, event)
    this.settlement = state
    this.#carryOut(effects)
  }

  /** The first effect of this kind. */
  did<T extends (E | SettlementEffect)['type']>(
    type: T,
  ): Extract<E | SettlementEffect, { type: T }> | undefined {
    return this.effects.find((effect) => effect.type === type) as never
  }

  get at(): string {
    return this.settlement?.at ?? this.state.at
  }

  get why(): string | undefined {
    return (this.effects.find(({ type }) => type === 'end') as End | undefined)?.why
  }

  #carryOut(effects: readonly (E | SettlementEffect)[]): void {
    for (const each of effects) {
      this.effects.push(each)
      const effect = each as Send | Agreed | End
      if (effect.type === 'send') this.outbox.push(JSON.stringify(effect.message))
      if (effect.type === 'agreed') this.#settle(effect.flow)
    }
  }

  #settle(flow: Flow): void {
    const first = beginSettling({
      flow,
      issued: flow.gives ? this.issued : null,
      name: 'a device',
      port: 4765,
    })
    this.settlement = first.state
    this.#carryOut(first.effects)
  }
}

export interface Speaker {
  readonly outbox: string[]
  hear(text: string): void
}

/** Delivers what each side says, in order, until both are silent. `meddle` may change what arrives: none, one, or more. */
export function talk(
  a: Speaker,
  b: Speaker,
  meddle: (text: string, index: number) => readonly string[] = (text) => [text],
): number {
  let index = 0
  while (a.outbox.length > 0 || b.outbox.length > 0) {
    const [from, to] = a.outbox.length > 0 ? [a, b] : [b, a]
    for (const text of meddle(from.outbox.shift()!, index++)) to.hear(text)
  }
  return index
}

/** 32 bytes that belong to a word. */
export function bytesFrom(word: string | number): Buffer {
  return createHash('sha256').update(String(word)).digest()
}
