// `tallyctl start --foreground`, which is what `npm start` runs: the daemon stays in this terminal, and a person who
// sees it for the first time sees progress, then what was spent, then what to try next.
import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { EXIT, TallyError } from '../../contract/errors.ts'
import { elsewhere } from '../../contract/run-folder.ts'
import { shellWord } from '../../contract/shell-words.ts'
import { checkSocketPath } from '../connection/control-socket.ts'
import { isNoDaemon, isPassing } from '../connection/errors.ts'
import { duration } from '../terminal/figures.ts'
import { notReadyLines } from '../terminal/readiness.ts'
import { clean } from '../terminal/text.ts'
import { sortedRows } from '../terminal/usage-rows.ts'
import { unpricedNext, usageLines } from '../terminal/usage-table.ts'
import type { Surrounding } from './command.ts'
import {
  daemonProgram,
  problemLines,
  requireFolder,
  START_PATIENCE_MS,
  statusIfRunning,
} from './daemon-process.ts'
import { askGlance, glanceLines } from './glance.ts'
import type { Asked } from './parse.ts'
import { folderLines, noLogsNext } from './sources.ts'
import { untilReady } from './status.ts'
import { timeZone } from './zone.ts'

/** A first index may take as long as it needs. */
const PATIENCE_MS = 24 * 3_600_000
const MOST_MODELS = 12
const STAYS = 'tallyd keeps counting here; Ctrl-C ends it'

/**
 * Stays until the daemon ends, and returns its exit status; beside a running daemon shows that one's usage and
 * returns 0. Throws TallyError `timedOut` where its socket does not answer in `patienceMs`.
 */
export async function foreground(
  asked: Asked,
  at: Surrounding,
  patienceMs = START_PATIENCE_MS,
): Promise<number> {
  const running = await statusIfRunning(at)
  if (running !== null) {
    await at.screen.note(`tallyd is running already (pid ${running.pid}); this is what it knows`)
    const ready = running.ready ? running : await untilReady(at.daemon, PATIENCE_MS, at.screen)
    if (asked.has('json')) await at.screen.json(ready)
    else await welcome(at, false)
    return EXIT.ok
  }
  checkSocketPath(at.paths)
  requireFolder(at.paths.run, elsewhere(at.paths.run, at.paths))
  // Listened for before there is a child: what arrives while it is made must not end this process alone, and leave the child running.
  const signals = passSignalsTo(() => child)
  const child = spawn(process.execPath, [daemonProgram(at.program)], {
    // Its own process group: Ctrl-C reaches this process, which passes it on exactly once.
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...at.env, TALLYD_LOG: at.env['TALLYD_LOG'] ?? 'warn' },
  })
  const ended = endOf(child, signals)
  const isGone = () => child.exitCode !== null || child.signalCode !== null
  // A daemon that is being stopped answers in any way: its end is what counts then.
  const isItsEnd = (error: unknown) => isNoDaemon(error) || isGone() || signals.has()
  const ready = untilAnswering(at, child, isGone, patienceMs).then(() =>
    untilReady(at.daemon, PATIENCE_MS, at.screen, isGone),
  )
  // Where it ended before it was ready, its own words stand on stderr already.
  const first = await Promise.race([
    ended,
    ready.catch((error: unknown) => (isItsEnd(error) ? ended : Promise.reject(error))),
  ])
  if (typeof first === 'number') return first === 0 ? farewell(at, first) : first
  // The daemon may be stopped while we ask it for the figures.
  const shown = problemLines(at).then(() => (asked.has('json') ? at.screen.json(first) : welcome(at, true)))
  await shown.catch((error: unknown) => (isItsEnd(error) ? undefined : Promise.reject(error)))
  return farewell(at, await ended)
}

async function farewell({ env, screen }: Surrounding, exit: number): Promise<number> {
  // The demo's home is removed by scripts/start.mjs, which says so itself.
  const kept = env['TALLYD_DEMO'] === undefined ? '; everything counted is kept' : ''
  await screen.note(
    exit === EXIT.ok
      ? `tallyd has stopped${kept}`
      : screen.typed(`tallyd has ended by itself (exit status ${exit}); run: tallyctl start`),
  )
  return exit
}

async function untilAnswering(
  at: Surrounding,
  child: ChildProcess,
  isGone: () => boolean,
  patienceMs: number,
): Promise<void> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const left = Math.max(1, deadline - performance.now())
    const status = await statusIfRunning(at, left).catch((error: unknown) => {
      if (isPassing(error)) return null
      throw error
    })
    if (status !== null) return
    if (isGone()) throw new TallyError('noDaemon')
    if (performance.now() >= deadline) break
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  child.kill('SIGKILL')
  throw new TallyError(
    'timedOut',
    `tallyd did not answer in ${duration(patienceMs)}`,
    'its log stands above; more of it with TALLYD_LOG=debug',
  )
}

async function welcome(at: Surrounding, isOurs: boolean): Promise<void> {
  const { daemon, screen, paths } = at
  const { status, ...totals } = await askGlance(daemon, timeZone(undefined, at.env))
  const problems = notReadyLines(status).map((line) => screen.typed(line))
  if (totals.all.total.calls === 0) return nothingFound(at, isOurs, problems)
  const rows = sortedRows(totals.all)
  const table = usageLines({ ...totals.all, rows: rows.slice(0, MOST_MODELS) }, screen.columns, screen)
  const rest = rows.length - MOST_MODELS
  await screen.answer(
    ...glanceLines(totals, screen.columns, screen),
    '',
    ...table,
    ...unpricedNext(totals.all, paths.config),
    ...(rest > 0 ? [`… and ${rest} more: ${screen.typed('tallyctl usage all')}`] : []),
  )
  await screen.note(...problems, ...nextSteps(at, isOurs))
}

function nextSteps({ screen, env }: Surrounding, isOurs: boolean): string[] {
  const home = env['TALLYD_HOME']
  const steps: [string, string][] = [
    ['tallyctl usage week', 'this week, day by day'],
    ['tallyctl usage all --by activity', 'what it was spent on'],
    ['tallyctl watch', 'live'],
  ]
  const typed = steps.map(([line, says]) => `  ${screen.typed(line).padEnd(38)}${says}`)
  return [
    '',
    isOurs ? 'try in a second terminal' : 'try',
    ...(home === undefined || home === '' ? [] : [`  export TALLYD_HOME=${shellWord(home)}`]),
    ...typed,
    ...(isOurs ? ['', STAYS] : []),
  ]
}

async function nothingFound(
  { daemon, screen, paths }: Surrounding,
  isOurs: boolean,
  problems: readonly string[],
): Promise<void> {
  const { sources } = await daemon.call('usage.sources', {})
  const folders = sources.flatMap((source) => [`${clean(source.agent)}`, ...folderLines(source, screen)])
  const isClone = screen.typed('tallyctl') !== 'tallyctl'
  const hasFiles = sources.some((source) => source.files > 0)
  await screen.answer(
    hasFiles ? 'no calls in any log. it looked at' : 'no logs found. it looked at',
    ...folders,
  )
  await screen.note(
    ...noLogsNext(paths.config),
    ...problems,
    ...(isClone ? ['', 'to see it on generated sample logs: npm start -- --demo'] : []),
    ...(isOurs ? ['', 'logs that appear later are counted at once', STAYS] : []),
  )
}

function endOf(child: ChildProcess, signals: { has(): boolean }): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(EXIT.failed))
    child.once('exit', (code, signal) => {
      // A daemon that is ended before it listens for signals ends as orderly: nothing was counted yet.
      if (signals.has() && signal !== null) return resolve(EXIT.ok)
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}

// npm passes a signal on that the terminal has sent to everybody already; twice within a moment is once.
function passSignalsTo(childOf: () => ChildProcess): { has(): boolean } {
  let passedAt = Number.NEGATIVE_INFINITY
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (performance.now() - passedAt < 500) return
      passedAt = performance.now()
      // The daemon knows no hang-up; its terminal's end is an orderly end to it too.
      childOf().kill(signal === 'SIGHUP' ? 'SIGTERM' : signal)
    })
  }
  return { has: () => passedAt > 0 }
}
