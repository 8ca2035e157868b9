// A wall clock that is wrong, or set while the daemon runs: today, tokens, questions and other devices. That calls stay in their own days is
// for test/faults/clock.test.ts.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { DAY_MS, wallClock } from '../harness/clock.ts'
import { type Daemon, daemon, post, temporaryFolder, until } from '../harness/daemon.ts'
import { areLive, type Device, devices, pairByCode } from '../harness/devices.ts'

t.setTimeout(240_000)

const YEAR_MS = 365 * DAY_MS
/** What sets a clock back to then, in milliseconds. */
const BACK_TO_1970 = 1_000 - Date.now()
const LOG = '.claude/projects/p/session-a.jsonl'

/** Call `n` of a log, at Unix milliseconds `at`. */
function line(n: number, at: number): string {
  const usage = { input_tokens: 1, output_tokens: 100 }
  const message = { model: 'claude-opus-4-5', id: `msg_${n}`, content: [], stop_reason: null, usage }
  const timestamp = new Date(at).toISOString()
  return `${JSON.stringify({ type: 'assistant', sessionId: 'session-a', message, requestId: `req_${n}`, timestamp })}\n`
}

async function running(t: Test) {
  const clock = wallClock(t)
  const home = temporaryFolder(t)
  mkdirSync(dirname(join(home, LOG)), { recursive: true })
  writeFileSync(join(home, LOG), line(0, Date.now()))
  writeFileSync(join(home, 'config.json'), '{"web":{"mode":"off"}}')
  const start = () => daemon(t, { home, env: { ...clock.env, TZ: 'UTC' } })
  const spend = (n: number, at: number) => appendFileSync(join(home, LOG), line(n, at))
  return { clock, home, start, spend }
}

const calls = async (of: Daemon, range: 'all' | 'today') =>
  (await of.call('usage.summary', { range })).total.calls
const isReady = async (of: Daemon) => (await of.call('daemon.status')).ready

t.test('set by a day, either way: today is the day that the clock shows', async (t) => {
  for (const days of [1, -1]) {
    const { clock, start, spend } = await running(t)
    const of = await start()
    await until(() => isReady(of), 'ready')
    t.equal(await calls(of, 'today'), 1)
    clock.set(days * DAY_MS)
    t.equal(await calls(of, 'today'), 0, `${days}: no call is of the day that it is now`)
    spend(1, Date.now() + days * DAY_MS)
    await until(async () => (await calls(of, 'today')) === 1, 'what is logged now is of today')
    clock.set(0)
    t.equal(await calls(of, 'today'), 1, 'and back')
    // The log of a minute is bounded by another clock: it is no quieter now.
    t.match(await of.call('daemon.status'), { ready: true, index: { tookMs: Number } })
    t.ok((await of.call('usage.rescan')).rescanned.tookMs >= 0)
    await of.stop()
  }
})

t.test('a question under way is not ended by a clock that is set', async (t) => {
  const { clock, start } = await running(t)
  const of = await start()
  await until(() => isReady(of), 'ready')
  // A batch is asked one after the other, with one deadline.
  const batch = Array.from({ length: 20 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'usage.rescan' }))
  const asked = post(of.socket, JSON.stringify(batch))
  clock.set(DAY_MS)
  const answers = JSON.parse((await asked).body) as { error?: unknown }[]
  t.same(
    answers.filter(({ error }) => error !== undefined),
    [],
  )
})

t.test('a token ends when its time has come by either clock, and not sooner', async (t) => {
  const { clock, start } = await running(t)
  let of = await start()
  const make = async (expiresIn: number) =>
    (await of.call('tokens.create', { member: 'ann', scopes: ['usage:read'], expiresIn })).token.id
  const [short, long] = [await make(3_600), await make(2 * 86_400)]
  const ids = async () => (await of.call('tokens.list')).tokens.map(({ id }) => id)
  for (const back of [-DAY_MS, BACK_TO_1970]) {
    clock.set(back)
    t.same((await ids()).sort(), [short, long].sort(), 'a clock that is set back ends none')
  }
  clock.set(DAY_MS)
  await until(
    async () => !(await ids()).includes(short),
    'a clock that is ahead ends what would be over by then',
    90_000,
  )
  t.same(await ids(), [long])
  clock.set(0)
  t.same(await ids(), [long], 'for good')
  clock.set(15 * YEAR_MS)
  await until(async () => (await ids()).length === 0, 'one that is far ahead ends all', 90_000)
  await of.stop()
  of = await start()
  await until(() => isReady(of), 'ready')
  clock.set(0)
  t.same(await ids(), [], 'nor does a start with such a clock, set right, revive one')
})

t.test('paired devices whose clocks are a day apart: live, and each has all of the other', async (t) => {
  const clock = wallClock(t)
  const [one, two] = (await devices(t, 2, { env: clock.env })) as [Device, Device]
  await pairByCode(one, two)
  for (const offset of [DAY_MS, -DAY_MS]) {
    clock.set(offset)
    two.spend()
    await until(async () => (await one.row(two))?.all.calls === two.calls, 'what was spent comes')
    await areLive(one, two)
    const asOf = Date.parse((await one.row(two))?.asOf ?? '')
    t.ok(Math.abs(asOf - Date.now() - offset) < 60_000, 'when it was told, by the clock that is shown')
  }
})

t.test('a machine that starts with a wrong clock, long ago or far ahead, and is set right', async (t) => {
  for (const offset of [-Date.now() + 60_000, -30 * YEAR_MS, 70 * YEAR_MS]) {
    const { clock, start, spend } = await running(t)
    clock.set(offset)
    const of = await start()
    await until(() => isReady(of), 'ready')
    await of.call('sharing.set', { mode: 'always' })
    t.equal((await of.call('sharing.show')).sharing.open, true, 'a certificate that such a clock accepts')
    clock.set(0)
    spend(1, Date.now())
    await until(async () => (await calls(of, 'today')) === 2, 'set right, today is today')
    const { checks } = await of.call('doctor.run')
    t.same(
      checks.filter(({ level }) => level === 'broken'),
      [],
    )
    t.same(await of.stop(), { code: 0, signal: null })
    const again = await start()
    await until(() => isReady(again), 'ready')
    t.equal(await calls(again, 'all'), 2, 'and so is what was written')
    await again.stop()
  }
})
