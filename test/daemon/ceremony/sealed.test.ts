import { randomBytes } from 'node:crypto'
import t from 'tap'
import { LONGEST_FRAME, PIECE_BYTES, sealedFor } from '../../../src/daemon/ceremony/sealed.ts'

const facts = {
  secret: randomBytes(32),
  transfer: randomBytes(16),
  sender: randomBytes(32),
  receiver: randomBytes(32),
}
const MOST = 1024 * 1024

t.test('what the one seals the other opens, of any length up to the bound', async (t) => {
  for (const length of [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 10_000, MOST]) {
    const [sender, receiver] = [sealedFor('sender', facts, MOST), sealedFor('receiver', facts, MOST)]
    const message = randomBytes(length)
    const frames = sender.seal(message)
    t.ok(frames.every((frame) => frame.length <= LONGEST_FRAME && frame.length <= 1024))
    const opened = frames.map((frame) => receiver.open(frame))
    t.same(opened.slice(0, -1).filter(Boolean), [], 'only the last one completes it')
    t.same(opened.at(-1), message, `${length} bytes`)
    const [answer] = receiver.seal(Buffer.from('yes'))
    t.same(sender.open(answer!), Buffer.from('yes'))
  }
})

t.test('one byte more is not taken', async (t) => {
  const [sender, receiver] = [sealedFor('sender', facts, MOST), sealedFor('receiver', facts, 100)]
  t.throws(() => receiver.open(sender.seal(randomBytes(101))[0]!), { message: /too long/ })
})

t.test('a frame that is changed, left out, repeated, sent back or cut short does not open', async (t) => {
  const frames = () => sealedFor('sender', facts, MOST).seal(randomBytes(3 * PIECE_BYTES))
  const fresh = () => sealedFor('receiver', facts, MOST)
  const [first, second] = frames() as [Uint8Array, Uint8Array, Uint8Array]
  t.throws(() => fresh().open(second), 'left out')
  const receiver = fresh()
  receiver.open(first)
  t.throws(() => receiver.open(first), 'repeated')
  for (const at of [0, 100, first.length - 1]) {
    const changed = Uint8Array.from(first)
    changed[at]! ^= 1
    t.throws(() => fresh().open(changed), `byte ${at} changed`)
  }
  t.throws(() => fresh().open(first.subarray(0, 16)), 'cut short')
  t.throws(() => fresh().open(new Uint8Array(LONGEST_FRAME + 1)), 'too long')
  t.throws(() => sealedFor('sender', facts, MOST).open(first), 'sent back to who made it')
})

t.test('every fact is in the keys', async (t) => {
  const [frame] = sealedFor('sender', facts, MOST).seal(Buffer.from('it'))
  for (const name of ['secret', 'transfer', 'sender', 'receiver'] as const) {
    const other = { ...facts, [name]: randomBytes(facts[name].length) }
    t.throws(() => sealedFor('receiver', other, MOST).open(frame!), name)
  }
  const swapped = { ...facts, sender: facts.receiver, receiver: facts.sender }
  t.throws(() => sealedFor('receiver', swapped, MOST).open(frame!), 'who is who')
})
