// Pairing by comparing: honest sides agree, whatever is meddled with ends it, and nobody can grind the number.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { CEREMONY_VERSION, type CeremonyMessage, type Direction } from '../../../src/contract/ceremony.ts'
import { beginComparing, initiatorStep } from '../../../src/daemon/ceremony/compare-initiator.ts'
import { answerComparing, responderStep } from '../../../src/daemon/ceremony/compare-responder.ts'
import { commitmentTo, digitsOf } from '../../../src/daemon/ceremony/digits.ts'
import { agreedFlow } from '../../../src/daemon/ceremony/flow.ts'
import { encoded } from '../../../src/daemon/ceremony/message.ts'
import { bytesFrom, Party, talk } from './party.ts'

const DIRECTIONS: Direction[] = ['mutual', 'read', 'give']
const SEED = 20261121

interface Pair {
  readonly a?: string
  readonly b?: string
  readonly exporter?: string
  readonly wishA?: Direction
  readonly wishB?: Direction
  readonly seed?: string | number
}

function initiator({ a = 'A', b = 'B', exporter = 'E', wishA = 'mutual', seed = 0 }: Pair = {}) {
  const channel = { own: bytesFrom(a), peer: bytesFrom(b), exporter: bytesFrom(exporter) }
  const first = beginComparing({ ...channel, nonce: bytesFrom(`Na${seed}`), wish: wishA, name: 'laptop' })
  return new Party(first, initiatorStep)
}

function responder({ a = 'A', b = 'B', exporter = 'E', wishB = 'mutual', seed = 0 }: Pair = {}) {
  const channel = { own: bytesFrom(b), peer: bytesFrom(a), exporter: bytesFrom(exporter) }
  return new Party(answerComparing({ ...channel, nonce: bytesFrom(`Nb${seed}`), wish: wishB }), responderStep)
}

const yes = { type: 'confirmed', digits: null } as const

t.test('the bytes are those of the protocol', async (t) => {
  const [fingerprintA, fingerprintB, exporter] = [bytesFrom('A'), bytesFrom('B'), bytesFrom('E')]
  const [na, nb] = [bytesFrom('Na'), bytesFrom('Nb')]
  const compared = { fingerprintA, fingerprintB, exporter }
  const sha256 = (...parts: (string | Buffer)[]) =>
    createHash('sha256')
      .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
      .digest()
  const commitment = sha256('tallyd/sas/commit/1', fingerprintB, fingerprintA, exporter, nb)
  t.same(commitmentTo(nb, compared), commitment)
  const hash = sha256('tallyd/sas/1', fingerprintA, fingerprintB, exporter, na, nb)
  const number = BigInt(`0x${hash.subarray(0, 8).toString('hex')}`) % 1_000_000n
  t.equal(digitsOf(na, nb, compared), number.toString().padStart(6, '0'))
  t.throws(() => digitsOf(na.subarray(1), nb, compared), RangeError)
})

t.test('numbers have six digits, with zeros before them', async (t) => {
  const compared = { fingerprintA: bytesFrom('A'), fingerprintB: bytesFrom('B'), exporter: bytesFrom('E') }
  let padded = 0
  for (let seed = 0; seed < 500; seed++) {
    const digits = digitsOf(bytesFrom(seed), bytesFrom('Nb'), compared)
    if (!/^[0-9]{6}$/.test(digits)) t.fail(digits)
    if (digits.startsWith('0')) padded++
  }
  t.ok(padded > 20 && padded < 90, `${padded} of 500 begin with a zero`)
})

t.test('two honest sides show one number, and are paired when both say yes, in either order', async () => {
  fc.assert(
    fc.property(
      fc.record({
        a: fc.string(),
        b: fc.string(),
        exporter: fc.string(),
        wishA: fc.constantFrom(...DIRECTIONS),
        wishB: fc.constantFrom(...DIRECTIONS),
        seed: fc.nat(),
        bFirst: fc.boolean(),
      }),
      ({ bFirst, ...pair }) => {
        fc.pre(pair.a !== pair.b)
        const [a, b] = [initiator(pair), responder(pair)]
        talk(a, b)
        const flow = agreedFlow(pair.wishA, pair.wishB)
        if (flow === null) return a.why === 'nothingShared' && b.why === 'nothingShared'
        const [shownA, shownB] = [a.did('show')!, b.did('show')!]
        if (shownA.digits !== shownB.digits || shownB.claimedName !== 'laptop') return false
        for (const side of bFirst ? [b, a] : [a, b]) {
          if (a.settlement !== undefined || b.settlement !== undefined) return false
          side.tell(yes)
          talk(a, b)
        }
        const [heldByA, heldByB] = [a.did('storeToken')!.token, b.did('storeToken')!.token]
        return (
          a.at === 'paired' &&
          b.at === 'paired' &&
          heldByA === (flow.reads ? b.issued : null) &&
          heldByB === (flow.gives ? a.issued : null)
        )
      },
    ),
    { seed: SEED },
  )
})

t.test('the stricter wish wins, and both see it the same way', async (t) => {
  for (const one of DIRECTIONS) {
    for (const other of DIRECTIONS) {
      const [own, theirs] = [agreedFlow(one, other), agreedFlow(other, one)]
      t.equal(own?.reads ?? false, theirs?.gives ?? false)
      if (one === 'read') t.notOk(own?.gives)
      if (one === 'give') t.notOk(own?.reads)
    }
  }
  t.same(agreedFlow('mutual', 'mutual'), { reads: true, gives: true })
  t.same(agreedFlow('mutual', 'read'), { reads: false, gives: true })
  t.equal(agreedFlow('read', 'read'), null)
})

/** All messages of an honest ceremony, with who hears them. */
function honestMessages(): { readonly text: string; readonly to: 'a' | 'b' }[] {
  const [a, b] = [initiator(), responder()]
  const heard: { text: string; to: 'a' | 'b' }[] = []
  const listen = (side: typeof a | typeof b, to: 'a' | 'b') => {
    const hear = side.hear.bind(side)
    side.hear = (text) => {
      heard.push({ text, to })
      hear(text)
    }
  }
  listen(a, 'a')
  listen(b, 'b')
  talk(a, b)
  a.tell(yes)
  b.tell(yes)
  talk(a, b)
  return heard
}

/** A ceremony in which both humans say yes as soon as they are asked, and somebody meddles. */
function meddled(meddle: (text: string, index: number) => readonly string[]) {
  const [a, b] = [initiator(), responder()]
  let shown = 0
  const answering = (text: string, index: number) => meddle(text, index)
  shown += talk(a, b, (text, index) => answering(text, shown + index))
  const same = a.did('show')?.digits === b.did('show')?.digits && a.did('show') !== undefined
  if (a.at === 'comparing') a.tell(yes)
  if (b.at === 'comparing') b.tell(yes)
  talk(a, b, (text, index) => answering(text, shown + index))
  return { a, b, same }
}

const HONEST = honestMessages()

t.test('the honest ceremony has ten messages', async (t) => {
  const types = HONEST.map(({ text, to }) => `${to} hears ${(JSON.parse(text) as CeremonyMessage).type}`)
  t.same(types.slice(0, 4), ['b hears start', 'a hears commitment', 'b hears nonce', 'a hears nonce'])
  t.equal(types.length, 10)
  for (const side of ['a', 'b']) {
    const tail = types.slice(4).filter((type) => type.startsWith(side))
    t.same(
      tail,
      ['yes', 'token', 'done'].map((type) => `${side} hears ${type}`),
    )
  }
})

t.test('a message twice, in the wrong place, or left out never pairs its hearer', async () => {
  const types = HONEST.map(({ text }) => text)
  fc.assert(
    fc.property(
      fc.nat(types.length - 1),
      fc.constantFrom('twice', 'another', 'left out', 'rubbish', 'aborted'),
      fc.nat(types.length - 1),
      (at, how, other) => {
        const foreign = types[other]!
        const { a, b } = meddled((text, index) => {
          if (index !== at) return [text]
          if (how === 'twice') return [text, text]
          if (how === 'left out') return []
          if (how === 'rubbish') return [text.slice(0, -1)]
          if (how === 'aborted') return [JSON.stringify({ type: 'abort', reason: 'declined' })]
          return [foreign]
        })
        // A second `done` comes to one who is paired already, and changes nothing.
        fc.pre(how !== 'twice' || JSON.parse(types[at]!).type !== 'done')
        // Another message of the same type in its own place is no wrong place.
        fc.pre(how !== 'another' || JSON.parse(foreign).type !== JSON.parse(types[at]!).type)
        return !(a.at === 'paired' && b.at === 'paired')
      },
    ),
    { seed: SEED, numRuns: 300 },
  )
})

t.test('a nonce or a commitment of which one bit differs: refused, or two different numbers', async (t) => {
  const flipped = (field: 'nonce' | 'commitment', text: string, bit: number) => {
    const message = JSON.parse(text)
    const bytes = Buffer.from(message[field], 'base64url')
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    return JSON.stringify({ ...message, [field]: bytes.toString('base64url') })
  }
  const outcomes = new Set<string>()
  for (let bit = 0; bit < 256; bit++) {
    for (const [at, field] of [
      [1, 'commitment'],
      [2, 'nonce'],
      [3, 'nonce'],
    ] as const) {
      const { a, same } = meddled((text, index) => [index === at ? flipped(field, text, bit) : text])
      if (same) t.fail(`message ${at}, bit ${bit}`)
      outcomes.add(`${at} ${a.why ?? 'another number'}`)
    }
  }
  t.same([...outcomes].sort(), ['1 commitmentBroken', '2 another number', '3 commitmentBroken'])
})

t.test('other fingerprints or another connection: the numbers differ', async (t) => {
  for (const other of [{ a: 'X' }, { b: 'X' }, { exporter: 'X' }]) {
    const b = responder(other)
    b.hear(HONEST[0]!.text)
    b.hear(HONEST[2]!.text)
    const honest = meddled((text) => [text])
    t.not(b.did('show')?.digits, honest.a.did('show')?.digits, Object.keys(other).join())
    const a = initiator(other)
    talk(a, responder())
    t.equal(a.why, 'commitmentBroken', 'and the commitment does not open')
    t.equal(a.did('show'), undefined, 'nothing is shown')
  }
})

t.test('its own certificate, another version, a no, other digits, time, an end', async (t) => {
  t.equal(initiator({ a: 'same', b: 'same' }).why, 'ownCertificate')
  t.equal(responder({ a: 'same', b: 'same' }).why, 'ownCertificate')
  const newer = responder()
  newer.hear(JSON.stringify({ type: 'start', version: CEREMONY_VERSION + 1, direction: 'mutual', name: 'x' }))
  t.equal(newer.why, 'version')
  t.same(
    newer.outbox.map((text) => JSON.parse(text)),
    [{ type: 'abort', reason: 'version' }],
  )

  for (const [event, why] of [
    [{ type: 'refused', why: 'declined' }, 'declined'],
    [{ type: 'confirmed', digits: '12345' }, 'wrongDigits'],
    [{ type: 'timedOut' }, 'timedOut'],
    [{ type: 'closed' }, 'closed'],
  ] as const) {
    const [a, b] = [initiator(), responder()]
    talk(a, b)
    b.tell(event)
    talk(a, b)
    t.equal(b.why, why)
    if (why === 'closed') t.equal(a.why, undefined)
    else t.match(a.did('end'), { why, by: 'peer' }, 'the other side is told')
    const before = b.effects.length
    for (const late of [yes, { type: 'timedOut' }, { type: 'closed' }] as const) b.tell(late)
    b.hear(HONEST[0]!.text)
    t.equal(b.effects.length, before, 'nothing changes what has ended')
  }
})

t.test('the right --digits confirm; saying yes early or twice changes nothing', async (t) => {
  const [a, b] = [initiator(), responder()]
  a.tell(yes)
  b.tell(yes)
  talk(a, b)
  t.equal(a.at, 'comparing')
  t.equal(b.at, 'comparing', 'a yes to a number that was not there yet is none')
  b.tell({ type: 'confirmed', digits: a.did('show')!.digits })
  b.tell(yes)
  talk(a, b)
  t.equal(a.at, 'comparing')
  a.tell(yes)
  talk(a, b)
  t.same([a.at, b.at], ['paired', 'paired'])
})

t.test('each side says yes once, and no yes counts for the other', async (t) => {
  const [a, b] = [initiator(), responder()]
  talk(a, b)
  const theirs = JSON.stringify({ type: 'yes' })
  a.hear(theirs)
  t.equal(a.at, 'comparing', 'their yes is not ours')
  a.hear(theirs)
  t.equal(a.why, 'outOfOrder')
  b.tell(yes)
  t.equal(b.at, 'comparing', 'our yes is not theirs')
  t.equal(b.did('agreed'), undefined)
})

t.test('before the humans agree nothing leaves but start, commitment and nonces', async (t) => {
  const said: string[] = []
  const [a, b] = [initiator(), responder()]
  talk(a, b, (text) => {
    said.push(JSON.parse(text).type)
    return [text]
  })
  t.same(said, ['start', 'commitment', 'nonce', 'nonce'])
})

/**
 * The attacker between A and B holds one certificate towards each, completes the ceremony with B first, and then wants A to
 * show the number that B shows: `nonceFor` chooses the nonce that he opens to A, after A's is known.
 */
function attack(trial: number, tells: number, grinds: boolean) {
  const toB = { a: 'attacker', b: 'B', exporter: 'E2', seed: `${trial}` }
  const b = responder(toB)
  const asA = initiator({ ...toB, seed: `attacker ${trial}` })
  talk(asA, b)
  const wanted = b.did('show')!.digits

  const a = initiator({ a: 'A', b: 'attacker', exporter: 'E1', seed: `${trial}` })
  const compared = {
    fingerprintA: bytesFrom('A'),
    fingerprintB: bytesFrom('attacker'),
    exporter: bytesFrom('E1'),
  }
  const committed = bytesFrom(`committed ${trial}`)
  a.hear(
    JSON.stringify({
      type: 'commitment',
      direction: 'mutual',
      commitment: encoded(commitmentTo(committed, compared)),
    }),
  )
  a.outbox.shift()
  const nonceA = Buffer.from(JSON.parse(a.outbox.shift()!).nonce, 'base64url')
  const opened = grinds ? grind(nonceA, wanted, tells, compared) : committed
  a.hear(JSON.stringify({ type: 'nonce', nonce: encoded(opened) }))
  return { a, wanted, would: digitsOf(nonceA, opened, compared) }
}

/** A nonce with which the last `tells` digits are the wanted ones. */
function grind(
  nonceA: Buffer,
  wanted: string,
  tells: number,
  compared: Parameters<typeof digitsOf>[2],
): Buffer {
  const nonce = Buffer.alloc(32)
  for (let tried = 0; ; tried++) {
    nonce.writeUInt32BE(tried)
    if (digitsOf(nonceA, nonce, compared).endsWith(wanted.slice(-tells))) return Buffer.from(nonce)
  }
}

t.test('the grinder: breaks a ceremony without commitment every time, ours never', async (t) => {
  // Without the commitment A takes whatever nonce comes after its own: what it would show is what the attacker wants.
  let broken = 0
  let refused = 0
  let shown = 0
  for (let trial = 0; trial < 200; trial++) {
    const { a, wanted, would } = attack(trial, 3, true)
    if (would.slice(-3) === wanted.slice(-3)) broken++
    if (a.why === 'commitmentBroken') refused++
    if (a.did('show') !== undefined) shown++
  }
  t.equal(broken, 200, 'positive control: without the commitment all 200 are broken, at three digits')
  t.equal(refused, 200, 'with it all 200 are refused')
  t.equal(shown, 0, 'and show nothing')
})

t.test('an attacker who opens what he committed to hits the number as often as chance does', async (t) => {
  let hits = 0
  for (let trial = 0; trial < 2_000; trial++) {
    const { a, wanted } = attack(trial, 0, false)
    const { digits } = a.did('show')!
    if (digits.slice(-2) === wanted.slice(-2)) hits++
    if (digits === wanted) t.fail('all six digits by chance')
  }
  t.ok(hits >= 5 && hits <= 40, `two of six digits agree in ${hits} of 2,000, chance says 20`)
})
