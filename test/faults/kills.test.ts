// A real daemon under a stream of changes and of log lines, killed with -9 at random moments and started again: whatever it had answered
// is so, what was just being asked is so or is not, no file is damaged, and the totals are exact.
// TALLYD_KILLS=500 is the long run; TALLYD_TEST_SEED repeats one.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Random } from '../../bench/corpus/random.ts'
import { callLines, totalOf } from '../daemon/usage/usage-home.ts'
import { type Daemon, daemon, temporaryFolder, until } from '../harness/daemon.ts'
import { freePort } from '../harness/devices.ts'
import { ENROLLED, keptOf, type Lane, lanesOf } from './lanes.ts'

const KILLS = Number(process.env['TALLYD_KILLS'] ?? 40)
const seed = Number(process.env['TALLYD_TEST_SEED'] ?? Date.now() % 1_000_000)
/** The kill comes after so many answers at most, and then a moment, in milliseconds. */
const [MOST_ANSWERS, LONGEST_MS] = [60, 30]
/** Of one log, which then gets a sibling. */
const LOG_CALLS = 200

t.setTimeout(60_000 + KILLS * 5_000)

t.test(`${KILLS} kills, seed ${seed}`, async (t) => {
  const random = new Random(seed)
  const home = temporaryFolder(t)
  const webPort = await freePort()
  const config = {
    lan: { address: '127.0.0.1', port: await freePort() },
    web: { port: webPort },
    vault: { key: 'file' },
  }
  writeFileSync(join(home, 'config.json'), JSON.stringify(config))
  let [changes, calls, acknowledged, cut] = [0, 0, 0, 0]
  const refused: string[] = []
  const spend = () => {
    const session = `session-${Math.floor(calls / LOG_CALLS)}`
    const log = join(home, '.claude/projects/p', `${session}.jsonl`)
    mkdirSync(dirname(log), { recursive: true })
    calls++
    writeFileSync(log, callLines(calls, calls, session), { flag: 'a' })
  }
  let kept = new Map<string, string>()
  /** What was asked and not answered. */
  const asked = new Map<string, string | null>()

  /** Everything as it has to be; what was being asked is known from here on. */
  async function check({ call }: Daemon, round: number): Promise<Map<string, string>> {
    await until(async () => (await call('daemon.status')).ready, 'it is ready')
    const found = await keptOf(call)
    for (const name of new Set([...kept.keys(), ...found.kept.keys()])) {
      const [is, was] = [found.kept.get(name) ?? null, kept.get(name) ?? null]
      const mayBe = asked.has(name) ? [was, asked.get(name)] : [was]
      if (round > 0 && !mayBe.includes(is))
        t.fail(`kill ${round}: ${name} is ${is}, not ${mayBe.join(' or ')}`)
    }
    kept = found.kept
    asked.clear()
    const { total } = await call('usage.summary', { range: 'all', timeZone: 'UTC' })
    const wanted = totalOf(...Array.from({ length: calls }, (_, at) => at + 1))
    if (total.calls !== wanted.calls || (total.tokens?.output ?? 0) !== wanted.output) {
      t.same([total.calls, total.tokens?.output], wanted, `kill ${round}: totals`)
    }
    const broken = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /broken/.test(name),
    )
    if (broken.length > 0) t.same(broken, [], `kill ${round}: nothing is put aside`)
    return found.ids
  }

  /** Changes one thing again and again until the daemon is gone. */
  async function drive(name: string, lane: Lane, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const { after, ask } = lane(kept.get(name) ?? null)
      asked.set(name, after)
      try {
        await ask()
      } catch (error) {
        // An answer that says no has the code of its error; a connection that was cut has another one.
        if (typeof (error as { code?: unknown }).code === 'number') refused.push(`${name}: ${error}`)
        else cut++
        return
      }
      asked.delete(name)
      acknowledged++
      if (after === null) kept.delete(name)
      else kept.set(name, after)
      if (name === ENROLLED) return
    }
  }

  for (let round = 0; round < KILLS; round++) {
    const running = await daemon(t, { home })
    const { call, kill } = running
    // Now and then before it has read anything.
    if (round % 10 !== 9) {
      const ids = await check(running, round)
      const lanes = lanesOf({ call, webPort, random, ids, next: () => changes++ })
      let isOver = false
      const driven = [...lanes].map(([name, lane]) => drive(name, lane, () => isOver))
      const spending = (async () => {
        while (!isOver) {
          spend()
          await sleep(random.integer(0, 5))
        }
      })()
      const enough = acknowledged + random.integer(0, MOST_ANSWERS)
      await until(() => acknowledged >= enough || refused.length > 0, 'enough is answered')
      await sleep(random.integer(0, LONGEST_MS))
      isOver = true
      await kill('SIGKILL')
      await Promise.all([...driven, spending])
    } else {
      await sleep(random.integer(0, 40))
      await kill('SIGKILL')
    }
    spend()
  }
  const last = await daemon(t, { home })
  await check(last, KILLS)
  t.same(refused, [], 'nothing was refused')
  t.match(await last.call('audit.verify'), { verified: { intact: true } })
  const { checks } = await last.call('doctor.run')
  t.same(
    checks.filter(({ subject }) => subject === 'incident'),
    [],
    'and nothing happened',
  )
  const left = readdirSync(home).filter((name) => /\.new/.test(name))
  t.ok(left.length < 10, `${left.length} files that a kill left half written: ${left}`)
  t.comment(`${acknowledged} changes were acknowledged, ${cut} cut off by the kills; ${calls} calls`)
  t.ok(acknowledged > KILLS && cut > KILLS / 2)
  await last.stop()
})
