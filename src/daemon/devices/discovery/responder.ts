// Makes one interface know this device's claim, as RFC 6762 has it: probe, announce, answer, defend, say goodbye. It is given
// packets and time, and gives packets.
import { answer, type ClaimRecords, contested, losesTo, SERVICES, sameRecord } from './claim.ts'
import type { Clock } from './clock.ts'
import { sameName } from './name.ts'
import { EMPTY, type Packet, type Question, type ResourceRecord, TYPE } from './packet.ts'
import type { Family, Source, To } from './wire.ts'

/** Milliseconds, RFC 6762 §8.1: before the first probe at most, between probes; after losing, before trying again. */
const PROBE = { delay: 250, apart: 250, times: 3, lost: 1_000 } as const
/** §8.3: announcements and the milliseconds between them. */
const ANNOUNCE = { times: 2, apart: 1_000 } as const
/** §6: the delay of an answer that others may give too, and of one after a truncated question, in milliseconds. */
const DELAY = { shared: [20, 120], truncated: [400, 500] } as const
/** §6: the same record is not multicast again within this time, in milliseconds; to defend a name it may be sooner. */
const AGAIN = { answer: 1_000, defence: 250 } as const
/** §6.7: what goes to one who knows no multicast DNS is kept no longer, in seconds. */
const LEGACY_TTL = 10
const MDNS_PORT = 5353
/** Askers whose known answers are still coming, and packets of them. */
const UNFINISHED_CAP = 16
const CONTINUED_CAP = 8
/** Answers by unicast, a second: a spoofed source is not flooded through us. */
const UNICASTS_CAP = 20

export interface ResponderContext {
  readonly clock: Clock
  /** 0 to 1. */
  readonly random: () => number
  readonly send: (packet: Packet, to: To) => void
  readonly families: () => readonly Family[]
  /** Our records on every interface: hearing one of them is no conflict. */
  readonly ours: () => readonly ResourceRecord[]
  /** Another host has that name; whoever owns the names chooses others. */
  readonly conflict: (which: 'instance' | 'host') => void
}

interface Unfinished {
  readonly questions: Question[]
  readonly known: ResourceRecord[]
  packets: number
}

export class Responder {
  readonly #context: ResponderContext
  readonly #records: ClaimRecords
  #state: 'probing' | 'held' | 'ended' = 'probing'
  #cancel: () => void = () => undefined
  readonly #sent = { 4: new Map<ResourceRecord, number>(), 6: new Map<ResourceRecord, number>() }
  readonly #due = { 4: new Set<ResourceRecord>(), 6: new Set<ResourceRecord>() }
  readonly #flush: { 4?: () => void; 6?: () => void } = {}
  readonly #unfinished = new Map<string, Unfinished>()
  #unicasts = { second: 0, count: 0 }

  constructor(records: ClaimRecords, context: ResponderContext) {
    this.#records = records
    this.#context = context
    this.#probeSoon(context.random() * PROBE.delay)
  }

  get records(): ClaimRecords {
    return this.#records
  }

  /** Whether the names are ours here and answered for. */
  get isHeld(): boolean {
    return this.#state === 'held'
  }

  /** Says that this device is gone, if anybody was told that it is there, and falls silent. */
  end(): void {
    const wasHeld = this.#state === 'held'
    this.#state = 'ended'
    this.#cancel()
    this.#forget()
    if (!wasHeld) return
    const { shared, unique } = this.#records
    const own = shared.filter(({ name }) => !sameName(name, SERVICES))
    this.#multicast({ ...EMPTY, response: true, answers: [...own, ...unique].map(ended) })
  }

  receive(packet: Packet, from: Source): void {
    if (this.#state === 'ended') return
    if (packet.response) this.#hearAnswer(packet)
    else this.#hearQuestion(packet, from)
  }

  #hearAnswer({ answers, additionals }: Packet): void {
    const { ours, conflict } = this.#context
    const lost = contested([...answers, ...additionals], this.#records, ours())
    if (lost === null) return
    if (this.#state === 'probing') conflict(lost)
    // §9: whoever holds a name that another claims asks again whether it is free; the other one does the same.
    else this.#probeSoon(0)
  }

  #hearQuestion(packet: Packet, from: Source): void {
    const others = packet.authorities.filter(
      (record) => !this.#context.ours().some((own) => sameRecord(own, record)),
    )
    if (this.#state === 'probing') {
      if (others.length > 0 && losesTo(others, this.#records)) this.#probeSoon(PROBE.lost)
      return
    }
    const { questions, answers } = packet
    const unfinished = this.#unfinished.get(from.address)
    if (from.port !== MDNS_PORT) this.#answerLegacy(packet, from)
    else if (packet.authorities.length > 0)
      this.#multicastOnce(questions, answers, from.family, AGAIN.defence)
    else if (unfinished !== undefined) this.#continue(unfinished, packet)
    else if (packet.truncated && this.#unfinished.size < UNFINISHED_CAP) this.#await(packet, from)
    else this.#answerSoon(questions, answers, from)
  }

  #await(packet: Packet, from: Source): void {
    const asked = { questions: [...packet.questions], known: [...packet.answers], packets: 1 }
    this.#unfinished.set(from.address, asked)
    this.#context.clock.after(this.#between(DELAY.truncated), () => {
      if (!this.#unfinished.delete(from.address) || this.#state !== 'held') return
      this.#answerSoon(asked.questions, asked.known, from)
    })
  }

  #continue(asked: Unfinished, { questions, answers }: Packet): void {
    if (++asked.packets > CONTINUED_CAP) return
    asked.questions.push(...questions)
    asked.known.push(...answers)
  }

  /** §5.4: a question for unicast gets it, if everybody heard the answer not long ago. */
  #answerSoon(questions: readonly Question[], known: readonly ResourceRecord[], from: Source): void {
    const { clock } = this.#context
    const sent = this.#sent[from.family]
    const wasHeard = (record: ResourceRecord) =>
      clock.now() - (sent.get(record) ?? Number.NEGATIVE_INFINITY) < (record.ttl * 1000) / 4
    const direct = answer(
      this.#records,
      questions.filter(({ unicast }) => unicast),
      known,
    )
    const isDirect = direct.answers.length > 0 && direct.answers.every(wasHeard)
    if (isDirect && this.#mayUnicast()) this.#context.send({ ...EMPTY, response: true, ...direct }, from)
    const rest = isDirect ? questions.filter(({ unicast }) => !unicast) : questions
    const { answers } = answer(this.#records, rest, known)
    if (answers.length === 0) return
    const due = this.#due[from.family]
    for (const record of answers) due.add(record)
    const delay = answers.some(({ type }) => type === TYPE.PTR) ? this.#between(DELAY.shared) : 0
    this.#flush[from.family] ??= clock.after(delay, () => this.#flushNow(from.family))
  }

  #flushNow(family: Family): void {
    delete this.#flush[family]
    const due = [...this.#due[family]]
    this.#due[family].clear()
    const questions = due.map(({ name, type }) => ({ name, type, unicast: false }))
    const isDue = (record: ResourceRecord) => due.includes(record)
    this.#multicastOnce(questions, [], family, AGAIN.answer, isDue)
  }

  /** Answers all who listen, except with what they heard less than `apart` milliseconds ago. */
  #multicastOnce(
    questions: readonly Question[],
    known: readonly ResourceRecord[],
    family: Family,
    apart: number,
    isWanted: (record: ResourceRecord) => boolean = () => true,
  ): void {
    if (this.#state !== 'held') return
    const sent = this.#sent[family]
    const now = this.#context.clock.now()
    const { answers, additionals } = answer(this.#records, questions, known)
    const fresh = answers.filter(
      (record) => isWanted(record) && !(Math.abs(now - (sent.get(record) ?? 0)) < apart),
    )
    if (fresh.length === 0) return
    this.#send({ ...EMPTY, response: true, answers: fresh, additionals }, family)
  }

  #answerLegacy({ id, questions, answers: known }: Packet, from: Source): void {
    const { answers, additionals } = answer(this.#records, questions, known)
    if (answers.length === 0 || !this.#mayUnicast()) return
    const plain = (record: ResourceRecord) => ({
      ...record,
      flush: false,
      ttl: Math.min(record.ttl, LEGACY_TTL),
    })
    const asked = questions.slice(0, 1)
    const reply = { answers: answers.map(plain), additionals: additionals.map(plain) }
    this.#context.send({ ...EMPTY, id, response: true, questions: asked, ...reply }, from)
  }

  #mayUnicast(): boolean {
    const second = Math.floor(this.#context.clock.now() / 1000)
    if (second !== this.#unicasts.second) this.#unicasts = { second, count: 0 }
    return ++this.#unicasts.count <= UNICASTS_CAP
  }

  #probeSoon(delay: number): void {
    this.#cancel()
    this.#state = 'probing'
    this.#cancel = this.#context.clock.after(delay, () => this.#probe(PROBE.times))
  }

  #probe(left: number): void {
    if (left === 0) {
      this.#state = 'held'
      this.#announce(ANNOUNCE.times)
      return
    }
    const { instance, host, unique } = this.#records
    const questions = [instance, host].map((name) => ({ name, type: TYPE.ANY, unicast: false }))
    this.#multicast({
      ...EMPTY,
      questions,
      authorities: unique.map((record) => ({ ...record, flush: false })),
    })
    this.#cancel = this.#context.clock.after(PROBE.apart, () => this.#probe(left - 1))
  }

  #announce(left: number): void {
    this.#cancel()
    const { shared, unique, nothingElse } = this.#records
    this.#multicast({ ...EMPTY, response: true, answers: [...shared, ...unique], additionals: nothingElse })
    if (left > 1) this.#cancel = this.#context.clock.after(ANNOUNCE.apart, () => this.#announce(left - 1))
  }

  #multicast(packet: Packet): void {
    if (packet.answers.length + packet.questions.length === 0) return
    for (const family of this.#context.families()) this.#send(packet, family)
  }

  #send(packet: Packet, family: Family): void {
    const now = this.#context.clock.now()
    for (const record of packet.response ? packet.answers : []) this.#sent[family].set(record, now)
    this.#context.send(packet, family)
  }

  /** What was sent or is due concerns other records. */
  #forget(): void {
    for (const family of [4, 6] as const) {
      this.#flush[family]?.()
      delete this.#flush[family]
      this.#due[family].clear()
      this.#sent[family].clear()
    }
    this.#unfinished.clear()
  }

  #between([least, most]: readonly [number, number]): number {
    return least + this.#context.random() * (most - least)
  }
}

function ended(record: ResourceRecord): ResourceRecord {
  return { ...record, ttl: 0 }
}
