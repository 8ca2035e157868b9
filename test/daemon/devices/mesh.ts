// Devices of one person without processes or sockets: real outboxes and copies, a network that a test cuts and delays, and disks
// that are behind. Nothing happens here by itself, so that a seed is enough to see it again.
import { Copy } from '../../../src/daemon/devices/copy.ts'
import { pack, type StoredCopy, unpack } from '../../../src/daemon/devices/copy-file.ts'
import { readAnswer } from '../../../src/daemon/devices/incoming.ts'
import { createOutbox, type Outbox } from '../../../src/daemon/devices/outbox.ts'
import type { OutboxMark } from '../../../src/daemon/devices/outbox-mark.ts'
import type { Totals } from '../../../src/daemon/tallies/totals.ts'
import { FIRST_QUARTER, linesOf, noTotals, recounted, setBucket } from './made-totals.ts'

export type Act =
  | { readonly kind: 'spend'; readonly who: number; readonly calls: number; readonly model: number }
  /** A call is told again with other numbers, or turns out to be a copy: the bucket is what `calls` says. */
  | { readonly kind: 'correct'; readonly who: number; readonly calls: number }
  | { readonly kind: 'nudge'; readonly who: number }
  | { readonly kind: 'pull'; readonly who: number; readonly from: number }
  | { readonly kind: 'arrive'; readonly who: number; readonly from: number }
  | { readonly kind: 'save'; readonly who: number }
  | { readonly kind: 'stop'; readonly who: number }
  | { readonly kind: 'kill'; readonly who: number }
  /** Devices of different `sides` (bits, by device) do not reach each other. */
  | { readonly kind: 'part'; readonly sides: number }
  | { readonly kind: 'wait'; readonly quarters: number }

const MODELS = ['claude-opus-4-8', 'gpt-5.5', '/home/alice/own.gguf', 'claude-haiku-4-5']

class Simulated {
  readonly name: string
  readonly skew: number
  totals: Totals = noTotals()
  outbox: Outbox
  copies = new Map<Simulated, Copy>()
  readonly #disk = new Map<Simulated, StoredCopy>()
  /** Answers under way, one for each device that was asked. */
  readonly pending = new Map<Simulated, Buffer | null>()
  #last: { quarter: number; model: string } | null = null

  constructor(name: string, skew: number) {
    this.name = name
    this.skew = skew
    this.outbox = this.#open(null)
  }

  meet(others: readonly Simulated[]): void {
    for (const other of others) if (other !== this) this.copies.set(other, new Copy())
  }

  spend(now: number, model: string, calls: number): void {
    const quarter = now + this.skew
    this.#last = { quarter, model }
    setBucket(this.totals, { quarter, agent: 'codex', model, activity: calls % 9, band: 0, calls })
  }

  correct(calls: number): void {
    if (this.#last === null) return
    setBucket(this.totals, { ...this.#last, agent: 'codex', activity: 1, band: 0, calls })
  }

  ask(other: Simulated): void {
    if (this.pending.has(other)) return
    const answer = other.outbox.answer(this.copies.get(other)!.cursor ?? undefined)
    this.pending.set(other, answer === null ? null : Buffer.from(JSON.stringify(answer)))
  }

  arrive(other: Simulated): void {
    const body = this.pending.get(other)
    this.pending.delete(other)
    if (body === undefined || body === null) return
    const read = readAnswer(body)
    if ('refusal' in read) throw new Error(`${this.name} refuses ${other.name}: ${read.refusal.says}`)
    const outcome = this.copies.get(other)!.apply(read.answer, 0)
    if (outcome.kind === 'refused') throw new Error(`${this.name} refuses ${other.name}: ${outcome.says}`)
  }

  save(): void {
    for (const [other, copy] of this.copies) this.#disk.set(other, pack(copy))
  }

  restart(isClean: boolean): void {
    if (isClean) this.save()
    const mark = isClean ? this.outbox.mark() : null
    this.totals = recounted(this.totals)
    this.outbox = this.#open(mark)
    this.pending.clear()
    for (const other of this.copies.keys()) {
      const stored = this.#disk.get(other)
      this.copies.set(other, stored === undefined ? new Copy() : unpack(stored))
    }
  }

  /** What it has of everybody, itself under the names that others see. */
  knows(asTold: Parameters<typeof linesOf>[1]): string {
    const all = [...this.copies].map(([other, { totals }]) => [other.name, linesOf(totals)] as const)
    const named = [...all, [this.name, linesOf(this.totals, asTold)] as const]
    return JSON.stringify(named.sort(([x], [y]) => (x < y ? -1 : 1)))
  }

  #open(mark: OutboxMark | null): Outbox {
    return createOutbox({
      quotas: () => [],
      totals: () => this.totals,
      name: () => this.name,
      timeZone: () => 'UTC',
      program: '0.2.0',
      mark,
    })
  }
}

export class Mesh {
  readonly devices: readonly Simulated[]
  #now = FIRST_QUARTER
  #sides = 0

  /** One device for each skew, in quarter-hours. */
  constructor(skews: readonly number[]) {
    this.devices = skews.map((skew, at) => new Simulated(`device-${at}`, skew))
    for (const device of this.devices) device.meet(this.devices)
  }

  act(act: Act): void {
    if (act.kind === 'wait') this.#now += act.quarters
    else if (act.kind === 'part') this.#part(act.sides)
    else {
      const who = this.#at(act.who)
      if (act.kind === 'spend') who.spend(this.#now, MODELS[act.model % MODELS.length]!, act.calls)
      else if (act.kind === 'correct') who.correct(act.calls)
      else if (act.kind === 'save') who.save()
      else if (act.kind === 'nudge') this.#nudge(who)
      else if (act.kind === 'stop' || act.kind === 'kill') this.#restart(who, act.kind === 'stop')
      else {
        const other = this.#at(act.from)
        if (other === who || !this.#reaches(who, other)) return
        if (act.kind === 'pull') who.ask(other)
        else who.arrive(other)
      }
    }
  }

  /** The network is whole again, and every device is nudged and asked until nobody has anything new. */
  settle(): void {
    this.#part(0)
    for (const device of this.devices) device.outbox.refresh()
    for (const device of this.devices) {
      for (const other of device.copies.keys()) {
        if (device.pending.has(other)) device.arrive(other)
        device.ask(other)
        device.arrive(other)
      }
    }
  }

  #at(index: number): Simulated {
    return this.devices[index % this.devices.length]!
  }

  #part(sides: number): void {
    this.#sides = sides
    for (const device of this.devices) {
      for (const other of [...device.pending.keys()]) {
        // What was under way is lost.
        if (!this.#reaches(device, other)) device.pending.delete(other)
      }
    }
  }

  #reaches(one: Simulated, other: Simulated): boolean {
    const side = (device: Simulated) => (this.#sides >>> this.devices.indexOf(device)) & 1
    return side(one) === side(other)
  }

  #nudge(who: Simulated): void {
    if (!who.outbox.refresh()) return
    for (const other of this.devices) {
      if (other !== who && this.#reaches(who, other)) other.ask(who)
    }
  }

  #restart(who: Simulated, isClean: boolean): void {
    who.restart(isClean)
    for (const other of this.devices) other.pending.delete(who)
  }
}
