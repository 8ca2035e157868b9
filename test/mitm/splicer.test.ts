// The splicer: halves of two ceremonies, joined in the middle, pair nobody; neither between real daemons nor between the machines
// alone, where both ceremonies have the same certificates and the same connection, which no two have.
import t, { type Test } from 'tap'
import { beginProving, proverStep } from '../../src/daemon/ceremony/code-prover.ts'
import { beginVerifying, verifierStep } from '../../src/daemon/ceremony/code-verifier.ts'
import { beginComparing, initiatorStep } from '../../src/daemon/ceremony/compare-initiator.ts'
import { answerComparing, responderStep } from '../../src/daemon/ceremony/compare-responder.ts'
import { RANDOM_BYTES } from '../../src/daemon/ceremony/spake2plus.ts'
import { bytesFrom, Party, type Speaker } from '../daemon/ceremony/party.ts'
import { type Device, devices, failureOf } from '../harness/devices.ts'
import { spliceBytes, spliceMessages } from './splicer.ts'

async function open(t: Test, count: number): Promise<Device[]> {
  const found = await devices(t, count)
  for (const device of found) await device.call('sharing.set', { mode: 'always' })
  return found
}

async function pairsNobody(t: Test, all: readonly Device[], says: string): Promise<void> {
  for (const device of all) t.equal((await device.call('devices.list')).devices.length, 1, says)
}

t.test('comparing: the commitment of one ceremony and the nonce of another', async (t) => {
  const [a, b, c] = (await open(t, 3)) as [Device, Device, Device]
  const splicer = await spliceMessages(t, b.port, c.port, 1)
  t.equal(await failureOf(a.call('pairing.compare', { address: splicer.address })), 'pairingFailed')
  const { comparison } = await a.call('pairing.show')
  t.match(comparison, { state: 'failed', why: 'commitmentBroken', digits: null })
  await pairsNobody(t, [a, b, c], 'nobody is paired')
})

t.test('by code: two ceremonies with the device that shows it', async (t) => {
  const [a, b] = (await open(t, 2)) as [Device, Device]
  for (const from of [0, 1]) {
    const { invited } = await b.call('pairing.invite')
    const splicer = await spliceMessages(t, b.port, b.port, from)
    const join = a.call('pairing.join', { address: splicer.address, code: invited.code })
    t.not(await failureOf(join), 'it worked')
  }
  await pairsNobody(t, [a, b], 'nobody is paired')
})

t.test('the bytes of two connections, joined at every piece', async (t) => {
  const [a, b] = (await open(t, 2)) as [Device, Device]
  const outcomes: string[] = []
  while (outcomes.at(-1) !== 'it worked' && outcomes.length < 40) {
    const { invited } = await b.call('pairing.invite')
    const splicer = await spliceBytes(t, b.port, outcomes.length + 1)
    const outcome = await failureOf(a.call('pairing.join', { address: splicer.address, code: invited.code }))
    outcomes.push(outcome)
    if (outcome === 'it worked') break
    await pairsNobody(t, [a, b], `joined after ${outcomes.length}: ${outcome}`)
  }
  t.equal(outcomes.at(-1), 'it worked', 'when nothing is left to be joined')
  t.ok(outcomes.length > 2, `${outcomes.length - 1} places to join`)
})

/** Two ceremonies side by side; the messages of `crossed` go to the other one's hearer. */
function cross(askers: readonly Speaker[], answerers: readonly Speaker[], crossed: readonly number[]): void {
  for (let index = 0; index < 12; index++) {
    const [from, to] = index % 2 === 0 ? [askers, answerers] : [answerers, askers]
    const said = from.map((side) => side.outbox.splice(0, 1))
    for (const [at, texts] of said.entries()) {
      for (const text of texts) to[crossed.includes(index) ? 1 - at : at]!.hear(text)
    }
  }
}

const subsetsOf = (count: number) =>
  Array.from({ length: 2 ** count }, (_, bits) =>
    Array.from({ length: count }, (_, at) => at).filter((at) => (bits >> at) & 1),
  )

t.test('comparing, the machines: no half of one fits the other half of another', async (t) => {
  const channel = { own: bytesFrom('A'), peer: bytesFrom('B'), exporter: bytesFrom('E') }
  const other = { own: channel.peer, peer: channel.own, exporter: channel.exporter }
  const wish = 'mutual' as const
  const alike: string[] = []
  for (const crossed of subsetsOf(4)) {
    const askers = [1, 2].map(
      (n) =>
        new Party(beginComparing({ ...channel, nonce: bytesFrom(`a${n}`), wish, name: 'A' }), initiatorStep),
    )
    const answerers = [1, 2].map(
      (n) => new Party(answerComparing({ ...other, nonce: bytesFrom(`b${n}`), wish }), responderStep),
    )
    cross(askers, answerers, crossed)
    const shown = askers.map((side) => side.did('show')?.digits)
    const there = answerers.map((side) => side.did('show')?.digits)
    if (shown.some((digits) => digits !== undefined && there.includes(digits))) alike.push(crossed.join(''))
  }
  // `start` says nothing that is secret or random; with all others crossed, the two ceremonies have only changed partners.
  t.same(alike, ['', '0', '123', '0123'])
})

t.test('by code, the machines: no half of one fits the other half of another', async (t) => {
  const channel = { own: bytesFrom('P'), peer: bytesFrom('V'), exporter: bytesFrom('E') }
  const other = { own: channel.peer, peer: channel.own, exporter: channel.exporter }
  const secrets = { w0: 123_456n, w1: 654_321n }
  const wish = 'mutual' as const
  const agreed: string[] = []
  for (const crossed of subsetsOf(3)) {
    const random = (word: string) =>
      Buffer.concat([bytesFrom(word), bytesFrom(`${word}+`)]).subarray(0, RANDOM_BYTES)
    const provers = [1, 2].map(
      (n) => new Party(beginProving({ ...channel, secrets, random: random(`p${n}`), wish }), proverStep),
    )
    const verifiers = [1, 2].map((n) => {
      const party = new Party(beginVerifying({ ...other, wish }), verifierStep)
      const hear = party.hear.bind(party)
      party.hear = (text) => {
        hear(text)
        if (party.state.at === 'counting') party.tell({ type: 'admitted', secrets, random: random(`v${n}`) })
      }
      return party
    })
    cross(provers, verifiers, crossed)
    // The verifier agrees last.
    if (verifiers.some((side) => side.did('agreed') !== undefined)) agreed.push(crossed.join(''))
  }
  t.same(agreed, ['', '012'])
})
