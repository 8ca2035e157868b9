// Authorised pulls over one kept-alive mutual-TLS connection: how many a second when nothing changed, beside a bare Node server; and
// how many bytes one moves after one changed bucket of a long history.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { UsageAnswer } from '../../src/contract/wire.ts'
import { dial } from '../../src/daemon/devices/dial.ts'
import { knockOf } from '../../src/daemon/devices/knock.ts'
import type { Identity } from '../../src/daemon/identity/identity.ts'
import { hashOf } from '../../src/daemon/tokens/token.ts'
import { until } from '../../test/harness/daemon.ts'
import type { Device } from '../../test/harness/devices.ts'
import { ask, type Holdings, holdingsOf } from '../../test/harness/paired-client.ts'
import { type Ratio, ratioOf, type Spread, spreadOf } from '../statistics.ts'
import { Line } from './line.ts'

const PULLS = 10_000
const WARM = 5_000
const HISTORY = 25_000

export interface Pulls {
  /** Pulls a second, one after the other, as a device asks; and with 16 under way. */
  readonly tallyd: { readonly single: Spread; readonly pipelined: Spread }
  readonly bareNode: { readonly single: Spread; readonly pipelined: Spread }
  readonly single: Ratio
  readonly pipelined: Ratio
}

/** `giver` is asked in the name of `reader`. */
export async function measurePulls(reader: Device, giver: Device, rounds: number): Promise<Pulls> {
  const holdings = await holdingsOf(reader, giver)
  const token = holdings.member.token!
  const { cursor } = JSON.parse((await ask(holdings)).body) as UsageAnswer
  const path = `/v1/usage?since=${encodeURIComponent(cursor)}`
  const { identity } = await holdingsOf(giver, reader)
  const bare = await bareServer(identity)
  const lines = { tallyd: await lineTo(holdings), bareNode: await lineTo(holdings, bare.port) }
  const rates = { tallyd: { single: [], pipelined: [] }, bareNode: { single: [], pipelined: [] } } as Record<
    keyof typeof lines,
    Record<'single' | 'pipelined', number[]>
  >
  try {
    for (const line of Object.values(lines)) await rateOf(line, path, token, WARM, 16)
    for (let round = 0; round < rounds; round++) {
      for (const [name, inFlight] of [
        ['single', 1],
        ['pipelined', 16],
      ] as const) {
        for (const who of ['tallyd', 'bareNode'] as const)
          rates[who][name].push(await rateOf(lines[who], path, token, PULLS, inFlight))
      }
    }
  } finally {
    for (const line of Object.values(lines)) line.close()
    bare.child.kill()
  }
  const spreads = (who: keyof typeof rates) => ({
    single: spreadOf(rates[who].single),
    pipelined: spreadOf(rates[who].pipelined),
  })
  const [tallyd, bareNode] = [spreads('tallyd'), spreads('bareNode')]
  return {
    tallyd,
    bareNode,
    single: ratioOf(tallyd.single, bareNode.single),
    pipelined: ratioOf(tallyd.pipelined, bareNode.pipelined),
  }
}

export interface Moved {
  /** Of HTTP in both directions. */
  readonly wholeBytes: number
  readonly deltaBytes: number
  readonly unchangedBytes: number
  readonly buckets: number
}

/** Bytes of a pull of everything, of one after a single new call, and of one after nothing, on a history of 25,000 buckets. */
export async function measureMoved(reader: Device, giver: Device): Promise<Moved> {
  writeHistory(giver)
  const holdings = await holdingsOf(reader, giver)
  let answer: UsageAnswer | undefined
  await until(
    async () => {
      answer = JSON.parse((await ask(holdings)).body) as UsageAnswer
      return answer.buckets.length >= HISTORY
    },
    'the long history is counted',
    60_000,
  )
  const buckets = answer!.buckets.length
  const line = await lineTo(holdings)
  const pull = (since?: string) =>
    line.ask(since === undefined ? '/v1/usage' : `/v1/usage?since=${since}`, holdings.member.token!)
  const since = answer!.cursor
  const whole = await pull()
  const unchanged = await pull(since)
  giver.spend()
  let delta = unchanged
  await until(async () => {
    delta = await pull(since)
    return delta.status === 200
  }, 'the call is told')
  line.close()
  return { buckets, wholeBytes: whole.bytes, deltaBytes: delta.bytes, unchangedBytes: unchanged.bytes }
}

async function rateOf(line: Line, path: string, token: string, pulls: number, inFlight: number) {
  let left = pulls
  const began = performance.now()
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) {
        const { status } = await line.ask(path, token)
        if (status !== 204) throw new Error(`a pull was answered with ${status}`)
      }
    }),
  )
  return pulls / ((performance.now() - began) / 1000)
}

async function lineTo({ identity, member }: Holdings, port?: number): Promise<Line> {
  const [host, own] = member.address!.split(':') as [string, string]
  const target = { host, port: port ?? Number(own), pin: member, knock: knockOf(hashOf(member.token!)) }
  const { socket } = await dial(target, { identity, now: Date.now })
  return new Line(socket)
}

async function bareServer(identity: Identity): Promise<{ port: number; child: ChildProcess }> {
  const script = fileURLToPath(new URL('./bare-server.js', import.meta.url))
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(identity))
  const port = await new Promise<number>((resolve) =>
    child.stdout.once('data', (text) => resolve(Number(text))),
  )
  return { port, child }
}

/** One call in each of 25,000 quarter-hours. */
function writeHistory({ home }: Device): void {
  const folder = join(home, '.claude', 'projects', 'history')
  mkdirSync(folder, { recursive: true })
  const last = Date.now() - 86_400_000
  const lines: string[] = []
  for (let n = 0; n < HISTORY; n++) {
    const timestamp = new Date(last - n * 900_000).toISOString()
    const usage = { input_tokens: 10 + n, output_tokens: 100, cache_read_input_tokens: 20_000 + n }
    const model = n % 3 === 0 ? 'claude-haiku-4-5' : 'claude-opus-4-5'
    const message = { model, id: `msg_h${n}`, content: [], stop_reason: null, usage }
    lines.push(
      JSON.stringify({
        type: 'assistant',
        sessionId: `h${n >> 5}`,
        message,
        requestId: `req_h${n}`,
        timestamp,
      }),
    )
  }
  writeFileSync(join(folder, 'history.jsonl'), `${lines.join('\n')}\n`)
}
