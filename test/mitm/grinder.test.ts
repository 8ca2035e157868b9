// The grinder between two real daemons, with certificates and nonces that it makes until they fit: never do both show one number. The
// same grinder wins at once where the number is of certificates alone, and where nobody commits to a nonce first.
import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import type { CompareEvent } from '../../src/daemon/ceremony/compare.ts'
import {
  beginComparing,
  type InitiatorState,
  initiatorStep,
} from '../../src/daemon/ceremony/compare-initiator.ts'
import { answerComparing, responderStep } from '../../src/daemon/ceremony/compare-responder.ts'
import { commitmentTo, digitsOf } from '../../src/daemon/ceremony/digits.ts'
import { decoded, encoded } from '../../src/daemon/ceremony/message.ts'
import { agree } from '../../src/daemon/devices/ceremonies.ts'
import { ceremonyLine } from '../../src/daemon/devices/ceremony-line.ts'
import { bytesFrom, Party } from '../daemon/ceremony/party.ts'
import { ceremonyWith } from '../harness/ceremony-client.ts'
import { until } from '../harness/daemon.ts'
import { type Device, devices } from '../harness/devices.ts'
import { madeIdentity } from '../harness/stranger.ts'
import { type Between, type Faces, type Leg, legTo, standBefore } from './between.ts'
import {
  answerA,
  comparedByA,
  comparedByB,
  groundCertificates,
  groundNonce,
  heard,
  numberAtB,
  numberOfCertificates,
  type Trick,
} from './grinder.ts'

/** Ceremonies between real daemons, handshakes included; the whole 10,000 of them take minutes. */
const REAL = Number(process.env['TALLYD_GRINDS'] ?? 60)
/** Ceremonies of the daemons' own machines without daemons, connections and TLS around them. */
const SEEDED = 10_000
/** Digits that are ground: six take a million tries, and A waits 5 s. */
const TELLS = 3
/** The same where there are thousands of ceremonies. */
const FEW = 2
const TRICKS: readonly Trick[] = ['opens what fits', 'opens what it committed to']

async function two(t: Test): Promise<[Device, Device]> {
  const found = await devices(t, 2)
  for (const device of found) await device.call('sharing.set', { mode: 'always' })
  return found as [Device, Device]
}

/** What the owner of `device` sees of the comparison: the number, or why there is none. */
async function seenAt(device: Device): Promise<{ digits: string | null; why: string | null }> {
  const { comparison } = await device.call('pairing.show')
  return { digits: comparison?.digits ?? null, why: comparison?.why ?? null }
}

/** B's number, which its daemon holds for a minute: whatever is ground for it is ground at A. */
async function held(t: Test, b: Device, face: Parameters<typeof legTo>[2]) {
  const leg = await legTo(t, b.port, face)
  const line = ceremonyLine(leg.socket)
  const wanted = await numberAtB(line, comparedByB(leg), randomBytes(32))
  await until(async () => (await seenAt(b)).digits === wanted, 'B shows the number that the one between has')
  return { wanted, leg, line }
}

interface Grinding {
  readonly between: Between
  /** What A is to show. */
  wanted: string
  trick: Trick
  /** What A would show if it did not check what was committed to. */
  would: string
}

/** Answers everybody who comes as if it were B. */
async function grinding(t: Test, b: Device, faces: Faces, tells = TELLS): Promise<Grinding> {
  const state = { wanted: '', trick: TRICKS[0]!, would: '' }
  const between = await standBefore(
    t,
    b.port,
    (leg) => {
      const line = ceremonyLine(leg.socket)
      const { wanted, trick } = state
      answerA(line, comparedByA(leg), { wanted, trick, nonce: randomBytes(32), tells }).then(
        (would) => {
          state.would = would
        },
        () => leg.socket.terminate(),
      )
    },
    faces,
  )
  return Object.assign(state, { between })
}

t.test('between two real daemons: both never show one number', async (t) => {
  const [a, b] = await two(t)
  const [idA, idB] = [await a.id(), await b.id()]
  const { faces, made } = groundCertificates(idA, idB)
  const [towardsDialler, towardsDialled] = faces
  t.equal(
    numberOfCertificates(idA, towardsDialler.fingerprint),
    numberOfCertificates(towardsDialled.fingerprint, idB),
    `control: a number of certificates alone is the same on both sides, after ${made} certificates`,
  )
  const all = await grinding(t, b, { towardsDialler })
  all.wanted = (await held(t, b, towardsDialled)).wanted
  const outcomes = new Map<string, number>()
  let [same, wouldBeSame] = [0, 0]
  for (let attempt = 0; attempt < REAL; attempt++) {
    all.trick = TRICKS[attempt % 2]!
    await a.call('pairing.compare', { address: all.between.address }).catch(() => undefined)
    const { digits, why } = await seenAt(a)
    if (digits === all.wanted) same++
    if (all.would.slice(-TELLS) === all.wanted.slice(-TELLS)) wouldBeSame++
    const outcome = `${all.trick}: ${digits === null ? why : 'another number'}`
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    // What B shows lives for a minute.
    if ((await seenAt(b)).why !== null) all.wanted = (await held(t, b, towardsDialled)).wanted
  }
  t.same(Object.fromEntries(outcomes), {
    'opens what fits: commitmentBroken': REAL / 2,
    'opens what it committed to: another number': REAL / 2,
  })
  t.ok(wouldBeSame >= REAL / 2, 'each nonce that was ground would have fitted')
  // Chance, one in a million each time, is nobody's merit.
  t.ok(same <= 1, `${same} of ${REAL} show one number`)
  const { entries } = await a.call('audit.list', { limit: 1_000 })
  t.equal(entries.filter(({ what }) => what === 'tampered').length > 0, true, 'and A has it in its audit log')
  for (const device of [a, b]) t.equal((await device.call('devices.list')).devices.length, 1)
})

t.test('asking A first is of no use either: B is bound before it hears a nonce', async (t) => {
  const [a, b] = await two(t)
  for (let attempt = 0; attempt < 5; attempt++) {
    let wanted = ''
    let far: Leg | undefined
    const between = await standBefore(t, b.port, async (near, reach) => {
      const line = ceremonyLine(near.socket)
      const compared = comparedByA(near)
      await heard(line, 'start')
      const own = randomBytes(32)
      const commitment = encoded(commitmentTo(own, compared))
      line.send({ type: 'commitment', direction: 'mutual', commitment })
      wanted = digitsOf(decoded((await heard(line, 'nonce')).nonce), own, compared)
      // What A will show is known. B's nonce is not, so that the one for B can be ground only against a guess.
      far = await reach()
      const guess = { compared: comparedByB(far), nonceA: null, nonceB: randomBytes(32) }
      const fitting = groundNonce(guess, wanted, TELLS)!
      await numberAtB(ceremonyLine(far.socket), comparedByB(far), fitting)
      line.send({ type: 'nonce', nonce: encoded(own) })
    })
    await a.call('pairing.compare', { address: between.address })
    const [atA, atB] = [await seenAt(a), await seenAt(b)]
    t.equal(atA.digits, wanted)
    t.match(atB.digits, /^\d{6}$/)
    t.not(atB.digits, atA.digits)
    far?.socket.terminate()
    await until(async () => (await seenAt(b)).why !== null, 'B is free again')
  }
})

/** The initiator's own machine, with nothing left out but the check of the commitment. */
function unchecked(state: InitiatorState, event: CompareEvent) {
  const message = event.type === 'received' ? event.message : null
  if (state.at !== 'awaitingNonce' || message?.type !== 'nonce') return initiatorStep(state, event)
  return initiatorStep({ ...state, commitment: commitmentTo(decoded(message.nonce), state.compared) }, event)
}

t.test('the positive control: against an A that checks no commitment it wins every time', async (t) => {
  const [, b] = await two(t)
  // Once the whole number, which takes seconds; then as many digits as take none.
  for (const tells of [6, TELLS, TELLS, TELLS, TELLS]) {
    const all = await grinding(t, b, {}, tells)
    const { wanted, leg } = await held(t, b, madeIdentity())
    Object.assign(all, { wanted, trick: 'opens what fits' })
    const { identity, peer, line } = await ceremonyWith(t, all.between.port)
    const channel = { own: identity.fingerprintBytes, peer: Buffer.from(peer.fingerprint, 'hex') }
    const options = {
      ...channel,
      exporter: peer.exporter,
      nonce: randomBytes(32),
      wish: 'mutual',
      name: 'A',
    } as const
    const machine = { begin: () => beginComparing(options), step: unchecked }
    const shown = await new Promise<string>((resolve, reject) => {
      const show = ({ digits }: { digits: string }) => resolve(digits)
      agree(line, machine, () => performance.now() + 90_000, { show }).catch(reject)
    })
    t.equal(shown.slice(-tells), wanted.slice(-tells), `${tells} digits that two people see are the same`)
    line.close()
    leg.socket.terminate()
    await until(async () => (await seenAt(b)).why !== null, 'B is free again')
  }
})

/** One attack on the machines of the ceremony, everything in it drawn from `seed`; what both sides show. */
function seeded(seed: number, stepOfA = initiatorStep): { atA: string | null; atB: string } {
  const of = (word: string) => bytesFrom(`${seed} ${word}`)
  const toA = { fingerprintA: of('A'), fingerprintB: of('towards A'), exporter: of('E of A') }
  const toB = { fingerprintA: of('towards B'), fingerprintB: of('B'), exporter: of('E of B') }
  const channelA = { own: toA.fingerprintA, peer: toA.fingerprintB, exporter: toA.exporter }
  const channelB = { own: toB.fingerprintB, peer: toB.fingerprintA, exporter: toB.exporter }
  const a = new Party(beginComparing({ ...channelA, nonce: of('Na'), wish: 'mutual', name: 'A' }), stepOfA)
  const b = new Party(answerComparing({ ...channelB, nonce: of('Nb'), wish: 'mutual' }), responderStep)
  const said = (side: { outbox: string[] }) => JSON.parse(side.outbox.pop()!)
  const own = of('own')

  const askB = (nonce: Buffer): string => {
    b.hear(JSON.stringify({ type: 'start', version: 1, direction: 'mutual', name: 'A' }))
    b.hear(JSON.stringify({ type: 'nonce', nonce: encoded(nonce) }))
    return b.did('show')!.digits
  }
  a.hear(
    JSON.stringify({ type: 'commitment', direction: 'mutual', commitment: encoded(commitmentTo(own, toA)) }),
  )
  const nonceA = decoded(said(a).nonce)
  let opened = own
  let atB: string
  if (seed % 3 === 0) {
    // A's number is settled; the nonce for B is ground against a guess of B's.
    const wanted = digitsOf(nonceA, own, toA)
    const guess = { compared: toB, nonceA: null, nonceB: of('guess') }
    atB = askB(groundNonce(guess, wanted, FEW)!)
  } else {
    atB = askB(of('own nonce for B'))
    if (seed % 3 === 1) opened = groundNonce({ compared: toA, nonceA, nonceB: null }, atB, FEW)!
  }
  a.hear(JSON.stringify({ type: 'nonce', nonce: encoded(opened) }))
  return { atA: a.did('show')?.digits ?? null, atB }
}

t.test(
  `${SEEDED} seeded ceremonies of the daemons' own machines, without TLS: none shows one number`,
  async (t) => {
    let [same, refused, alike] = [0, 0, 0]
    for (let seed = 0; seed < SEEDED; seed++) {
      const { atA, atB } = seeded(seed)
      if (atA === atB) same++
      if (atA === null) refused++
      else if (atA.slice(-2) === atB.slice(-2)) alike++
    }
    t.equal(same, 0)
    t.equal(refused, SEEDED / 3 - 1 / 3, 'whatever was ground after A had said its nonce is refused')
    t.ok(alike > 30 && alike < 110, `two of six digits agree in ${alike} of the others, chance says 67`)
  },
)

t.test('the positive control: without the check every nonce that was ground fits', async (t) => {
  let fits = 0
  for (let seed = 1; seed < 1_500; seed += 3) {
    const { atA, atB } = seeded(seed, unchecked)
    if (atA?.slice(-FEW) === atB.slice(-FEW)) fits++
  }
  t.equal(fits, 500, `${FEW} digits of six, 500 of 500`)
})
