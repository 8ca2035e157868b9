// What a scrape of the metrics costs a daemon that knows many devices: the first one, which adds everything up; those in between, in
// which nothing was spent; and those after a call.
import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { processorSeconds, residentMemory } from '../process-tree.ts'
import { type Latencies, latenciesOf } from '../statistics.ts'
import { type Crowd, daemonWith } from './combined.ts'

const UNCHANGED = 1_000
const CHANGED = 200
const CALLS = /^tallyd_usage_calls_total\{[^}]*model="claude-haiku-4-5"\} (\d+)$/gm

export interface Scrapes {
  readonly devices: number
  readonly buckets: number
  readonly bytes: number
  /** Milliseconds of the first one, and what the daemon holds more after it, in bytes. */
  readonly first: number
  readonly heldAfterFirst: number
  readonly unchanged: Latencies
  /** Processor time of the daemon for one of them, in milliseconds. */
  readonly unchangedCpu: number
  /** Right after a call was counted. */
  readonly changed: Latencies
}

export async function measureScrapes(dist: string, crowd: Crowd): Promise<Scrapes> {
  const folder = join(tmpdir(), `tallyd-bench-scrapes-${process.pid}`)
  try {
    const { tallyd, pid } = await daemonWith(dist, folder, crowd)
    const before = residentMemory([pid])
    const timed = async () => {
      const began = performance.now()
      const text = await scrape(tallyd.socket)
      return { text, took: performance.now() - began }
    }
    const first = await timed()
    const heldAfterFirst = residentMemory([pid]) - before
    const unchanged: number[] = []
    const cpuBefore = processorSeconds([pid])
    for (let n = 0; n < UNCHANGED; n++) unchanged.push((await timed()).took)
    const unchangedCpu = ((processorSeconds([pid]) - cpuBefore) * 1000) / UNCHANGED
    const changed: number[] = []
    const log = join(tallyd.at.home, '.claude', 'projects', 'scrapes')
    mkdirSync(log, { recursive: true })
    for (let n = 0; n < CHANGED; n++) {
      const calls = callsIn((await timed()).text)
      appendFileSync(join(log, 'calls.jsonl'), callLine(n))
      for (;;) {
        const { text, took } = await timed()
        if (callsIn(text) === calls) {
          await sleep(1)
          continue
        }
        // The first one also makes the daemon find the file.
        if (n > 0) changed.push(took)
        break
      }
    }
    await tallyd.stop()
    return {
      devices: crowd.devices,
      buckets: crowd.devices * crowd.buckets,
      bytes: Buffer.byteLength(first.text),
      first: first.took,
      heldAfterFirst,
      unchanged: latenciesOf(unchanged),
      unchangedCpu,
      changed: latenciesOf(changed),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function scrape(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: '/metrics', headers: { host: 'tallyd' } }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.once('end', () => resolve(Buffer.concat(parts).toString()))
      answer.once('error', reject)
    })
    asked.once('error', reject)
    asked.end()
  })
}

function callsIn(text: string): number {
  return [...text.matchAll(CALLS)].reduce((sum, [, calls]) => sum + Number(calls), 0)
}

function callLine(n: number): string {
  const usage = { input_tokens: 1, output_tokens: 100 }
  const message = { id: `m${n}`, role: 'assistant', model: 'claude-haiku-4-5', usage }
  const timestamp = new Date().toISOString()
  return `${JSON.stringify({ type: 'assistant', timestamp, sessionId: 's', requestId: `r${n}`, message })}\n`
}
