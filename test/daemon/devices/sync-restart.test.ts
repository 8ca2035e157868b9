// Real daemons that stop, are killed and start again: what the other one is told, and what it shows meanwhile.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { UsageAnswer } from '../../../src/contract/wire.ts'
import { until } from '../../harness/daemon.ts'
import { areLive, type Device, devices, pairByCode } from '../../harness/devices.ts'
import { ask, holdingsOf } from '../../harness/paired-client.ts'

/** The cursor up to which `reader` knows `giver`; it is in the file once `reader` has stopped. */
async function cursorOf(reader: Device, giver: Device): Promise<string> {
  const path = join(reader.home, 'copies', `${await giver.id()}.json`)
  return (JSON.parse(readFileSync(path, 'utf8')) as { data: { cursor: string } }).data.cursor
}

/** Asks until the listener is there. */
async function asked(holdings: Awaited<ReturnType<typeof holdingsOf>>, since?: string) {
  const path = since === undefined ? '/v1/usage' : `/v1/usage?since=${since}`
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(5)) {
    const answer = await ask(holdings, { path }).catch(() => null)
    if (answer !== null) return answer
  }
  throw new Error('nobody answers')
}

t.test('after a clean restart nothing is told twice; after a kill everything is', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  const holdings = await holdingsOf(one, two)
  await one.end()
  const since = await cursorOf(one, two)
  const ready = () => until(async () => (await two.call('daemon.status')).ready, 'it is ready')
  await two.end()
  await two.start()
  await ready()
  t.equal((await asked(holdings, since)).status, 204)
  two.spend()
  let delta: UsageAnswer | undefined
  await until(async () => {
    const { status, body } = await asked(holdings, since)
    if (status === 200) delta = JSON.parse(body)
    return delta !== undefined
  }, 'there is news')
  t.same([delta?.whole, delta?.buckets.length], [false, 1])

  await two.end('SIGKILL')
  await two.start()
  await ready()
  const { status, body } = await asked(holdings, since)
  t.same([status, JSON.parse(body).whole], [200, true])

  await one.start()
  await areLive(one, two)
  t.equal((await one.row(two))?.all.calls, two.calls)
})

t.test('a device that lost its index says nothing until it has counted anew', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  const calls = two.calls
  const holdings = await holdingsOf(one, two)
  await two.end('SIGKILL')
  for (const name of ['checkpoint.bin', 'checkpoint.previous.bin'])
    rmSync(join(two.home, name), { force: true })
  // Enough that an indexer has to be started, and so many lines that it is seen to be at work: short ones take it longest.
  const line = `${JSON.stringify({ type: 'user', message: 'x' })}\n`
  const noise = join(two.home, '.claude', 'projects', 'p', 'noise.jsonl')
  for (let part = 0; part < 80; part++) writeFileSync(noise, line.repeat(50_000), { flag: 'a' })

  const shown: unknown[] = []
  const statuses = new Set<number>()
  const started = two.start()
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
    const { status, body } = await asked(holdings)
    statuses.add(status)
    const row = await one.row(two)
    shown.push(row?.all.calls)
    // It may have counted between the answer and the row: only what stands between two refusals was shown while it counted.
    const counting = status === 503 && (await asked(holdings)).status === 503
    if (counting) t.equal(row?.freshness, 'cached')
    if (status === 503) continue
    if (JSON.parse(body).buckets.length === 0) t.fail('it told that it has nothing')
    if (row?.freshness === 'live') break
  }
  await started
  t.ok(statuses.has(503), 'it was asked while it counted')
  t.ok(statuses.has(200))
  t.same([...new Set(shown)], [calls], 'the other one showed the same all the time')
})
