// The waiting for a yes (RFC 8628 §3.5), with a clock of the test's own.
import t from 'tap'
import type { HandedOut, Polled } from '../../../src/contract/device-grant.ts'
import { TallyError } from '../../../src/contract/errors.ts'
import { awaitToken } from '../../../src/ctl/remote/waiting.ts'

const TOKEN: HandedOut = { token: 'tallyd_EXAMPLE', scopes: [], tokenId: null, member: null }
const PENDING = { error: 'authorization_pending' }

interface Outcome {
  /** How long it waited before each question, in seconds. */
  readonly pauses: number[]
  readonly answered: boolean[]
  readonly result: unknown
}

/** Plays these answers, an Error being none, one a question; the last again and again. */
async function played(answers: readonly (Polled | Error)[], expiresIn = 600, interval = 5): Promise<Outcome> {
  let now = 0
  const pauses: number[] = []
  const answered: boolean[] = []
  const left = [...answers]
  const result = await awaitToken({
    begun: {
      expiresInMs: expiresIn * 1000,
      intervalMs: interval * 1000,
    },
    poll: async () => {
      const next = left.length > 1 ? left.shift() : left[0]
      if (next instanceof Error) throw next
      return next as Polled
    },
    clock: {
      now: () => now,
      sleep: async (ms) => {
        pauses.push(ms / 1000)
        now += ms
      },
    },
    answered: (was) => answered.push(was),
    again: 'tallyctl connect https://desk.local',
  }).catch((error: unknown) => error)
  return { pauses, answered, result }
}

t.test('it asks at the interval, and gets the token', async (t) => {
  const { pauses, result } = await played([PENDING, PENDING, TOKEN])
  t.strictSame(pauses, [5, 5, 5])
  t.equal(result, TOKEN)
})

t.test('slow_down adds 5 s, for good', async (t) => {
  const slow = { error: 'slow_down' }
  const { pauses } = await played([PENDING, slow, PENDING, slow, PENDING, TOKEN])
  t.strictSame(pauses, [5, 5, 10, 10, 15, 15])
})

t.test(
  'where there is no answer it doubles the pause up to a minute, and comes back to the interval',
  async (t) => {
    const none = new TallyError('unreachable')
    const busy = { error: 'temporarily_unavailable' }
    const { pauses, answered, result } = await played([
      none,
      new TallyError('timedOut'),
      busy,
      none,
      none,
      none,
      PENDING,
      TOKEN,
    ])
    t.strictSame(pauses, [5, 10, 20, 40, 60, 60, 60, 5])
    t.strictSame(answered, [false, false, false, false, false, false, true])
    t.equal(result, TOKEN)
    t.strictSame((await played([{ ...busy, retryAfter: 30 }, TOKEN])).pauses, [5, 30])
    t.strictSame((await played([{ ...busy, retryAfter: 86_400 }, TOKEN])).pauses, [5, 60])
  },
)

t.test('it ends when the code does, and asks once more at that moment', async (t) => {
  const { pauses, result } = await played([PENDING], 12)
  t.strictSame(pauses, [5, 5, 2])
  t.match(result, { error: 'timedOut', message: 'nobody said yes within 12 s' })
  t.equal((await played([PENDING, PENDING, TOKEN], 12)).result, TOKEN)
  const away = await played([new TallyError('unreachable')], 600)
  t.match(away.result, { error: 'timedOut' }, 'one that is away does not keep it for ever')
})

t.test('every other outcome is its own sentence, with what to do', async (t) => {
  for (const [error, name, says] of [
    ['access_denied', 'notAllowed', /^the request was denied$/],
    ['expired_token', 'timedOut', /^nobody said yes within 10 min$/],
    ['invalid_grant', 'notAllowed', /^the request is not known there any more: /],
    ['claimed_by_other', 'claimedByOther', /claimed by another member$/],
    ['some_new_error', 'notAllowed', /^the request was refused \(some_new_error\)$/],
  ] as const) {
    const { result, pauses } = await played([PENDING, { error }])
    t.equal(pauses.length, 2, `${error} ends it`)
    t.match(result, { error: name, message: says })
    if (name !== 'claimedByOther') {
      t.match((result as TallyError).next, /run(?: again)?: tallyctl connect https:\/\/desk\.local$/)
    }
  }
  const untrusted = new TallyError('untrustedServer')
  t.equal((await played([PENDING, untrusted])).result, untrusted, 'who is not trusted is not asked again')
})
