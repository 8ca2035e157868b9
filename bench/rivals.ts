// How ccusage and codeburn are asked for everything they can read, and what they answer.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { environment, type Surroundings } from './surroundings.ts'
import type { Tools } from './tools.ts'

/** Totals as far as a tool tells them; null where it does not. */
export interface Totals {
  readonly calls: number | null
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly costUSD: number
}

export interface Rival {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** Removes what the tool kept from earlier runs. */
  readonly forget: (home: string) => void
  readonly totals: (answer: string) => Totals
}

// codeburn's own `--period all` ends half a year back.
const CODEBURN_ALL = ['models', '--from', '2020-01-01', '--to', '2099-12-31', '--format', 'json']

/** ccusage's `daily` reads the logs of every agent that it finds, so one run covers both of ours. */
export function ccusageRival(tools: Tools): Rival {
  return {
    name: 'ccusage',
    command: [tools.ccusage, 'daily', '--json', '--offline'],
    forget: () => {},
    totals: (answer) => {
      const { totals } = JSON.parse(answer)
      return {
        calls: null,
        input: totals.inputTokens,
        output: totals.outputTokens,
        cacheRead: totals.cacheReadTokens,
        cacheWrite: totals.cacheCreationTokens,
        costUSD: totals.totalCost,
      }
    },
  }
}

export function codeburnRival(tools: Tools): Rival {
  return {
    name: 'codeburn',
    command: [tools.node24, tools.codeburn, ...CODEBURN_ALL],
    forget: (home) => {
      for (const folder of ['.cache/codeburn', '.config/codeburn']) {
        rmSync(join(home, folder), { recursive: true, force: true })
      }
    },
    totals: (answer) => {
      const rows: readonly Record<string, number>[] = JSON.parse(answer)
      const sum = (field: string) => rows.reduce((total, row) => total + (row[field] ?? 0), 0)
      return {
        calls: sum('calls'),
        input: sum('inputTokens'),
        output: sum('outputTokens'),
        cacheRead: sum('cacheReadTokens'),
        cacheWrite: sum('cacheWriteTokens'),
        costUSD: sum('costUSD'),
      }
    },
  }
}

export interface Finished {
  readonly ms: number
  readonly stdout: string
}

/** Runs a command to its end; `started` gets its pid. Throws where it fails, with what it said. */
export function runToEnd(
  [program, ...args]: readonly [string, ...string[]],
  at: Surroundings,
  started?: (pid: number) => void,
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const begin = performance.now()
    const child = spawn(program, args, { env: environment(at), stdio: ['ignore', 'pipe', 'pipe'] })
    if (child.pid !== undefined) started?.(child.pid)
    let [stdout, stderr, ms] = ['', '', 0]
    child.stdout.on('data', (piece) => (stdout += piece))
    child.stderr.on('data', (piece) => (stderr += piece))
    child.on('error', reject)
    child.on('exit', () => (ms = performance.now() - begin))
    child.on('close', (code) => {
      if (code === 0) resolve({ ms, stdout })
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr.slice(0, 2000)}`))
    })
  })
}
