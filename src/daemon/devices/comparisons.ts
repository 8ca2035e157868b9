// Pairing by comparing, both sides: one live comparison at a time, shown to the owner as a request, decided by two humans.
import { randomBytes } from 'node:crypto'
import type { AuditKind } from '../../contract/audit-words.ts'
import type { CeremonyFailure } from '../../contract/ceremony.ts'
import { TallyError } from '../../contract/errors.ts'
import type { Direction, Paired, Comparison as Shown } from '../../contract/pairing.ts'
import { sourceOf } from '../../contract/source.ts'
import type { Show } from '../ceremony/compare.ts'
import { beginComparing, initiatorStep } from '../ceremony/compare-initiator.ts'
import { answerComparing, responderStep } from '../ceremony/compare-responder.ts'
import { agree, CeremonyEnded } from './ceremonies.ts'
import { type CeremonyHost, subjectOf } from './ceremony-host.ts'
import type { CeremonyLine } from './ceremony-line.ts'
import { KeptAway } from './kept-away.ts'
import type { Peer } from './tls.ts'

/** All of it: dialling, two humans, tokens. */
const COMPARISON_LIVES_MS = 60_000
/** Until there is a number, with no human in it: a stranger that stops there keeps the others away no longer than this. */
const NUMBER_COMES_MS = 5_000
const NONCE_BYTES = 32

/** What is recorded where it is more than that the pairing did not succeed. */
const ENDINGS: Readonly<Partial<Record<CeremonyFailure, AuditKind>>> = {
  commitmentBroken: 'tampered',
  wrongDigits: 'tampered',
  timedOut: 'comparisonExpired',
}

export interface Asking {
  readonly peer: Peer
  readonly line: CeremonyLine
  readonly at: { readonly host: string; readonly port: number | null }
  readonly wish: Direction
}

interface Live extends Omit<Asking, 'wish'> {
  readonly ours: boolean
  readonly openedAt: string
  readonly expiresAt: string
  readonly deadline: number
  state: Shown['state']
  digits: string | null
  why: CeremonyFailure | null
  paired: Paired | null
  request: { readonly id: string; remove(): void } | null
  /** Somebody from elsewhere was turned away because of it. */
  keptOthersAway: boolean
}

export class Comparisons {
  readonly #host: CeremonyHost
  #live: Live | null = null
  readonly #keptAway = new KeptAway()

  constructor(host: CeremonyHost) {
    this.#host = host
  }

  /** The comparison that is live or was last. */
  show(): Shown | null {
    if (this.#live === null) return null
    const { state, digits, why, paired, expiresAt, ours, request, peer } = this.#live
    const from = { id: peer.fingerprint, address: peer.host }
    return { id: request?.id ?? null, state, digits, why, paired, expiresAt, ours, from }
  }

  /** The owner wants to pair: whatever else is being compared ends. Resolves with the number. Throws CeremonyEnded. */
  async ask(asking: Asking): Promise<Shown> {
    this.#preempt()
    const live = this.#begin(asking, true)
    const { peer, line, wish } = asking
    const options = {
      ...this.#host.channel(peer),
      nonce: randomBytes(NONCE_BYTES),
      wish,
      name: this.#host.ownName(),
    }
    const machine = { begin: () => beginComparing(options), step: initiatorStep }
    return new Promise((resolve, reject) => {
      const show = (effect: Show) => {
        this.#showRequest(live, effect, peer.fingerprint.slice(0, 8))
        resolve(this.show()!)
      }
      // What comes after the number is told by `show`; before it, it is an answer to who asked.
      this.#conduct(live, agree(line, machine, deadlineOf(live), { show })).catch(reject)
    })
  }

  /** A stranger, or a device that is paired already, wants to compare. Never throws. */
  async answer(peer: Peer, line: CeremonyLine): Promise<void> {
    const refused = this.#refusal(peer)
    // Nobody was shown anything of the one that is there, and it may never come to that.
    if (refused === null) this.#preempt()
    if (refused !== null) {
      this.#host.record('pairingFailed', subjectOf(peer), refused)
      // Before the machine has said anything: whoever is refused learns nothing but that.
      line.send({ type: 'abort', reason: refused })
      return
    }
    const options = { ...this.#host.channel(peer), nonce: randomBytes(NONCE_BYTES), wish: 'mutual' as const }
    const machine = { begin: () => answerComparing(options), step: responderStep }
    const live = this.#begin({ peer, line, at: { host: peer.host, port: null } }, false)
    const show = (effect: Show) => this.#showRequest(live, effect, effect.claimedName ?? '')
    await this.#conduct(live, agree(line, machine, deadlineOf(live), { show })).catch(() => undefined)
  }

  /** Ends the owner's own comparison; whether there was one. */
  cancel(): boolean {
    const live = this.#live
    if (live === null || !isOpen(live) || !live.ours) return false
    live.line.put({ type: 'refused', why: 'declined' })
    return true
  }

  stop(): void {
    this.#preempt()
  }

  #refusal({ host }: Peer): CeremonyFailure | null {
    const why = this.#keptAway.whyNot(host)
    const live = this.#live
    if (why !== null || live === null || !isOpen(live)) return why
    const isElsewhere = sourceOf(live.peer.host) !== sourceOf(host)
    if (!live.ours && live.digits === null && isElsewhere) return null
    live.keptOthersAway ||= isElsewhere
    return 'busy'
  }

  #preempt(): void {
    if (this.#live !== null && isOpen(this.#live)) this.#live.line.put({ type: 'refused', why: 'busy' })
  }

  #begin({ peer, line, at }: Omit<Asking, 'wish'>, ours: boolean): Live {
    const now = this.#host.now()
    const live: Live = {
      peer,
      line,
      at,
      ours,
      openedAt: new Date(now).toISOString(),
      expiresAt: new Date(now + COMPARISON_LIVES_MS).toISOString(),
      deadline: performance.now() + COMPARISON_LIVES_MS,
      state: 'waiting',
      digits: null,
      why: null,
      paired: null,
      request: null,
      keptOthersAway: false,
    }
    this.#live = live
    return live
  }

  async #conduct(live: Live, agreed: ReturnType<typeof agree>): Promise<void> {
    try {
      const { flow } = await agreed
      live.request?.remove()
      live.paired = await this.#host.settle(live.line, flow, live.peer, live.at)
      live.state = 'paired'
    } catch (error) {
      live.state = 'failed'
      live.why = error instanceof CeremonyEnded ? error.why : 'failed'
      // Before there was a number nobody could have answered: strangers can cause that as often as they like.
      const kind = live.digits === null && live.why === 'timedOut' ? undefined : ENDINGS[live.why]
      this.#host.record(kind ?? 'pairingFailed', subjectOf(live.peer), live.why)
      if (live.keptOthersAway && !live.ours) this.#keptAway.yields(live.peer.host)
      throw error
    } finally {
      live.request?.remove()
      live.line.close()
      this.#host.changed()
    }
  }

  #showRequest(live: Live, { digits, flow }: Show, name: string): void {
    live.digits = digits
    const { peer, ours, openedAt, expiresAt } = live
    const direction = flow.reads && flow.gives ? 'mutual' : flow.reads ? 'read' : 'give'
    const from = { id: peer.fingerprint, name, address: peer.host }
    this.#host.record('comparisonOpened', subjectOf(peer), ours ? 'asked here' : 'asked there')
    live.request = this.#host.requests.add(
      { kind: 'pairing', digits, from, direction, ours, openedAt, expiresAt },
      {
        approve: (given) => {
          live.line.put({ type: 'confirmed', digits: given })
          if (given !== digits) throw new TallyError('wrongDigits')
          this.#host.record('comparisonConfirmed', subjectOf(peer))
        },
        deny: () => {
          if (!ours) this.#keptAway.bar(peer.host)
          this.#host.record('comparisonDenied', subjectOf(peer))
          live.line.put({ type: 'refused', why: 'declined' })
        },
      },
    )
    this.#host.changed()
  }
}

/** When to give up, on the clock of performance.now; later once humans are at it. */
function deadlineOf(live: Live): () => number {
  return () => live.deadline - (live.digits === null ? COMPARISON_LIVES_MS - NUMBER_COMES_MS : 0)
}

function isOpen({ state }: Live): boolean {
  return state === 'waiting'
}
