// What a notification says, how it is run, and how often.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { EnrolmentRequest, PairingRequest } from '../../../src/contract/requests.ts'
import { Alerts } from '../../../src/daemon/alerts/alerts.ts'
import { commandFor } from '../../../src/daemon/alerts/desktop.ts'
import { budgetNotice, type Notice, requestNotice } from '../../../src/daemon/alerts/notices.ts'
import { createLog } from '../../../src/daemon/store/log.ts'
import { ENROLMENT_REQUEST, PAIRING_REQUEST } from '../../harness/requests.ts'

const BUDGET = {
  period: 'month',
  since: '2026-11-01T00:00:00+01:00',
  until: '2026-12-01T00:00:00+01:00',
  limitUSD: 400,
  spentUSD: 321.5,
  percent: 80.3,
  state: 'near',
  unpricedTokens: 0,
} as const

t.test('a budget: which, how much, and what is not in it', async (t) => {
  t.strictSame(budgetNotice(BUDGET, 80, []), {
    kind: 'budget',
    title: 'tallyd: 80 % of the monthly budget is used',
    body: '$321.50 of $400.00 this month',
  })
  const display = { currency: 'EUR', perUSD: 0.5 }
  t.equal(budgetNotice(BUDGET, 80, [], display).body, '€160.75 of €200.00 this month')
  const missing = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, asOf: null }))
  t.match(budgetNotice({ ...BUDGET, unpricedTokens: 5 }, 100, missing), {
    title: 'tallyd: the monthly budget is used up',
    body: '$321.50 of $400.00 this month; and tokens without a price; not counted as of now: a, b, c and 2 more',
  })
})

t.test('a request: who wants what, and no code', async (t) => {
  const pairing = requestNotice(PAIRING_REQUEST)
  t.equal(pairing.body, '"laptop" at 192.168.1.31 wants to pair; see: tallyctl requests')
  t.notMatch(JSON.stringify(pairing), /482913/)
  t.equal(
    requestNotice(ENROLMENT_REQUEST).body,
    'claims to be "kitchen display" at 192.168.1.40, wants dashboard:read; see: tallyctl requests',
  )
})

t.test('a property: no name is markup, an escape, a second line, or long', async () => {
  const hostile = fc.string({
    unit: fc.oneof(
      fc.constantFrom(
        '<',
        '>',
        '&',
        '"',
        '\\',
        '\n',
        '\u001b',
        '\u202e',
        '\u0000',
        '-',
        "'",
        '\u2028',
        '\ud800',
      ),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 400,
  })
  const property = fc.property(hostile, (name) => {
    const notices = [
      requestNotice({ ...PAIRING_REQUEST, from: { ...PAIRING_REQUEST.from, name } }),
      requestNotice({
        ...ENROLMENT_REQUEST,
        from: { ...ENROLMENT_REQUEST.from, name, address: name },
        scopes: [name, name],
      }),
      budgetNotice(
        BUDGET,
        80,
        Array.from({ length: 9 }, () => ({ name, asOf: null })),
      ),
    ]
    for (const { title, body } of notices) {
      assert.match(title, /^tallyd: /)
      assert.doesNotMatch(body, /[<>&\\\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
      assert.ok([...body].length <= 240)
    }
  })
  fc.assert(property, { numRuns: 500 })
})

t.test('the text is arguments: behind a double hyphen, or beside the script', async (t) => {
  const notice: Notice = { kind: 'budget', title: 'tallyd: t', body: '--version" & do shell script "id' }
  t.strictSame(commandFor('linux', notice), [
    'notify-send',
    ['--app-name=tallyd', '--urgency=critical', '--', notice.title, notice.body],
  ])
  const [program, args] = commandFor('darwin', notice)
  t.equal(program, 'osascript')
  t.strictSame(args.slice(-2), [notice.title, notice.body])
  t.notMatch(args.slice(0, -2).join('\n'), /shell script|tallyd: t/)
})

t.test(
  'one notification a request; none of what this device asked for, none when it is answered',
  async (t) => {
    const shown: Notice[] = []
    let open: (PairingRequest | EnrolmentRequest)[] = []
    const alerts = new Alerts({
      document: { value: [], update: async () => undefined },
      budgets: () => ({ timeZone: 'UTC', budgets: [], missing: [] }),
      requests: () => open,
      show: (notice) => shown.push(notice),
      onChanged: () => undefined,
      log: createLog('off'),
      now: Date.now,
    })
    const now = (...requests: typeof open) => {
      open = requests
      alerts.requestsChanged()
      return shown.length
    }
    t.equal(now(), 0)
    t.equal(now({ ...PAIRING_REQUEST, ours: true }), 0)
    t.equal(now(PAIRING_REQUEST), 0, 'told of as ours already')
    t.equal(now({ ...PAIRING_REQUEST, id: '1' }), 1)
    t.equal(now({ ...PAIRING_REQUEST, id: '1' }, ENROLMENT_REQUEST), 2)
    t.equal(now(ENROLMENT_REQUEST), 2)
    t.equal(now(), 2)
  },
)

t.test('a crossing is written before it is told, and told all the same where the disk refuses', async (t) => {
  const order: string[] = []
  const alertsWith = (update: () => Promise<void>) =>
    new Alerts({
      document: { value: [], update },
      budgets: () => ({ timeZone: 'UTC', budgets: [BUDGET], missing: [] }),
      requests: () => [],
      show: ({ title }) => order.push(title),
      onChanged: () => order.push('changed'),
      log: createLog('off'),
      now: Date.now,
    })
  const stored = alertsWith(async () => void order.push('written'))
  await stored.look()
  await stored.look()
  t.strictSame(order, ['written', 'changed', 'tallyd: 80 % of the monthly budget is used'])
  t.match(stored.list().budgets, [{ crossed: [{ percent: 80 }] }])
  order.length = 0
  const full = alertsWith(() => Promise.reject(new Error('ENOSPC')))
  await full.look()
  await full.look()
  t.strictSame(order, ['changed', 'tallyd: 80 % of the monthly budget is used'])
})
