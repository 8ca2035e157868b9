// `tallyctl status [--wait D]`: whether the daemon runs, whether it is ready, what it has read.
import type { Status } from '../../contract/daemon.ts'
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Daemon } from '../connection/daemon.ts'
import { isBusy, isNoDaemon, isPassing } from '../connection/errors.ts'
import { bytes, count, counted, duration, when } from '../terminal/figures.ts'
import { percent } from '../terminal/progress.ts'
import type { Screen } from '../terminal/screen.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'
import { noteOtherVersion } from './daemon-process.ts'
import { readDuration } from './duration.ts'
import { sharingLine } from './share.ts'
import { webLine } from './web.ts'

export const status: Command = async (asked, at) => {
  const wait = asked.value('wait')
  const result =
    wait === undefined
      ? await at.daemon.call('daemon.status', {})
      : await untilReady(at.daemon, readDuration(wait, '--wait'), at.screen)
  if (asked.has('json')) await at.screen.json(result)
  else {
    await at.screen.answer(...statusLines(result, at.screen, Date.now()))
    // One elsewhere is its owner's to restart.
    if (at.daemon.url === null) await noteOtherVersion(result, at)
  }
  return wait !== undefined && !result.ready ? EXIT.timeout : EXIT.ok
}

/** How often the daemon is asked while something waits and nobody knows for how long, in milliseconds. */
const TURN_MS = 25
/** Where it is known, this part of it passes between two questions, within these bounds: each takes time from the reading. */
const TURN_SHARE = 1 / 8
const TURN_BOUNDS_MS = [10, 100] as const
/** How long one answer may take, in milliseconds; after that it is asked again. */
const LONGEST_TURN_MS = 30_000

/**
 * Asks until the daemon is ready or `waitMs` have passed, also while its socket does not exist yet, and shows
 * progress on a terminal. Returns the last status; throws TallyError `timedOut` where no daemon answered at all.
 */
export async function untilReady(
  daemon: Daemon,
  waitMs: number,
  screen: Screen,
  isLost: () => boolean = () => false,
): Promise<Status> {
  const { progressLine } = await import('../terminal/progress.ts')
  const deadline = performance.now() + waitMs
  let last: Status | null = null
  let busy = null as TallyError | null
  let shown = ''
  try {
    for (;;) {
      const left = Math.max(1, deadline - performance.now())
      last = await daemon
        .call('daemon.status', {}, Math.min(left, LONGEST_TURN_MS))
        .catch((error: unknown) => {
          if (!isPassing(error) && (!isNoDaemon(error) || isLost())) throw error
          // An attempt that the deadline cut short says nothing of whether it is there.
          if (isBusy(error)) busy = error as TallyError
          else if (isNoDaemon(error)) busy = null
          return last
        })
      if (last?.ready === true) return last
      if (performance.now() >= deadline) break
      const columns = screen.progressColumns
      if (columns !== null && last?.progress) {
        const line = progressLine(last.progress, Date.now(), columns)
        if (line !== shown) await screen.progress(line)
        shown = line
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(turnOf(last, Date.now()), left)))
    }
  } finally {
    if (shown !== '') await screen.progress('')
  }
  if (last !== null) return last
  if (busy !== null) {
    throw new TallyError('timedOut', `tallyd runs, but took no connection in ${duration(waitMs)}`, busy.next)
  }
  throw new TallyError('timedOut', `nothing answered in ${duration(waitMs)}`, 'run: tallyctl start')
}

/** Milliseconds until the next question. */
function turnOf(last: Status | null, now: number): number {
  const { bytesDone = 0, bytesTotal = 0, startedAt = '' } = last?.progress ?? {}
  if (bytesDone === 0) return TURN_MS
  const leftMs = (now - Date.parse(startedAt)) * (bytesTotal / bytesDone - 1)
  return Math.min(TURN_BOUNDS_MS[1], Math.max(TURN_BOUNDS_MS[0], leftMs * TURN_SHARE))
}

function statusLines(status: Status, screen: Screen, now: number): string[] {
  const { version, pid, ready, startedAt, device, listeners, index, progress, problems } = status
  const reading = progress === null ? 'reading logs' : `reading logs, ${percent(progress)}`
  const rejected = index.rejected === 0 ? [] : [`${count(index.rejected)} rejected`]
  const took = ready ? [`read in ${duration(index.tookMs)}`] : []
  const read = [
    counted(index.files, 'file'),
    bytes(index.bytes),
    counted(index.lines, 'line'),
    ...rejected,
    ...took,
  ]
  return [
    `tallyd     ${clean(version)}, ${ready ? 'ready' : screen.mark(reading, 'warning')}`,
    `pid        ${pid}, started ${when(startedAt, now)}`,
    `device     ${clean(device.name)}`,
    `socket     ${clean(listeners.control.path)}`,
    `index      ${read.join(', ')}`,
    `sharing    ${sharingLine(listeners.lan, now)}`,
    `web        ${webLine(listeners.web)}`,
    problems === 0
      ? 'problems   none'
      : screen.mark(`problems   ${count(problems)}: ${screen.typed('tallyctl doctor')}`, 'warning'),
  ]
}
