// The same question again, on an indexed corpus: from a shell, and over a socket that stays open.
import { type Rival, runToEnd } from '../rivals.ts'
import { type Latencies, latenciesOf, type Spread, spreadOf } from '../statistics.ts'
import type { Tallyd } from '../tallyd.ts'

const SHELL_RUNS = 21
const SOCKET_CALLS = 2000

export interface Again {
  /** Milliseconds of a whole process, start to end. */
  readonly ms: Readonly<Record<string, Spread>>
  /** Milliseconds of `usage.summary` by what was asked. */
  readonly socket: Readonly<Record<string, Latencies>>
}

/** `emptyScript`: a file with nothing in it, to see what Node's start alone takes. */
export async function measureAgain(
  tallyd: Tallyd,
  rivals: readonly Rival[],
  emptyScript: string,
  runs: number,
): Promise<Again> {
  tallyd.spawn()
  await tallyd.waitUntilReady()
  const contestants: [string, readonly [string, ...string[]], number][] = [
    ['tallyctl usage', tallyd.client('usage', '--json'), SHELL_RUNS],
    ['empty Node', [process.execPath, emptyScript], SHELL_RUNS],
    ...rivals.map((rival) => [rival.name, rival.command, runs] as [string, Rival['command'], number]),
  ]
  const ms: Record<string, number[]> = {}
  for (const [, command] of contestants) await runToEnd(command, tallyd.at)
  for (let run = 0; run < SHELL_RUNS; run++) {
    for (const [name, command, times] of contestants) {
      ms[name] ??= []
      if (run < times) ms[name].push((await runToEnd(command, tallyd.at)).ms)
    }
  }
  const socket = await measureSocket(tallyd)
  await tallyd.stop()
  const spreads = Object.entries(ms).map(([name, runs]) => [name, spreadOf(runs)] as const)
  return { ms: Object.fromEntries(spreads), socket }
}

async function measureSocket(tallyd: Tallyd): Promise<Record<string, Latencies>> {
  const questions: Record<string, object> = {
    today: { range: 'today' },
    'all history': { range: 'all' },
    'all history by day': { range: 'all', by: ['day'] },
  }
  const connection = await tallyd.connect()
  const latencies: Record<string, Latencies> = {}
  for (const [name, params] of Object.entries(questions)) {
    const measured: number[] = []
    for (let call = 0; call < SOCKET_CALLS; call++) {
      const begin = performance.now()
      await connection.call('usage.summary', params)
      measured.push(performance.now() - begin)
    }
    latencies[name] = latenciesOf(measured)
  }
  connection.close()
  return latencies
}
