// A household with a history for the usage tab: desk, whose page is looked at, and laptop, which is live, have logs of 400 days; four more
// devices are away, and what they told lies in desk's state as if they had.

import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { UsageAnswer, WireBucket, WireToolCalls } from '../../src/contract/wire.ts'
import { WIRE_VERSION } from '../../src/contract/wire-bounds.ts'
import { ACTIVITIES } from '../../src/contract/words.ts'
import { openCopies } from '../../src/daemon/devices/copies.ts'
import type { Member } from '../../src/daemon/devices/roster.ts'
import { createLog } from '../../src/daemon/store/log.ts'
import { awayMember } from '../harness/away-member.ts'
import { until } from '../harness/daemon.ts'
import { pair, type Served, served } from './browser.ts'

export const DAYS = 400
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** Of a model that no price book knows. */
export const UNPRICED = 'qwen3-coder-local'
const MODELS = ['claude-opus-4-8', 'claude-sonnet-4-5', 'claude-haiku-4-5', 'gpt-5.5', 'gpt-5.4'] as const
const TOOLS = ['Bash', 'Edit', 'Read', 'Grep', 'Write', 'Task'] as const

export interface Away {
  readonly name: string
  /** Milliseconds since it told something. */
  readonly ago: number
  /** How much it is used, beside others. */
  readonly weight: number
  /** Two with the same told the same: of one log. */
  readonly seed?: number
}

export const AWAY: readonly Away[] = [
  { name: 'studio', ago: 2 * HOUR_MS, weight: 1.4 },
  { name: 'attic', ago: 5 * DAY_MS, weight: 0.35 },
  { name: 'thinkpad', ago: 20 * 60_000, weight: 0.6 },
  { name: 'buildbox', ago: 30 * HOUR_MS, weight: 0.25 },
]

/** Starts it; the numbers of laptop are live, and everything is counted. */
export async function household(t: Test, away: readonly Away[] = AWAY): Promise<Served> {
  const desk = await served(t, 1)
  const [laptop] = desk.others
  writeLog(desk.device.home, 'desk', 1)
  writeLog(laptop!.home, 'laptop', 0.8)
  await pair(desk, laptop!, 'laptop')
  await desk.device.end()
  await addAway(desk.device.home, away)
  await desk.device.start()
  const status = async () => desk.device.call('daemon.status')
  await until(
    async () => (await status()).listeners.web.url === desk.origin,
    'the web listener is open',
    60_000,
  )
  await until(async () => (await status()).ready, 'desk has counted', 60_000)
  const devices = async () => (await desk.device.call('devices.list', { timeZone: 'UTC' })).devices
  await until(
    async () =>
      (await devices()).some(
        ({ name, freshness, all }) => name === 'laptop' && freshness === 'live' && all.calls > 1_000,
      ),
    'laptop is live with all its calls',
    60_000,
  )
  return desk
}

/** Appends a call of this moment to desk's log. */
export function spendNow({ device }: Served, id: string): void {
  appendFileSync(
    logOf(device.home, 'desk'),
    lineOf({ at: Date.now() - 500, id, model: MODELS[0], size: 40, tool: 'Edit' }),
  )
}

/** Always the same numbers, from 0 to below 1. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return state / 0x8000_0000
  }
}

/** How much is done on a day, about 1: little at weekends, and in waves. */
function activityOf(day: number, random: () => number): number {
  const isWeekend = [0, 6].includes(new Date(day).getUTCDay())
  const wave = 1 + 0.4 * Math.sin(day / DAY_MS / 9)
  return random() < 0.06 ? 0 : (isWeekend ? 0.25 : 1) * wave * (0.5 + random())
}

function logOf(home: string, name: string): string {
  return join(home, '.claude', 'projects', 'history', `${name}.jsonl`)
}

function writeLog(home: string, name: string, weight: number): void {
  const random = randomOf(name.length)
  const now = Date.now()
  const lines: string[] = []
  for (let back = DAYS; back >= 0; back--) {
    const day = Math.floor(now / DAY_MS - back) * DAY_MS
    const calls = Math.round(14 * weight * activityOf(day, random))
    for (let call = 0; call < calls; call++) {
      const at = day + (8 + random() * 11) * HOUR_MS
      if (at > now) continue
      const model = random() < 0.03 ? UNPRICED : MODELS[Math.floor(random() ** 1.8 * 3)]!
      const tool = TOOLS[Math.floor(random() ** 1.6 * TOOLS.length)]!
      lines.push(lineOf({ at, id: `${name}-${back}-${call}`, model, size: 4 + random() * 26, tool }))
    }
  }
  const path = logOf(home, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, lines.join(''))
}

interface MadeCall {
  /** Unix milliseconds. */
  readonly at: number
  readonly id: string
  readonly model: string
  /** In thousands of tokens, about. */
  readonly size: number
  readonly tool: string
}

/** As Claude Code writes it. */
export function lineOf({ at, id, model, size, tool }: MadeCall): string {
  const usage = {
    input_tokens: Math.round(size * 40),
    output_tokens: Math.round(size * 110),
    cache_read_input_tokens: Math.round(size * 6_000),
    cache_creation_input_tokens: Math.round(size * 300),
  }
  const content = [{ type: 'tool_use', id: `tool_${id}`, name: tool, input: { command: 'npm test' } }]
  const message = { model, id: `msg_${id}`, role: 'assistant', content, stop_reason: 'tool_use', usage }
  const sessionId = id.split('-').slice(0, 2).join('-')
  const timestamp = new Date(at).toISOString()
  return `${JSON.stringify({ type: 'assistant', sessionId, message, requestId: `req_${id}`, timestamp })}\n`
}

/** Adds members to the roster, and their copies as the daemon itself writes them. */
async function addAway(home: string, away: readonly Away[]): Promise<void> {
  const path = join(home, 'devices.json')
  const document = JSON.parse(readFileSync(path, 'utf8')) as { data: { members: Member[] } }
  const incidents = { record: () => undefined, resolve: () => undefined } as never
  const copies = openCopies({ paths: { copies: join(home, 'copies') }, incidents, log: createLog('off') })
  for (const [at, { name, ago, weight, seed = at + 11 }] of away.entries()) {
    const id = createHash('sha256').update(`${name} ${at}`).digest('hex')
    document.data.members.push(awayMember(id, name))
    const told = Date.now() - ago
    const outcome = (await copies.load(id)).apply(historyOf(seed, told, weight), told)
    if (outcome.kind !== 'applied') throw new Error(JSON.stringify(outcome))
    copies.changed(id)
  }
  await copies.close()
  writeFileSync(path, JSON.stringify(document), { mode: 0o600 })
}

function historyOf(seed: number, told: number, weight: number): UsageAnswer {
  const random = randomOf(seed)
  const buckets = new Map<string, WireBucket>()
  const toolCalls = new Map<string, WireToolCalls>()
  for (let back = DAYS; back >= 0; back--) {
    const day = Math.floor(told / DAY_MS - back) * DAY_MS
    const some = Math.round(6 * activityOf(day, random))
    for (let n = 0; n < some; n++) {
      const at = day + (8 + random() * 11) * HOUR_MS
      if (at > told) continue
      const quarter = Math.floor(at / 900_000)
      const model = Math.floor(random() * MODELS.length)
      const activity = Math.floor(random() ** 1.4 * ACTIVITIES.length)
      const agent = model > 2 ? 1 : 0
      const calls = Math.ceil(weight * 4 * random())
      const tokens = [calls * 500, calls * 1_600, calls * 90_000, calls * 4_000, 0, calls * 100] as const
      buckets.set(`${quarter} ${model} ${activity}`, [
        quarter,
        agent,
        model,
        activity,
        0,
        calls,
        1,
        0,
        ...tokens,
      ])
      const tool = Math.floor(random() ** 1.6 * TOOLS.length)
      toolCalls.set(`${quarter} ${agent} ${tool}`, [quarter, agent, tool, calls])
    }
  }
  return {
    version: WIRE_VERSION,
    name: 'a device',
    timeZone: 'UTC',
    program: '0.1.0',
    cursor: `${'e'.repeat(22)}:1`,
    whole: true,
    agents: ['claude-code', 'codex'],
    models: [...MODELS],
    activities: [...ACTIVITIES],
    tools: [...TOOLS],
    buckets: [...buckets.values()],
    toolCalls: [...toolCalls.values()],
  }
}
