// What a snapshot shows of whom, what a display can rely on, and how small the small one is.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { Value } from 'typebox/value'
import { IDENTITY_MODE_NAMES } from '../../../src/contract/identity-modes.ts'
import { MiniSnapshot, Snapshot } from '../../../src/contract/snapshot.ts'
import { identityShown } from '../../../src/daemon/views/identity-shown.ts'
import { miniOf, type SnapshotFacts, snapshotOf } from '../../../src/daemon/views/snapshot.ts'
import { CANARY, FACTS, WINDOW } from './snapshot-made.ts'

const whole = (facts: SnapshotFacts, mode: 'none' | 'redacted' | 'full') => ({
  ...snapshotOf(facts, mode),
  generatedAt: '2026-11-20T13:00:00.000Z',
  nextPollSeconds: 60,
})

t.test('it has the shape that the contract promises, in every mode', async (t) => {
  for (const mode of IDENTITY_MODE_NAMES)
    t.doesNotThrow(() => Value.Assert(Snapshot, whole(FACTS, mode)), mode)
  t.doesNotThrow(() => Value.Assert(MiniSnapshot, miniOf(FACTS)))
})

t.test('below full nobody is in it', async (t) => {
  for (const mode of ['none', 'redacted'] as const) {
    t.notMatch(JSON.stringify(snapshotOf(FACTS, mode)), CANARY, mode)
  }
  t.notMatch(JSON.stringify(miniOf(FACTS)), CANARY, 'the mini view shows nobody in any mode')
  const [own, other] = snapshotOf(FACTS, 'redacted').devices
  t.match([own?.name, other?.name], ['this device', 'device 2'])
  t.equal(snapshotOf(FACTS, 'full').devices[1]?.name, `${CANARY}-laptop`)
})

t.test('what each mode says of an account', async (t) => {
  const account = { email: 'ann@firm.example', plan: 'pro' }
  t.strictSame(identityShown(account, 'none'), null)
  t.strictSame(identityShown(account, 'redacted'), { accountEmail: 'redacted@redacted.invalid', plan: 'pro' })
  t.strictSame(identityShown(account, 'full'), { accountEmail: 'ann@firm.example', plan: 'pro' })
  const publicOne = { email: 'Ann.Smith@GMail.com', plan: null }
  t.strictSame(identityShown(publicOne, 'redacted'), { accountEmail: 'redacted@gmail.com', plan: null })
  const tricky = { email: 'gmail.com@firm.example', plan: null }
  t.equal(identityShown(tricky, 'redacted')?.accountEmail, 'redacted@redacted.invalid')
  t.equal(
    identityShown({ email: null, plan: null }, 'full'),
    null,
    'nothing is read unless the config says so',
  )
})

t.test('a property: no mail address of whatever form passes redaction', async () => {
  const property = fc.property(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.string({ unit: 'binary' }),
    (name, rest) => {
      const shown = identityShown({ email: `${name}@${rest}`, plan: null }, 'redacted')?.accountEmail ?? ''
      const [local, domain = '', ...more] = shown.split('@')
      assert.equal(local, 'redacted')
      assert.deepEqual(more, [])
      assert.ok(
        domain === 'redacted.invalid' ||
          (domain === rest.slice(rest.lastIndexOf('@') + 1).toLowerCase() && domain.length < 16),
      )
    },
  )
  fc.assert(property)
})

t.test(
  'a window of which nothing is known since its reset says so, and is a number all the same',
  async (t) => {
    const [known, unknown] = snapshotOf(FACTS, 'none').providers[0]?.windows ?? []
    t.match(known, {
      kind: 'session',
      label: 'Session',
      usedPercent: 28.5,
      remainingPercent: 71.5,
      usageKnown: true,
    })
    t.match(unknown, { kind: 'weekly', label: 'Weekly', usedPercent: 0, usageKnown: false, resetAt: null })
    t.match(miniOf(FACTS), {
      claude_session_used: 28.5,
      claude_session_reset: Date.parse(WINDOW.resetAt ?? '') / 1000,
      claude_weekly_used: null,
      claude_weekly_reset: null,
    })
  },
)

t.test('displays take it for stale after three rounds, but not before three minutes', async (t) => {
  t.equal(snapshotOf(FACTS, 'none').staleAfterSeconds, 180)
  t.equal(snapshotOf({ ...FACTS, refreshIntervalSeconds: 5 }, 'none').staleAfterSeconds, 180)
  t.equal(snapshotOf({ ...FACTS, refreshIntervalSeconds: 600 }, 'none').staleAfterSeconds, 1800)
})

t.test('agents that displays do not know keep their names, whatever those are', async (t) => {
  const [agent] = FACTS.agents
  const strange = { ...FACTS, agents: [{ ...agent!, agent: '__proto__' }] }
  t.match(snapshotOf(strange, 'full').providers[0], {
    id: '__proto__',
    name: '__proto__',
    agent: '__proto__',
  })
  t.notOk('undefined_session_used' in miniOf(strange))
})

t.test('a currency of the config stands beside the dollars', async (t) => {
  const facts = { ...FACTS, display: { currency: 'EUR', perUSD: 0.92 } }
  const { display, totals } = whole(facts, 'none')
  t.strictSame(display, { currency: 'EUR', perUSD: 0.92 })
  t.strictSame(totals, FACTS.totals, 'costUSD stays what its name says')
  t.doesNotThrow(() => Value.Assert(Snapshot, whole(facts, 'none')))
  t.match(miniOf(facts), { currency: 'EUR', perUSD: 0.92, todayUSD: miniOf(FACTS)['todayUSD'] })
  t.doesNotThrow(() => Value.Assert(MiniSnapshot, miniOf(facts)))
  t.notOk('display' in snapshotOf(FACTS, 'none') || 'currency' in miniOf(FACTS), 'absent where there is none')
})

t.test('the mini view is flat and holds at most 1 kB, whatever happens', async (t) => {
  const agent = FACTS.agents[0]!
  const huge = {
    costUSD: 999_999_999.99,
    tokens: Number.MAX_SAFE_INTEGER,
    calls: Number.MAX_SAFE_INTEGER,
    unpricedTokens: 0,
  }
  const windows = (['session', 'weekly', 'other'] as const).map((kind) => ({
    ...WINDOW,
    kind,
    usedPercent: 33.333333,
  }))
  const mini = miniOf({
    ...FACTS,
    display: { currency: 'EUR', perUSD: 999_999.123_456 },
    agents: [agent, { ...agent, agent: 'codex' }].map((each) => ({ ...each, windows })),
    devices: Array.from({ length: 100 }, () => FACTS.devices[0]!),
    sessions: { startedToday: 99_999_999, active: 99_999_999 },
    totals: { today: huge, month: huge, last30Days: huge, all: huge },
  })
  const answer = { generatedAt: 1_800_000_000, nextPollSeconds: 86_400, ...mini }
  t.ok(
    Buffer.byteLength(JSON.stringify(answer)) <= 1000,
    `${Buffer.byteLength(JSON.stringify(answer))} bytes`,
  )
  t.equal(
    Object.entries(mini).every(
      ([key, value]) => value === null || typeof value === (key === 'currency' ? 'string' : 'number'),
    ),
    true,
  )
})

t.test('of several windows of one kind the small view shows the one that was seen last', async (t) => {
  const agent = FACTS.agents[0]!
  const at = (minutes: number) => `2026-11-20T13:${String(minutes).padStart(2, '0')}:00.000Z`
  const windows = [
    { ...WINDOW, usedPercent: 12, observedAt: at(1) },
    { ...WINDOW, usedPercent: 80, observedAt: at(9), account: null },
    { ...WINDOW, usedPercent: null, observedAt: at(5), account: 'f'.repeat(32) },
  ]
  t.equal(miniOf({ ...FACTS, agents: [{ ...agent, windows }] })['claude_session_used'], 80)
})
