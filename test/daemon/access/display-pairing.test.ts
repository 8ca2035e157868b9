// One display, one code, five wrong ones, five minutes: nothing is handed out otherwise.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { TallyError } from '../../../src/contract/errors.ts'
import { DisplayPairings, WINDOW_MS, WRONG_CODES_CAP } from '../../../src/daemon/access/display-pairing.ts'
import type { Order } from '../../../src/daemon/tokens/tokens.ts'

const WISH = { member: 'kitchen', identity: 'redacted', expiresIn: undefined, by: 'owner' } as const

function made() {
  const held = { ticks: 0, orders: [] as Order[], changes: 0, recorded: [] as string[], isFull: false }
  const pairings = new DisplayPairings({
    tokens: {
      async create(order: Order) {
        if (held.isFull) throw new TallyError('stateUnwritable')
        held.orders.push(order)
        return {
          id: `0000000${held.orders.length}`,
          member: order.member,
          secret: `secret ${held.orders.length}`,
        } as never
      },
    },
    record: (what) => void held.recorded.push(what),
    onChanged: () => held.changes++,
    ticks: () => held.ticks,
    now: () => held.ticks,
  })
  return { held, pairings }
}

const wrong = (code: string) => (code === '000000' ? '000001' : '000000')

t.test('the right code gets a token that reads the snapshot and nothing else, once', async (t) => {
  const { held, pairings } = made()
  t.equal(pairings.show(), null)
  t.equal(pairings.openToClaims(), null)
  const { pairing, code } = pairings.open(WISH)
  t.match(code, /^\d{6}$/)
  t.notMatch(
    JSON.stringify([pairing, pairings.show(), pairings.openToClaims()]),
    code,
    'the code is told once',
  )
  t.match(pairings.openToClaims(), { pairingId: pairing.id, codeLength: 6, expiresInSeconds: 300 })
  t.equal(await pairings.claim(pairing.id, code, '::1'), 'secret 1')
  t.match(held.orders, [
    { member: 'kitchen', scopes: ['dashboard:read'], identity: 'redacted', device: null },
  ])
  t.match(pairings.show(), { state: 'claimed', token: '00000001', rejected: 0 })
  t.equal(pairings.openToClaims(), null)
  t.equal(await pairings.claim(pairing.id, code, '::1'), 'closed')
  t.same(held.recorded, ['displayAwaited', 'displayClaimed'])
})

t.test('two claims at once: one gets it', async (t) => {
  const { held, pairings } = made()
  const { pairing, code } = pairings.open(WISH)
  const both = await Promise.all([1, 2].map(() => pairings.claim(pairing.id, code, '::1')))
  t.same(both.sort(), ['closed', 'secret 1'])
  t.equal(held.orders.length, 1)
})

t.test('five wrong codes close it, the right one after them included', async (t) => {
  const { held, pairings } = made()
  const { pairing, code } = pairings.open(WISH)
  for (let at = 1; at <= WRONG_CODES_CAP; at++) {
    t.equal(await pairings.claim(pairing.id, wrong(code), '::1'), 'wrong')
    t.equal(pairings.show()?.rejected, at)
  }
  t.equal(await pairings.claim(pairing.id, code, '::1'), 'closed')
  t.match(pairings.show(), { state: 'burnt', token: null })
  t.equal(held.orders.length, 0)
  const again = pairings.open(WISH)
  t.equal(await pairings.claim(again.pairing.id, again.code, '::1'), 'secret 1', 'one command opens it again')
})

t.test('a claim for another window is not counted', async (t) => {
  const { pairings } = made()
  const first = pairings.open(WISH)
  const second = pairings.open(WISH)
  t.equal(await pairings.claim(first.pairing.id, first.code, '::1'), 'closed', 'the window before is closed')
  t.equal(await pairings.claim('', second.code, '::1'), 'closed')
  t.equal(pairings.show()?.rejected, 0)
})

t.test('it ends after five minutes, by the clock that nobody sets, and when it is taken back', async (t) => {
  const { held, pairings } = made()
  const { pairing, code } = pairings.open(WISH)
  held.ticks = WINDOW_MS - 1
  t.equal(pairings.openToClaims()?.expiresInSeconds, 1)
  held.ticks = WINDOW_MS
  t.equal(await pairings.claim(pairing.id, code, '::1'), 'closed')
  t.equal(pairings.show()?.state, 'expired')
  t.equal(pairings.cancel(), false)
  pairings.open(WISH)
  t.equal(pairings.cancel(), true)
  t.equal(pairings.openToClaims(), null)
  t.equal(pairings.show()?.state, 'cancelled')
  pairings.stop()
  t.equal(pairings.show(), null)
})

t.test('where the disk refuses nothing is handed out, and the display may try again', async (t) => {
  const { held, pairings } = made()
  const { pairing, code } = pairings.open(WISH)
  held.isFull = true
  await t.rejects(pairings.claim(pairing.id, code, '::1'), new TallyError('stateUnwritable'))
  t.equal(pairings.show()?.state, 'waiting')
  held.isFull = false
  t.equal(await pairings.claim(pairing.id, code, '::1'), 'secret 1')
})

t.test('a property: whatever is sent, at most one token, and none without the code', async () => {
  const step = fc.oneof(
    fc.constant('open' as const),
    fc.constant('right' as const),
    fc.constant('cancel' as const),
    fc.record({ code: fc.oneof(fc.string(), fc.stringMatching(/^\d{6}$/)) }),
    fc.record({ ms: fc.integer({ min: 1, max: WINDOW_MS }) }),
  )
  const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
    const { held, pairings } = made()
    let [current, opened, wrongs] = [null as ReturnType<DisplayPairings['open']> | null, 0, 0]
    for (const each of steps) {
      if (each === 'open') [current, opened, wrongs] = [pairings.open(WISH), opened + 1, 0]
      else if (each === 'cancel') pairings.cancel()
      else if (each === 'right') await pairings.claim(current?.pairing.id ?? '', current?.code ?? '', '::1')
      else if ('ms' in each) held.ticks += each.ms
      else {
        const outcome = await pairings.claim(current?.pairing.id ?? '', each.code, '::1')
        if (each.code === current?.code) continue
        assert.ok(outcome === 'wrong' || outcome === 'closed')
        if (outcome === 'wrong') assert.ok(++wrongs <= WRONG_CODES_CAP)
      }
      assert.ok(held.orders.length <= opened)
      assert.equal(held.recorded.filter((what) => what === 'displayClaimed').length, held.orders.length)
    }
    pairings.stop()
  })
  await fc.assert(property)
})
