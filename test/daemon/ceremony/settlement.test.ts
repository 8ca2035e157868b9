// The settlement: killed at every step of either side, what is on the two disks is paired, not paired, or half-paired.
import t from 'tap'
import type { CeremonyMessage } from '../../../src/contract/ceremony.ts'
import type { Flow } from '../../../src/daemon/ceremony/flow.ts'
import type { CommonEvent } from '../../../src/daemon/ceremony/machine.ts'
import {
  beginSettling,
  type SettlementEffect,
  type SettlementState,
  settlementStep,
} from '../../../src/daemon/ceremony/settlement.ts'

const TOKEN = `tallyd_${'A'.repeat(43)}`
const BOTH: Flow = { reads: true, gives: true }

interface Disk {
  state: 'nothing' | 'provisional' | 'active'
  issued: string | null
  held: string | null
}

/** Carries out effects until it has carried out `lives` of them; then it is dead. */
class Device {
  readonly disk: Disk = { state: 'nothing', issued: null, held: null }
  readonly outbox: CeremonyMessage[] = []
  readonly done: string[] = []
  #state: SettlementState
  #lives: number

  constructor(flow: Flow, lives = Number.POSITIVE_INFINITY) {
    this.#lives = lives
    const { state, effects } = beginSettling({
      flow,
      issued: flow.gives ? TOKEN : null,
      name: 'a device',
      port: 4765,
    })
    this.#state = state
    this.#carryOut(effects)
  }

  get isDead(): boolean {
    return this.#lives <= 0
  }

  hear(message: CeremonyMessage): void {
    this.tell({ type: 'received', message })
  }

  tell(event: Parameters<typeof settlementStep>[1]): void {
    if (this.isDead) return
    const { state, effects } = settlementStep(this.#state, event)
    this.#state = state
    this.#carryOut(effects)
  }

  #carryOut(effects: readonly SettlementEffect[]): void {
    for (const effect of effects) {
      if (this.isDead) return
      this.#lives--
      this.done.push(effect.type)
      if (effect.type === 'send') this.outbox.push(effect.message)
      if (effect.type === 'storeProvisional')
        Object.assign(this.disk, { state: 'provisional', issued: effect.issued })
      if (effect.type === 'storeToken') this.disk.held = effect.token
      if (effect.type === 'activate') this.disk.state = 'active'
      if (effect.type === 'discard') this.disk.state = 'nothing'
    }
  }
}

function settle(a: Device, b: Device): void {
  while (a.outbox.length > 0 || b.outbox.length > 0) {
    const [from, to] = a.outbox.length > 0 ? [a, b] : [b, a]
    to.hear(from.outbox.shift()!)
  }
  // A dead side's connection ends.
  if (a.isDead) b.tell({ type: 'closed' })
  if (b.isDead) a.tell({ type: 'closed' })
}

t.test('each step is stored before the message that tells of it', async (t) => {
  const [a, b] = [new Device(BOTH), new Device(BOTH)]
  settle(a, b)
  for (const { done, disk } of [a, b]) {
    t.same(done, ['storeProvisional', 'send', 'storeToken', 'send', 'activate'])
    t.same(disk, { state: 'active', issued: TOKEN, held: TOKEN })
  }
})

t.test('killed after any number of steps of either side', async (t) => {
  const seen = new Set<string>()
  for (let lives = 1; lives <= 5; lives++) {
    for (const dies of ['a', 'b']) {
      const a = new Device(BOTH, dies === 'a' ? lives : undefined)
      const b = new Device(BOTH, dies === 'b' ? lives : undefined)
      settle(a, b)
      const states = [a.disk.state, b.disk.state]
      // A provisional device dies at a restart.
      const outcome = states
        .map((state) => (state === 'active' ? 'paired' : 'not'))
        .sort()
        .join(', ')
      seen.add(outcome)
      for (const [own, other] of [
        [a.disk, b.disk],
        [b.disk, a.disk],
      ] as const) {
        if (own.state !== 'active') continue
        t.equal(own.held, TOKEN, 'active means that it holds the token of the other')
        t.equal(other.held, TOKEN, 'and that the other holds its token')
      }
    }
  }
  t.same([...seen].sort(), ['not, not', 'not, paired', 'paired, paired'])
})

t.test('one-way: no token where none is given, and one that comes all the same is refused', async (t) => {
  const [reader, giver] = [
    new Device({ reads: true, gives: false }),
    new Device({ reads: false, gives: true }),
  ]
  settle(reader, giver)
  t.same(reader.disk, { state: 'active', issued: null, held: TOKEN })
  t.same(giver.disk, { state: 'active', issued: TOKEN, held: null })
  for (const [flow, token] of [
    [{ reads: false, gives: true }, TOKEN],
    [{ reads: true, gives: false }, null],
  ] as const) {
    const device = new Device(flow)
    device.hear({ type: 'token', name: 'x', port: null, token })
    t.equal(device.disk.state, 'nothing')
    t.match(device.outbox.at(-1), { type: 'abort', reason: 'badToken' })
  }
  t.throws(() => beginSettling({ flow: BOTH, issued: null, name: 'x', port: null }), RangeError)
  t.throws(
    () => beginSettling({ flow: { reads: true, gives: false }, issued: TOKEN, name: 'x', port: null }),
    RangeError,
  )
})

t.test('anything else before the end discards what was written', async (t) => {
  const token = { type: 'token', name: 'x', port: null, token: TOKEN } as const
  for (const before of [[], [token]]) {
    const events: CommonEvent[] = [
      { type: 'received', message: null },
      { type: 'received', message: { type: 'yes' } },
      { type: 'received', message: before.length === 0 ? { type: 'done' } : token },
      { type: 'received', message: { type: 'abort', reason: 'failed' } },
      { type: 'refused', why: 'failed' },
      { type: 'timedOut' },
      { type: 'closed' },
    ]
    for (const event of events) {
      const device = new Device(BOTH)
      for (const message of before) device.hear(message)
      device.tell(event)
      t.equal(device.disk.state, 'nothing', JSON.stringify(event))
      device.hear(token)
      device.hear({ type: 'done' })
      t.equal(device.disk.state, 'nothing', 'and nothing revives it')
    }
  }
})

t.test('once paired, nothing that comes on the old connection changes it', async (t) => {
  const [a, b] = [new Device(BOTH), new Device(BOTH)]
  settle(a, b)
  const before = a.done.length
  for (const event of [
    { type: 'closed' },
    { type: 'timedOut' },
    { type: 'received', message: { type: 'done' } },
    { type: 'received', message: { type: 'abort', reason: 'failed' } },
  ] as const) {
    a.tell(event)
  }
  t.equal(a.done.length, before)
  t.equal(a.disk.state, 'active')
})
