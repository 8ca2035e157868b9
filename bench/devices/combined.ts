// How fast a daemon answers for very many devices, and what it holds of them in memory. The other devices are away: their copies lie in
// its state as if they had told them, and the daemon is started on that.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { UsageAnswer, WireBucket, WireToolCalls } from '../../src/contract/wire.ts'
import { WIRE_VERSION } from '../../src/contract/wire-bounds.ts'
import { ACTIVITIES } from '../../src/contract/words.ts'
import { openCopies } from '../../src/daemon/devices/copies.ts'
import { createLog } from '../../src/daemon/store/log.ts'
import { awayMember } from '../../test/harness/away-member.ts'
import { Random } from '../corpus/random.ts'
import { residentMemory } from '../process-tree.ts'
import { type Latencies, latenciesOf } from '../statistics.ts'
import { Connection, Tallyd } from '../tallyd.ts'

const CALLS = 1000
const MODELS = ['claude-opus-4-8', 'claude-sonnet-4-5', 'claude-haiku-4-5', 'gpt-5.5', 'gpt-5.4']
/** The daemon collects garbage when it had nothing to do for 30 s. */
const SETTLE_MS = 36_000

export interface Combined {
  readonly devices: number
  readonly buckets: number
  /** Milliseconds by question: the first time it is asked, then every other. */
  readonly first: Readonly<Record<string, number>>
  readonly again: Readonly<Record<string, Latencies>>
  /** The same bytes as the last answer of each question, from a Node that does nothing else. */
  readonly bare: Readonly<Record<string, Latencies>>
  /** Resident memory of the daemon, and of one that knows the same devices without a bucket; before anything was asked, and after. */
  readonly resident: { readonly asleep: number; readonly asked: number; readonly without: number }
}

export interface Crowd {
  readonly devices: number
  /** Each device's. */
  readonly buckets: number
  readonly days: number
}

export async function measureCombined(
  dist: string,
  crowd: Crowd,
  questions: Readonly<Record<string, object>>,
): Promise<Combined> {
  const folder = join(tmpdir(), `tallyd-bench-crowd-${process.pid}`)
  try {
    const full = await daemonWith(dist, join(folder, 'full'), crowd)
    const asleep = await residentOf(full.pid)
    const connection = await full.tallyd.connect()
    const { first, again, answers } = await askAll(connection, questions)
    connection.close()
    const asked = await residentOf(full.pid)
    await full.tallyd.stop()
    const bare = await askBareNode(join(folder, 'bare'), answers)
    const none = await daemonWith(dist, join(folder, 'none'), { ...crowd, buckets: 0 })
    const without = await residentOf(none.pid)
    await none.tallyd.stop()
    const buckets = crowd.devices * crowd.buckets
    return { devices: crowd.devices, buckets, first, again, bare, resident: { asleep, asked, without } }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function askAll(connection: Connection, questions: Readonly<Record<string, object>>) {
  const first: Record<string, number> = {}
  const again: Record<string, Latencies> = {}
  const answers: Record<string, unknown> = {}
  for (const [name, params] of Object.entries(questions)) {
    const measured: number[] = []
    for (let call = 0; call <= CALLS; call++) {
      const began = performance.now()
      answers[name] = await connection.call('usage.summary', params)
      measured.push(performance.now() - began)
    }
    first[name] = measured[0]!
    again[name] = latenciesOf(measured.slice(1))
  }
  return { first, again, answers }
}

/** Asks a Node that has only these answers, as often and over the same kind of connection. */
async function askBareNode(folder: string, answers: Readonly<Record<string, unknown>>) {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const script = fileURLToPath(new URL('./bare-answers.js', import.meta.url))
  const found: Record<string, Latencies> = {}
  for (const [at, [name, answer]] of Object.entries(answers).entries()) {
    const [socket, file] = [join(folder, `${at}.sock`), join(folder, `${at}.json`)]
    writeFileSync(file, JSON.stringify(answer))
    const child = spawn(process.execPath, [script, socket, file], { stdio: ['ignore', 'ignore', 'inherit'] })
    try {
      let connection = await Connection.open(socket)
      for (; connection === null; connection = await Connection.open(socket)) await sleep(10)
      const { again } = await askAll(connection, { [name]: {} })
      connection.close()
      found[name] = again[name]!
    } finally {
      child.kill()
    }
  }
  return found
}

async function residentOf(pid: number): Promise<number> {
  await sleep(SETTLE_MS)
  return residentMemory([pid])
}

/** A daemon that knows this crowd, ready. */
export async function daemonWith(dist: string, folder: string, crowd: Crowd) {
  const at = { home: join(folder, 'home'), tallydHome: join(folder, 'state') }
  for (const each of Object.values(at)) mkdirSync(each, { recursive: true, mode: 0o700 })
  await writeState(at.tallydHome, crowd)
  const tallyd = new Tallyd(at, dist)
  const pid = tallyd.spawn()
  await tallyd.waitUntilReady()
  return { tallyd, pid }
}

/** The roster, and the copies as the daemon itself writes them. */
async function writeState(state: string, { devices, buckets, days }: Crowd): Promise<void> {
  const ids = Array.from({ length: devices }, (_, at) => createHash('sha256').update(`${at}`).digest('hex'))
  const members = ids.map((id, at) => awayMember(id, `device-${at}`))
  const data = { ownName: null, share: null, port: null, members }
  writeFileSync(join(state, 'devices.json'), JSON.stringify({ schema: 1, data }), { mode: 0o600 })
  const incidents = { record: () => undefined, resolve: () => undefined } as never
  const copies = openCopies({ paths: { copies: join(state, 'copies') }, incidents, log: createLog('off') })
  const random = new Random(7)
  for (const id of ids) {
    const outcome = (await copies.load(id)).apply(history(random, buckets, days), Date.now())
    if (outcome.kind !== 'applied') throw new Error(JSON.stringify(outcome))
    copies.changed(id)
  }
  await copies.close()
}

function history(random: Random, count: number, days: number): UsageAnswer {
  const last = Math.floor(Date.now() / 900_000)
  const buckets: WireBucket[] = []
  const toolCalls: WireToolCalls[] = []
  const seen = new Set<string>()
  for (let n = 0; buckets.length < count; n++) {
    const quarter = last - Math.floor(days * 96 * (1 - (n % count) / count))
    const model = random.integer(0, MODELS.length - 1)
    const [activity, band] = [random.integer(0, ACTIVITIES.length - 1), random.integer(0, 1)]
    const key = `${quarter} ${model} ${activity} ${band}`
    if (seen.has(key)) continue
    seen.add(key)
    const agent = model > 2 ? 1 : 0
    const calls = random.integer(1, 20)
    const tokens = [calls * 900, calls * 700, calls * 50_000, calls * 900, 0, calls * 100] as const
    buckets.push([quarter, agent, model, activity, band, calls, 1, 0, ...tokens])
    if (!seen.has(`${quarter} tool`)) toolCalls.push([quarter, agent, 0, calls])
    seen.add(`${quarter} tool`)
  }
  return {
    version: WIRE_VERSION,
    name: 'a device',
    timeZone: 'UTC',
    program: '0.1.0',
    cursor: `${'e'.repeat(22)}:1`,
    whole: true,
    agents: ['claude-code', 'codex'],
    models: MODELS,
    activities: [...ACTIVITIES],
    tools: ['Bash'],
    buckets,
    toolCalls,
  }
}
