// Runs the pure machines of ceremony/ over a connection: hands them what comes, does what they ask, ends when they do.
import { randomBytes } from 'node:crypto'
import type { CeremonyFailure, Direction } from '../../contract/ceremony.ts'
import type { CodeEffect } from '../ceremony/code.ts'
import type { VerifierEvent } from '../ceremony/code-verifier.ts'
import type { CompareEffect, Show } from '../ceremony/compare.ts'
import type { Flow } from '../ceremony/flow.ts'
import type { Agreed, Channel, CommonEvent, End, Step } from '../ceremony/machine.ts'
import type { SettlementEffect } from '../ceremony/settlement.ts'
import { mintToken } from '../tokens/token.ts'
import type { CeremonyLine } from './ceremony-line.ts'

/** It ended without a pairing; `by` says whose doing that was. */
export class CeremonyEnded extends Error {
  override readonly name = 'CeremonyEnded'
  readonly why: CeremonyFailure
  readonly by: 'us' | 'peer'
  constructor({ why, by }: Pick<End, 'why' | 'by'>) {
    super(`the ceremony ended: ${why}`)
    this.why = why
    this.by = by
  }
}

/** What two devices exchanged when they became paired. */
export interface Settled {
  readonly flow: Flow
  /** What we issued, null where we give nothing. */
  readonly issued: string | null
  /** What the other one issued, null where it gives nothing. */
  readonly token: string | null
  readonly claimedName: string
  /** Where it listens, if it does. */
  readonly port: number | null
}

/** What a ceremony asks of its surroundings. */
export interface Hooks {
  /** A stranger's share has come: the invitation counts the attempt, or says no. */
  readonly count?: () => Promise<Extract<VerifierEvent, { type: 'admitted' | 'refused' }>>
  /** There is a number, to be shown to the owner. */
  readonly show?: (effect: Show) => void
}

/** A pure machine of ceremony/; which events it knows is its own matter. */
export interface Machine<State, Event> {
  begin(): Step<State, CodeEffect | CompareEffect>
  step(state: State, event: Event): Step<State, CodeEffect | CompareEffect>
}

/** Runs a ceremony to its agreement, or throws CeremonyEnded. `deadline` on the clock of performance.now; asked at each wait. */
export async function agree<State, Event>(
  line: CeremonyLine,
  machine: Machine<State, Event>,
  deadline: () => number,
  hooks: Hooks,
): Promise<Agreed> {
  let { state, effects } = machine.begin()
  for (;;) {
    let answer: VerifierEvent | undefined
    for (const effect of effects) {
      if (effect.type === 'agreed') return effect
      if (effect.type === 'show') hooks.show?.(effect)
      else if (effect.type === 'count')
        answer = (await hooks.count?.()) ?? { type: 'refused', why: 'noInvitation' }
      else sendOrEnd(line, effect)
    }
    const event = (answer ?? (await line.next(deadline()))) as Event
    ;({ state, effects } = machine.step(state, event))
  }
}

export interface SettleContext {
  readonly line: CeremonyLine
  readonly flow: Flow
  readonly name: string
  readonly port: number | null
  readonly deadline: number
}

/** Exchanges tokens; resolves when the device is to be written as paired. Throws CeremonyEnded. */
export async function settle({ line, flow, name, port, deadline }: SettleContext): Promise<Settled> {
  const { beginSettling, settlementStep } = await import('../ceremony/settlement.ts')
  const issued = flow.gives ? mintToken() : null
  let theirs: Pick<Settled, 'token' | 'claimedName' | 'port'> | null = null
  let { state, effects } = beginSettling({ flow, issued, name, port })
  for (;;) {
    for (const effect of effects) {
      if (effect.type === 'storeToken') {
        const { token, claimedName, port: theirPort } = effect
        theirs = { token, claimedName, port: theirPort }
      } else if (effect.type === 'activate' && theirs !== null) return { flow, issued, ...theirs }
      else sendOrEnd(line, effect)
    }
    const event = (await line.next(deadline)) as CommonEvent
    ;({ state, effects } = settlementStep(state, event))
  }
}

/** Provisional devices live here, in memory: a restart ends them, and they authorise nothing. */
function sendOrEnd(line: CeremonyLine, effect: CodeEffect | CompareEffect | SettlementEffect): void {
  if (effect.type === 'send') line.send(effect.message)
  if (effect.type !== 'end') return
  line.close()
  throw new CeremonyEnded(effect)
}

/** The prover of pairing by code: the side on which the code is typed. */
export async function proveCode(
  line: CeremonyLine,
  channel: Channel,
  code: string,
  wish: Direction,
  deadline: number,
): Promise<Agreed> {
  const prove = await readyToProve(channel, code)
  return prove(line, wish, deadline)
}

/** The slow part of it, which needs no connection: what is returned answers at once. */
export async function readyToProve(
  channel: Channel,
  code: string,
): Promise<(line: CeremonyLine, wish: Direction, deadline: number) => Promise<Agreed>> {
  const [{ beginProving, proverStep }, { secretsOf }, { RANDOM_BYTES }] = await Promise.all([
    import('../ceremony/code-prover.ts'),
    import('../ceremony/code-secrets.ts'),
    import('../ceremony/spake2plus.ts'),
  ])
  const secrets = await secretsOf(code, { prover: channel.own, verifier: channel.peer })
  return (line, wish, deadline) => {
    const machine = {
      begin: () => beginProving({ ...channel, secrets, random: randomBytes(RANDOM_BYTES), wish }),
      step: proverStep,
    }
    return agree(line, machine, () => deadline, {})
  }
}

/** The verifier of pairing by code: the side that shows the code. `admit` counts the attempt and says the code, or why not. */
export async function verifyCode(
  line: CeremonyLine,
  channel: Channel,
  wish: Direction,
  deadline: number,
  admit: () => string | NotAdmitted,
): Promise<Agreed> {
  const [{ beginVerifying, verifierStep }, { secretsOf }, { RANDOM_BYTES }] = await Promise.all([
    import('../ceremony/code-verifier.ts'),
    import('../ceremony/code-secrets.ts'),
    import('../ceremony/spake2plus.ts'),
  ])
  const count: NonNullable<Hooks['count']> = async () => {
    const code = admit()
    if (typeof code !== 'string') return { type: 'refused', why: code.why }
    const secrets = await secretsOf(code, { prover: channel.peer, verifier: channel.own })
    return { type: 'admitted', secrets, random: randomBytes(RANDOM_BYTES) }
  }
  const machine = {
    begin: () => beginVerifying({ ...channel, wish }),
    step: verifierStep,
  }
  return agree(line, machine, () => deadline, { count })
}

/** Why an attempt is not admitted. */
export interface NotAdmitted {
  readonly why: CeremonyFailure
}
