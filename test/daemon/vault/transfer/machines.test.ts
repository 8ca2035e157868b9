// The two machines of a transfer against each other: whatever is delivered, lost, taken back, too late or cut off, in whatever order, the
// sender never says that nothing was saved where something was, nor that it was saved where it was not.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { TransferMessage } from '../../../../src/contract/transfer-wire.ts'
import {
  beginReceiving,
  type ReceivingEvent,
  type ReceivingState,
  type ReceivingStep,
  receivingStep,
} from '../../../../src/daemon/vault/transfer/receiving.ts'
import {
  OFFERED,
  type SendingEvent,
  type SendingState,
  type SendingStep,
  sendingStep,
} from '../../../../src/daemon/vault/transfer/sending.ts'

const OUTCOME = { saved: ['minio'], reused: [], renamed: [], replaced: [], declined: [] }
const OFFER = { type: 'offer', name: 'desk', items: 1, waitsMs: 60_000 } as const
const ITEMS = { type: 'items', secrets: [{}], configs: [] } as const

const MOVES = [
  'toSender',
  'toReceiver',
  'decide',
  'want',
  'senderCancels',
  'receiverCancels',
  'senderWaitsNoMore',
  'receiverWaitsNoMore',
  'cut',
  'comeAgain',
  'saved',
  'unsaved',
] as const
type Move = (typeof MOVES)[number]

/** The two, the messages under way, and the receiver's vault. */
class World {
  sender: SendingState = OFFERED
  receiver: ReceivingState
  readonly by: 'code' | 'pairing'
  toSender: TransferMessage[] = []
  toReceiver: TransferMessage[] = []
  isUp = true
  isSaving = false
  stored = 0
  senderHungUp = false
  receiverHungUp = false

  constructor(by: 'code' | 'pairing') {
    this.by = by
    const begun = beginReceiving(by === 'code')
    this.receiver = begun.state
    this.tellSender({ type: 'met', again: false })
  }

  tellSender(event: SendingEvent): void {
    const { state, effects }: SendingStep = sendingStep(this.sender, event, this.by)
    this.sender = state
    for (const effect of effects) {
      if (effect.type === 'hangUp') this.senderHungUp = true
      const message = effect.type === 'send' ? effect.message : effect.type === 'offer' ? OFFER : ITEMS
      if (effect.type === 'deadline' || effect.type === 'hangUp' || effect.type === 'accepted' || !this.isUp)
        continue
      this.toReceiver.push(message as TransferMessage)
    }
  }

  tellReceiver(event: ReceivingEvent): void {
    const { state, effects }: ReceivingStep = receivingStep(this.receiver, event)
    this.receiver = state
    for (const effect of effects) {
      if (effect.type === 'send' && this.isUp) this.toSender.push(effect.message)
      if (effect.type === 'accept' && this.isUp) this.toSender.push({ type: 'accept', name: 'laptop' })
      if (effect.type === 'hangUp') this.receiverHungUp = true
      if (effect.type === 'save') {
        assert.equal(this.isSaving, false, 'it is saved once')
        this.isSaving = true
      }
    }
  }

  move(move: Move): void {
    switch (move) {
      case 'toSender':
        this.#deliver(this.toSender, (event) => this.tellSender(event))
        break
      case 'toReceiver':
        this.#deliver(this.toReceiver, (event) => this.tellReceiver(event))
        break
      case 'decide':
        this.tellReceiver({ type: 'decided' })
        break
      case 'want':
        this.tellReceiver({ type: 'wanted' })
        break
      case 'senderCancels':
        this.tellSender({ type: 'cancelled' })
        break
      case 'receiverCancels':
        this.tellReceiver({ type: 'refused', why: 'cancelledByReceiver' })
        break
      case 'senderWaitsNoMore':
        this.tellSender({ type: 'timedOut' })
        break
      case 'receiverWaitsNoMore':
        this.tellReceiver({ type: 'timedOut' })
        break
      case 'cut':
        this.#cut()
        break
      case 'comeAgain':
        this.#comeAgain()
        break
      case 'saved':
        if (!this.isSaving || this.stored > 0) break
        this.stored++
        this.tellReceiver({ type: 'saved', outcome: OUTCOME })
        break
      case 'unsaved':
        if (!this.isSaving || this.stored > 0) break
        this.isSaving = false
        this.tellReceiver({ type: 'unsaved' })
        break
    }
  }

  #deliver(
    queue: TransferMessage[],
    tell: (event: { type: 'received'; message: TransferMessage }) => void,
  ): void {
    const message = queue.shift()
    if (this.isUp && message !== undefined) tell({ type: 'received', message })
  }

  /** What is under way is lost. */
  #cut(): void {
    if (!this.isUp) return
    this.isUp = false
    this.toSender = []
    this.toReceiver = []
    this.tellSender({ type: 'closed' })
    this.tellReceiver({ type: 'closed' })
  }

  /** A receiver that was cut off, or restarted, goes to the sender again, which lets it in only where it was told to save. */
  #comeAgain(): void {
    if (this.isUp || this.isSaving !== this.stored > 0) return
    if (this.sender.at !== 'reviewed' && this.sender.at !== 'committed') return
    this.isUp = true
    this.tellSender({ type: 'met', again: true })
    this.toSender.push(this.stored > 0 ? { type: 'outcome', outcome: OUTCOME } : { type: 'lost' })
    // Only the answer is said over that line: the receiver's own machine is over, or saving is not under way.
    if (this.stored === 0) this.receiver = { at: 'failed', why: 'closed' }
  }
}

/** Mostly it goes on; else it would never come far. */
const ONWARD = ['toSender', 'toReceiver', 'want', 'decide', 'saved'] as const
const move = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom<Move>(...ONWARD) },
  { weight: 1, arbitrary: fc.constantFrom(...MOVES) },
)

const NOTHING_SAVED = ['declined', 'expired', 'failed']

/** What must hold at any moment. */
function check({ sender, receiver, stored, isSaving }: World): void {
  if (sender.at === 'committed') assert.equal(stored, 1, 'what the sender calls saved is saved')
  if (NOTHING_SAVED.includes(sender.at) && 'why' in sender && sender.why !== 'unknown') {
    assert.equal(stored, 0, `the sender says ${sender.at}, ${sender.why}`)
    assert.equal(isSaving && receiver.at === 'reviewed', false, 'nor will it be')
  }
  if (NOTHING_SAVED.includes(receiver.at)) assert.equal(stored, 0, `the receiver says ${receiver.at}`)
  if (receiver.at === 'committed') assert.equal(stored, 1)
}

for (const by of ['code', 'pairing'] as const) {
  t.test(`${by}: whatever happens, neither side says what is not so`, async (t) => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60, size: 'max' }), (moves) => {
        const world = new World(by)
        for (const move of moves) {
          world.move(move)
          check(world)
        }
        const ends = `${world.sender.at} ${world.receiver.at}`
        seen.set(ends, (seen.get(ends) ?? 0) + 1)
      }),
      { numRuns: 20_000 },
    )
    // The property is worth something only where it came everywhere.
    for (const ends of ['committed committed', 'declined declined', 'failed failed', 'expired expired']) {
      t.ok((seen.get(ends) ?? 0) > 20, `${ends}: ${seen.get(ends)} times`)
    }
  })

  t.test(`${by}: left alone, it is committed on both sides`, async (t) => {
    const world = new World(by)
    const path: Move[] = [
      'toReceiver',
      'want',
      'toSender',
      'toReceiver',
      'decide',
      'toSender',
      'toReceiver',
      'saved',
      'toSender',
      'toReceiver',
    ]
    for (const move of path) world.move(move)
    t.match(world.sender, { at: 'committed', outcome: OUTCOME })
    t.match(world.receiver, { at: 'committed', told: true })
    t.ok(world.senderHungUp && world.receiverHungUp)
  })
}

t.test('the sender tells who asks again, and takes back nothing that is being saved', async (t) => {
  const saving: SendingState = { at: 'reviewed' }
  t.same(sendingStep(saving, { type: 'cancelled' }, 'code'), { state: saving, effects: [] })
  t.same(sendingStep(saving, { type: 'closed' }, 'code'), { state: saving, effects: [] })
  const lost = sendingStep(saving, { type: 'received', message: { type: 'lost' } }, 'code')
  t.match(lost.state, { at: 'failed', why: 'lost' })
  t.match(sendingStep(saving, { type: 'timedOut' }, 'code').state, { at: 'failed', why: 'unknown' })
})

t.test('a receiver that comes anew has nothing of what it had before', async (t) => {
  const anew = { type: 'met', again: false } as const
  t.match(sendingStep({ at: 'accepted' }, anew, 'pairing').state, { at: 'failed', why: 'closed' })
})

t.test('a message that has no place there, or cannot be read, ends it on both sides', async (t) => {
  for (const message of [null, { type: 'done' }, ITEMS] as const) {
    const event = { type: 'received', message } as { type: 'received'; message: TransferMessage | null }
    const met = sendingStep(OFFERED, { type: 'met', again: false }, 'code').state
    t.match(sendingStep(met, event, 'code').state, { at: 'failed', why: 'unreadable' })
    t.match(receivingStep(beginReceiving(false).state, event).state, { at: 'failed', why: 'unreadable' })
  }
})
