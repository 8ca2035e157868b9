// A temporary home with logs, and the usage part running on it as the daemon runs it, in this process.

import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config } from '../../../src/contract/config.ts'
import { pathsOf } from '../../../src/contract/paths.ts'
import type { Summary, SummaryParams } from '../../../src/contract/usage.ts'
import { createBus } from '../../../src/daemon/bus.ts'
import type { Incident, Incidents } from '../../../src/daemon/store/incidents.ts'
import type { Ahead } from '../../../src/daemon/usage/index/ahead.ts'
import { type CheckpointFormat, FORMAT } from '../../../src/daemon/usage/index/older-checkpoint.ts'
import { createUsage, type Usage } from '../../../src/daemon/usage/usage.ts'
import { createViews } from '../../../src/daemon/views/views.ts'
import { NO_SNAPSHOT } from '../../harness/no-snapshot.ts'
import { NOW } from './log-folder.ts'

export type Noted = Pick<Incident, 'code' | 'subject' | 'says' | 'next'>

/** Incidents in memory. */
export class IncidentList implements Incidents {
  all: Noted[] = []
  record(incident: Noted): void {
    this.all.push(incident)
  }
  resolve(code: string, subject?: string): void {
    this.all = this.all.filter(
      (each) => each.code !== code || (subject !== undefined && each.subject !== subject),
    )
  }
  list(): readonly Incident[] {
    return this.all.map((each) => ({ ...each, firstAt: '', lastAt: '', count: 1 }))
  }
}

export interface RunOptions {
  readonly config?: Config
  readonly now?: () => number
  readonly env?: Record<string, string>
  readonly ahead?: Ahead | null
  readonly format?: CheckpointFormat
}

export class UsageHome {
  readonly home: string
  readonly incidents = new IncidentList()
  #usage: Usage | null = null

  constructor(home: string) {
    this.home = home
    mkdirSync(this.state, { recursive: true })
  }

  get state(): string {
    return join(this.home, 'state')
  }

  get paths(): ReturnType<typeof pathsOf> {
    return pathsOf({ env: { TALLYD_HOME: this.state }, home: this.home, platform: 'linux' })
  }

  get usage(): Usage {
    if (this.#usage === null) throw new Error('not started')
    return this.#usage
  }

  path(relative: string): string {
    return join(this.home, relative)
  }

  write(relative: string, text: string | Buffer): string {
    const path = this.path(relative)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }

  append(relative: string, text: string | Buffer): void {
    appendFileSync(this.path(relative), text)
  }

  /** Starts on what the state folder holds; resolves when the first index is done. */
  async start({
    config = {},
    now = () => NOW,
    env = {},
    ahead = null,
    format = FORMAT,
  }: RunOptions = {}): Promise<Usage> {
    this.#usage = createUsage({
      paths: this.paths,
      surroundings: { env, home: this.home, platform: 'linux' },
      config,
      bus: createBus(),
      incidents: this.incidents,
      now,
      indexer: null,
      ahead,
      format,
    })
    await this.#usage.start()
    return this.#usage
  }

  async stop(): Promise<void> {
    await this.#usage?.stop()
    this.#usage = null
  }

  summary(params: SummaryParams): Summary {
    return summaryOf(this.usage, params)
  }

  /** Calls and output tokens of all history, which tell a lost call and one that counts twice. */
  total(): { calls: number; output: number } {
    const { calls, tokens } = this.summary({ range: 'all', timeZone: 'UTC' }).total
    return { calls, output: tokens?.output ?? 0 }
  }
}

/** What the daemon would answer if this were its only device. */
export function summaryOf(usage: Usage, params: SummaryParams): Summary {
  const device = { id: null, name: 'test', self: true, freshness: 'live', asOf: null } as const
  const shares = () => [{ device, totals: usage.totals() }]
  return createViews({
    config: {},
    now: () => NOW,
    shares,
    devices: () => [],
    snapshot: NO_SNAPSHOT,
  }).summary(params)
}

/** Lines of Claude Code calls `from` to `to`; call n has 2^n output tokens up to n = 40. */
export function callLines(from: number, to: number, session = 'session-a'): string {
  let text = ''
  for (let n = from; n <= to; n++) {
    const at = new Date(Date.parse('2026-03-02T10:00:00Z') + n * 1000).toISOString()
    text += `{"type":"assistant","sessionId":"${session}","message":{"model":"m","id":"msg_${session}_${n}","content":[],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":${outputOf(n)}}},"requestId":"req_${n}","timestamp":"${at}"}\n`
  }
  return text
}

export function totalOf(...calls: readonly number[]): { calls: number; output: number } {
  return { calls: calls.length, output: calls.reduce((sum, n) => sum + outputOf(n), 0) }
}

function outputOf(n: number): number {
  return 2 ** (n % 31)
}

export const LOG = '.claude/projects/p/session-a.jsonl'

const GONE = '.claude/projects/p/session-gone.jsonl'

/** A home that counted 1 and 2 from a log that is deleted since, 3 and 4 from one that stands; two checkpoints. */
export async function agedHome(folder: string): Promise<UsageHome> {
  const home = new UsageHome(folder)
  home.write(GONE, callLines(1, 2, 'session-gone'))
  home.write(LOG, callLines(3, 3))
  await home.start()
  await home.stop()
  rmSync(home.path(GONE))
  home.append(LOG, callLines(4, 4))
  await home.start()
  await home.stop()
  return home
}
