// From a line's arrival in a log to the moment a subscriber holds totals that contain it.
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Summary } from '../../src/contract/usage.ts'
import { Calendar } from '../corpus/calendar.ts'
import { assistantLine } from '../corpus/claude-code-lines.ts'
import { Random } from '../corpus/random.ts'
import { type Latencies, latenciesOf } from '../statistics.ts'
import type { Tallyd } from '../tallyd.ts'

const APPENDS = 500
const PATIENCE_MS = 30_000

/**
 * Milliseconds from write's return to the notification. The file is removed again afterwards. `beside` begins what else the
 * daemon has to do meanwhile, and returns how to end it.
 */
export async function measureAppend(
  tallyd: Tallyd,
  beside: () => Promise<() => Promise<void>> = async () => async () => undefined,
): Promise<Latencies> {
  const random = new Random(1)
  const folder = join(tallyd.at.home, '.claude', 'projects', '-home-dev-work-append')
  mkdirSync(folder, { recursive: true })
  const log = openSync(join(folder, `${random.uuid()}.jsonl`), 'a')
  tallyd.spawn()
  try {
    await tallyd.waitUntilReady()
    const end = await beside()
    const measured = await appendAndListen(tallyd, log, random)
    await end()
    return measured
  } finally {
    closeSync(log)
    rmSync(folder, { recursive: true, force: true })
    await tallyd.stop()
  }
}

async function appendAndListen(tallyd: Tallyd, log: number, random: Random): Promise<Latencies> {
  const connection = await tallyd.connect()
  let calls = 0
  let arrived: () => void = () => {}
  await connection.subscribe('usage.changed', { range: 'all' }, (value) => {
    calls = (value as Summary).total.calls
    arrived()
  })
  const reaches = async (wanted: number) => {
    const deadline = performance.now() + PATIENCE_MS
    while (calls < wanted) {
      if (performance.now() > deadline) throw new Error(`${calls} calls, waited for ${wanted}`)
      await Promise.race([new Promise<void>((resolve) => (arrived = resolve)), sleep(1000)])
    }
  }
  const before = (await connection.call<Summary>('usage.summary', { range: 'all' })).total.calls
  const measured: number[] = []
  // The first one is not counted: it also makes the daemon find the file. The pauses are those of an agent that
  // writes quickly; changes that come closer together are coalesced on purpose.
  for (let append = 0; append <= APPENDS; append++) {
    writeSync(log, callLine(random))
    const written = performance.now()
    await reaches(before + append + 1)
    if (append > 0) measured.push(performance.now() - written)
    await sleep(random.integer(2, 25))
  }
  connection.close()
  return latenciesOf(measured)
}

function callLine(random: Random): string {
  const head = {
    session: '00000000-0000-4000-a000-000000000000',
    folder: '/home/dev/code/append',
    version: '2.1.140',
    sidechain: false,
    agentId: null,
  }
  const at = new Calendar(random, Date.parse('2026-11-20T00:00:00Z'), 1).sessionStart()
  const tokens = {
    input: 3,
    output: 200,
    cacheRead: 20_000,
    cacheWrite5m: 900,
    cacheWrite1h: 0,
    reasoning: 0,
  }
  const line = assistantLine(head, {
    uuid: random.uuid(),
    parent: null,
    at,
    messageId: `msg_01${random.letters(22)}`,
    requestId: `req_011C${random.letters(20)}`,
    model: 'claude-opus-4-8',
    blocks: '{"type":"text","text":"done"}',
    stopReason: 'end_turn',
    tokens,
    webSearches: 0,
  })
  return `${line}\n`
}
