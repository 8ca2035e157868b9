// What displays cost: how many snapshots a daemon that knows many devices answers in a second, what a 304 takes of a processor, and
// what a hundred displays that ask once a minute would.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { processorSeconds } from '../process-tree.ts'
import { type Spread, spreadOf } from '../statistics.ts'
import { type Crowd, daemonWith } from './combined.ts'

const [RUNS, ANSWERS, CONNECTIONS] = [5, 4_000, 8]
/** So many displays, each of which opens a connection for every question. */
const [DISPLAYS, POLL_SECONDS, POLLS] = [100, 60, 1_000]

export interface SnapshotCosts {
  readonly devices: number
  readonly bytes: number
  /** Authorised answers a second over kept-alive connections. */
  readonly rate: Spread
  /** Processor time of the daemon for one 304, in milliseconds. */
  readonly unchangedCpu: number
  /** A bare Node's for the same, in turns with it. */
  readonly bareCpu: number
  /** Share of one core for the displays, with a connection for each poll. */
  readonly displaysShare: number
}

export async function measureSnapshots(dist: string, crowd: Crowd): Promise<SnapshotCosts> {
  const folder = join(tmpdir(), `tallyd-bench-snapshots-${process.pid}`)
  try {
    const { tallyd, pid } = await daemonWith(dist, folder, crowd)
    const connection = await tallyd.connect()
    const wish = { member: 'display', scopes: ['dashboard:read'] }
    const { token } = (await connection.call('tokens.create', wish)) as { token: { secret: string } }
    const { listeners } = (await connection.call('daemon.status', {})) as {
      listeners: { web: { url: string } }
    }
    connection.close()
    const asked = { url: `${listeners.web.url}/dashboard/v1/snapshot`, secret: token.secret }
    const kept = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
    const { bytes, etag } = await ask(kept, asked)
    const rates: number[] = []
    for (let run = 0; run < RUNS; run++) {
      const began = performance.now()
      await inParallel(ANSWERS, CONNECTIONS, () => ask(kept, asked))
      rates.push((ANSWERS * 1000) / (performance.now() - began))
    }
    const cpuOf = async (of: number, count: number, each: () => Promise<unknown>) => {
      const before = processorSeconds([of])
      await inParallel(count, 1, each)
      return ((processorSeconds([of]) - before) * 1000) / count
    }
    const bare = await bareNode()
    const [ours, bares]: [number[], number[]] = [[], []]
    for (let run = 0; run < RUNS; run++) {
      ours.push(await cpuOf(pid, ANSWERS, () => ask(kept, { ...asked, etag })))
      bares.push(await cpuOf(bare.pid, ANSWERS, () => ask(kept, { ...asked, url: bare.url, etag })))
    }
    bare.end()
    kept.destroy()
    const pollCpu = await cpuOf(pid, POLLS, () => ask(new Agent(), { ...asked, etag }))
    await tallyd.stop()
    return {
      devices: crowd.devices,
      bytes,
      rate: spreadOf(rates),
      unchangedCpu: spreadOf(ours).median,
      bareCpu: spreadOf(bares).median,
      displaysShare: (DISPLAYS / POLL_SECONDS) * (pollCpu / 1000),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A Node that answers 304 to everything, and does nothing else. */
async function bareNode(): Promise<{ readonly pid: number; readonly url: string; end(): void }> {
  const script = fileURLToPath(new URL('./bare-unchanged.js', import.meta.url))
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return { pid: child.pid!, url: `http://127.0.0.1:${String(port).trim()}/`, end: () => void child.kill() }
}

async function inParallel(count: number, lanes: number, each: () => Promise<unknown>): Promise<void> {
  const lane = async () => {
    for (let n = 0; n < count / lanes; n++) await each()
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

interface Asked {
  readonly url: string
  readonly secret: string
  readonly etag?: string
}

function ask(agent: Agent, { url, secret, etag }: Asked): Promise<{ bytes: number; etag: string }> {
  const headers = {
    authorization: `Bearer ${secret}`,
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
  }
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, headers }, (answer) => {
      const wanted = etag === undefined ? 200 : 304
      let bytes = 0
      answer.on('data', (part: Buffer) => {
        bytes += part.length
      })
      answer.once('end', () => {
        if (answer.statusCode === wanted) resolve({ bytes, etag: answer.headers.etag ?? '' })
        else reject(new Error(`${answer.statusCode} instead of ${wanted}`))
      })
      answer.once('error', reject)
    })
    asked.once('error', reject)
    asked.end()
  })
}
