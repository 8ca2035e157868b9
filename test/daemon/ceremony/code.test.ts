// Pairing by code: honest sides agree, a wrong code fails at the confirmation, nothing that is sent tells the code, and
// whatever is meddled with ends it.
import { randomBytes } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import fc from 'fast-check'
import t from 'tap'
import { CEREMONY_VERSION, type Direction } from '../../../src/contract/ceremony.ts'
import { settingOf } from '../../../src/daemon/ceremony/code.ts'
import { beginProving, proverStep } from '../../../src/daemon/ceremony/code-prover.ts'
import { secretsOf } from '../../../src/daemon/ceremony/code-secrets.ts'
import {
  beginVerifying,
  type VerifierEvent,
  verifierStep,
} from '../../../src/daemon/ceremony/code-verifier.ts'
import { agreedFlow } from '../../../src/daemon/ceremony/flow.ts'
import { encoded } from '../../../src/daemon/ceremony/message.ts'
import {
  confirmationOf,
  finishProver,
  keySchedule,
  RANDOM_BYTES,
  type Secrets,
  scalarFrom,
  shareOfProver,
  shareOfVerifier,
  transcriptOf,
} from '../../../src/daemon/ceremony/spake2plus.ts'
import { bytesFrom, Party, talk } from './party.ts'

const SEED = 20261121
const ORDER = p256.Point.Fn.ORDER
const WISHES: Direction[] = ['mutual', 'read', 'give']

/** Stands for scrypt where its slowness is beside the point: other code, other secrets. */
const quickly = (code: string): Secrets => {
  const number = BigInt(`0x${bytesFrom(code).toString('hex')}`)
  return { w0: 1n + (number % (ORDER - 1n)), w1: 1n + ((number * 7n) % (ORDER - 1n)) }
}

interface Side {
  readonly code?: string
  readonly exporter?: string
  readonly own?: string
  readonly peer?: string
  readonly wish?: Direction
  readonly random?: Buffer
}

function prover({
  code = '123456',
  exporter = 'E',
  own = 'P',
  peer = 'V',
  wish = 'mutual',
  random,
}: Side = {}) {
  const first = beginProving({
    own: bytesFrom(own),
    peer: bytesFrom(peer),
    exporter: bytesFrom(exporter),
    secrets: quickly(code),
    random: random ?? randomBytes(RANDOM_BYTES),
    wish,
  })
  return new Party(first, proverStep)
}

/** Admits every attempt as an open invitation would, unless it is told otherwise. */
function verifier(side: Side = {}, answer?: () => VerifierEvent) {
  const { code = '123456', exporter = 'E', own = 'V', peer = 'P', wish = 'mutual', random } = side
  const channel = { own: bytesFrom(own), peer: bytesFrom(peer), exporter: bytesFrom(exporter) }
  const party = new Party(beginVerifying({ ...channel, wish }), verifierStep)
  const hear = party.hear.bind(party)
  let counted = 0
  const admit = (): VerifierEvent => ({
    type: 'admitted',
    secrets: quickly(code),
    random: random ?? randomBytes(RANDOM_BYTES),
  })
  return Object.assign(party, {
    counted: () => counted,
    hear: (text: string) => {
      const before = party.effects.length
      hear(text)
      if (!party.effects.slice(before).some(({ type }) => type === 'count')) return
      counted++
      party.tell((answer ?? admit)())
    },
  })
}

t.test('two honest sides with one code are paired, with one key', async (t) => {
  for (const wishP of WISHES) {
    for (const wishV of WISHES) {
      const [p, v] = [prover({ wish: wishP }), verifier({ wish: wishV })]
      talk(p, v)
      const flow = agreedFlow(wishP, wishV)
      if (flow === null) {
        t.same([p.why, v.why], ['nothingShared', 'nothingShared'])
        t.equal(v.counted(), 0)
        continue
      }
      t.same([p.at, v.at], ['paired', 'paired'], `${wishP} and ${wishV}`)
      t.same(p.did('agreed')?.key, v.did('agreed')?.key)
      t.equal(p.did('agreed')?.key?.length, 32)
      t.same(p.did('agreed')?.flow, flow)
      t.equal(p.did('storeToken')?.token, flow.reads ? v.issued : null)
      t.equal(v.did('storeToken')?.token, flow.gives ? p.issued : null)
    }
  }
})

t.test('with the real secrets of a code', async (t) => {
  const [own, peer, exporter] = [bytesFrom('P'), bytesFrom('V'), bytesFrom('E')]
  const atProver = { own, peer, exporter }
  const atVerifier = { own: peer, peer: own, exporter }
  t.same(settingOf(atProver, 'prover'), settingOf(atVerifier, 'verifier'))
  t.same(settingOf(atProver, 'prover').context, Buffer.concat([Buffer.from('tallyd/pair/1'), exporter]))
  const [secrets, shown] = await Promise.all([
    secretsOf('604218', settingOf(atProver, 'prover')),
    secretsOf('604218', settingOf(atVerifier, 'verifier')),
  ])
  t.same(secrets, shown)
  const p = new Party(
    beginProving({ ...atProver, secrets, random: randomBytes(48), wish: 'mutual' }),
    proverStep,
  )
  const v = verifier({}, () => ({ type: 'admitted', secrets: shown, random: randomBytes(48) }))
  talk(p, v)
  t.same([p.at, v.at], ['paired', 'paired'])
})

t.test(
  'a wrong code: the typist stops at the confirmation, and says nothing that holds anything',
  async (t) => {
    fc.assert(
      fc.property(fc.nat(999_999), fc.nat(999_999), (typed, shown) => {
        fc.pre(typed !== shown)
        const [p, v] = [prover({ code: String(typed) }), verifier({ code: String(shown) })]
        const said: { type: string; reason?: string }[] = []
        talk(p, v, (text) => {
          said.push(JSON.parse(text))
          return [text]
        })
        const last = said[2]
        return (
          said.length === 3 &&
          last?.type === 'abort' &&
          last.reason === 'wrongCode' &&
          p.why === 'wrongCode' &&
          v.why === 'wrongCode' &&
          v.did('end')?.by === 'peer' &&
          v.counted() === 1 &&
          p.did('agreed') === undefined &&
          v.did('agreed') === undefined
        )
      }),
      { seed: SEED, numRuns: 30 },
    )
    t.pass()
  },
)

t.test('a confirmP that does not verify ends it at the verifier, and pairs nobody', async (t) => {
  for (let bit = 0; bit < 256; bit += 5) {
    const [p, v] = [prover(), verifier()]
    talk(p, v, (text, index) => [index === 2 ? flipped(text, 'confirmation', bit) : text])
    if (v.why !== 'wrongCode' || v.did('storeProvisional') !== undefined) t.fail(`bit ${bit}`)
  }
})

function flipped(text: string, field: string, bit: number): string {
  const message = JSON.parse(text)
  const bytes = Buffer.from(message[field], 'base64url')
  bytes[bit >> 3]! ^= 1 << (bit & 7)
  return JSON.stringify({ ...message, [field]: bytes.toString('base64url') })
}

t.test('a bit of a share or of confirmV that differs is refused', async (t) => {
  const outcomes = new Set<string>()
  for (let bit = 0; bit < 520; bit += 13) {
    for (const [at, field] of [
      [0, 'share'],
      [1, 'share'],
      [1, 'confirmation'],
    ] as const) {
      if (field === 'confirmation' && bit >= 256) continue
      const [p, v] = [prover(), verifier()]
      talk(p, v, (text, index) => [index === at ? flipped(text, field, bit) : text])
      if (p.did('agreed') !== undefined || v.did('agreed') !== undefined) t.fail(`message ${at}, bit ${bit}`)
      outcomes.add(`${at} ${field} ${p.why}`)
    }
  }
  t.same([...outcomes].sort(), ['0 share badShare', '1 confirmation wrongCode', '1 share badShare'])
})

t.test('another valid share in its place is refused', async (t) => {
  const [p, v] = [prover(), verifier()]
  const other = shareOfVerifier(2n, 3n)
  talk(p, v, (text, index) => [
    index === 1 ? JSON.stringify({ ...JSON.parse(text), share: encoded(other) }) : text,
  ])
  t.equal(p.why, 'wrongCode')
})

t.test('a relay of two legs fails at the confirmation: other fingerprints, another connection', async (t) => {
  for (const legs of [
    [{ exporter: 'E1' }, { exporter: 'E2' }],
    [{ peer: 'attacker' }, { peer: 'attacker' }],
    [
      { own: 'P', peer: 'attacker', exporter: 'E1' },
      { own: 'V', peer: 'attacker', exporter: 'E2' },
    ],
  ] as const) {
    const [p, v] = [prover(legs[0]), verifier(legs[1])]
    talk(p, v)
    t.same([p.why, v.why], ['wrongCode', 'wrongCode'])
    t.equal(p.did('agreed'), undefined)
  }
})

t.test('a message twice, in the wrong place, or left out never pairs both', async () => {
  const honest: string[] = []
  talk(prover(), verifier(), (text) => {
    honest.push(text)
    return [text]
  })
  const typeOf = (text: string) => JSON.parse(text).type as string
  fc.assert(
    fc.property(
      fc.nat(honest.length - 1),
      fc.constantFrom('twice', 'another', 'left out', 'rubbish'),
      fc.nat(honest.length - 1),
      (at, how, other) => {
        const [p, v] = [prover(), verifier()]
        fc.pre(how !== 'twice' || typeOf(honest[at]!) !== 'done')
        fc.pre(how !== 'another' || typeOf(honest[at]!) !== typeOf(honest[other]!))
        talk(p, v, (text, index) => {
          if (index !== at) return [text]
          if (how === 'twice') return [text, text]
          if (how === 'left out') return []
          return how === 'rubbish' ? [`${text},`] : [honest[other]!]
        })
        return !(p.at === 'paired' && v.at === 'paired')
      },
    ),
    { seed: SEED, numRuns: 100 },
  )
})

t.test('an attempt is counted when a well-formed share arrives, before anything is answered', async (t) => {
  const p = prover()
  const share = p.outbox.shift()!
  let sentBeforeCounting: number | undefined
  const v = verifier({}, () => {
    sentBeforeCounting = v.outbox.length
    return { type: 'refused', why: 'noInvitation' }
  })
  v.hear(share)
  t.equal(v.counted(), 1)
  t.equal(sentBeforeCounting, 0)
  t.same(
    v.outbox.map((text) => JSON.parse(text)),
    [{ type: 'abort', reason: 'noInvitation' }],
  )

  const bad = JSON.parse(share)
  for (const [message, why] of [
    [{ ...bad, share: encoded(Buffer.alloc(65)) }, 'badShare'],
    [{ ...bad, share: encoded(Buffer.alloc(65, 4)) }, 'badShare'],
    [{ ...bad, share: bad.share.slice(1) }, 'outOfOrder'],
    [{ ...bad, version: CEREMONY_VERSION + 1 }, 'version'],
    [{ type: 'confirmP', confirmation: encoded(Buffer.alloc(32)) }, 'outOfOrder'],
  ] as const) {
    const other = verifier()
    other.hear(JSON.stringify(message))
    t.equal(other.why, why)
    t.equal(other.counted(), 0, `${why} is not counted`)
  }
})

t.test(
  'while it is counted nothing may be said; before and after, being admitted changes nothing',
  async (t) => {
    const random = randomBytes(RANDOM_BYTES)
    const admitted = { type: 'admitted', secrets: quickly('123456'), random } as const
    const channel = {
      own: bytesFrom('V'),
      peer: bytesFrom('P'),
      exporter: bytesFrom('E'),
      wish: 'mutual',
    } as const
    const hasty = new Party(beginVerifying(channel), verifierStep)
    hasty.tell(admitted)
    t.equal(hasty.effects.length, 0)
    const share = prover().outbox.shift()!
    hasty.hear(share)
    hasty.hear(share)
    t.equal(hasty.why, 'outOfOrder')
    hasty.tell(admitted)
    t.equal(hasty.did('end') !== undefined && hasty.outbox.length === 1, true, 'only the abort left')
  },
)

t.test('its own certificate, no, time, an end', async (t) => {
  t.equal(prover({ own: 'same', peer: 'same' }).why, 'ownCertificate')
  t.equal(verifier({ own: 'same', peer: 'same' }).why, 'ownCertificate')
  for (const [event, why] of [
    [{ type: 'refused', why: 'declined' }, 'declined'],
    [{ type: 'timedOut' }, 'timedOut'],
    [{ type: 'closed' }, 'closed'],
  ] as const) {
    for (const side of [prover(), verifier()]) {
      side.common(event)
      t.equal(side.why, why)
      const before = side.effects.length
      side.common({ type: 'timedOut' })
      t.equal(side.effects.length, before)
    }
  }
})

t.test('what is sent before confirmP says nothing of the code: every share fits every code', async (t) => {
  // For each share and each other code there is exactly one scalar that would have made the same bytes: x' = x + (w0 - w0')m,
  // were m = log M known. Nobody knows it, so the test gives M's role to a point whose logarithm it chose.
  const m = 0x1234567n
  const { BASE } = p256.Point
  const M = BASE.multiply(m)
  const share = (w0: bigint, x: bigint) => BASE.multiply(x).add(M.multiply(w0)).toHex(false)
  for (const [typed, other] of [
    ['000000', '999999'],
    ['123456', '654321'],
  ] as const) {
    const [{ w0 }, { w0: guess }] = [quickly(typed), quickly(other)]
    const x = scalarFrom(randomBytes(RANDOM_BYTES))
    const alternative = (((x + (w0 - guess) * m) % ORDER) + ORDER) % ORDER
    t.equal(share(w0, x), share(guess, alternative))
  }
})

t.test(
  'shares of two codes cannot be told apart by their distribution, nor does a scalar repeat',
  async (t) => {
    const counts = ['000000', '123456'].map((code) => {
      const bits = new Array<number>(512).fill(0)
      const seen = new Set<string>()
      for (let round = 0; round < 400; round++) {
        const share = Buffer.from(JSON.parse(prover({ code }).outbox[0]!).share, 'base64url')
        seen.add(share.toString('hex'))
        for (let bit = 0; bit < 512; bit++) bits[bit]! += (share[1 + (bit >> 3)]! >> (bit & 7)) & 1
      }
      t.equal(seen.size, 400)
      return bits
    })
    // Each bit of both is fair: 200 of 400, standard deviation 10; 1,024 of them stay within six.
    for (const bits of counts)
      t.ok(
        bits.every((count) => Math.abs(count - 200) < 60),
        `${Math.min(...bits)}..${Math.max(...bits)}`,
      )
  },
)

t.test(
  'one attempt tests one guess: with a wrong one the answer fits no code, not even the right one',
  async (t) => {
    const codes = Array.from({ length: 50 }, (_, number) => String(number).padStart(6, '0'))
    const setting = settingOf(
      { own: bytesFrom('V'), peer: bytesFrom('P'), exporter: bytesFrom('E') },
      'verifier',
    )
    for (const [guess, fits] of [
      ['000012', []],
      ['000037', ['000037']],
    ] as const) {
      const x = scalarFrom(randomBytes(RANDOM_BYTES))
      const shareP = shareOfProver(quickly(guess).w0, x)
      const v = verifier({ code: '000037' })
      const message = {
        type: 'shareP',
        version: CEREMONY_VERSION,
        direction: 'mutual',
        share: encoded(shareP),
      }
      v.hear(JSON.stringify(message))
      const answer = JSON.parse(v.outbox.shift()!)
      const shareV = Buffer.from(answer.share, 'base64url')
      const found = codes.filter((code) => {
        const secrets = quickly(code)
        const exchange = { shareP, shareV, ...finishProver(secrets, x, shareV) }
        const keys = keySchedule(transcriptOf(setting, exchange, secrets.w0))
        return encoded(confirmationOf(keys.confirmV, shareP)) === answer.confirmation
      })
      t.same(
        found,
        fits,
        fits.length > 0 ? 'positive control: the search finds a right guess' : 'nothing fits',
      )
    }
  },
)
