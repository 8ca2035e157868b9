// `tallyctl watch`: a usage table that redraws itself whenever a total changes.
import type { Status } from '../../contract/daemon.ts'
import { EXIT } from '../../contract/errors.ts'
import { shownMoney } from '../../contract/shown-money.ts'
import type { Summary, SummaryParams } from '../../contract/usage.ts'
import { follow } from '../connection/following.ts'
import { amount, counted } from '../terminal/figures.ts'
import { progressLine } from '../terminal/progress.ts'
import type { Screen } from '../terminal/screen.ts'
import { fitted } from '../terminal/text.ts'
import { allTokens } from '../terminal/usage-rows.ts'
import { type UsageTable, usageTable } from '../terminal/usage-table.ts'
import type { Command, Surrounding } from './command.ts'
import { noteUnknown } from './known-names.ts'
import { emptyLines, isEmpty, summaryParams } from './usage.ts'

const AWAY = 'tallyd has ended; waiting for it to come back'

export const watch: Command = async (asked, at) => {
  const params = summaryParams(asked, at.env)
  await noteUnknown(params, at)
  const ended = new Promise<number>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(EXIT.ok))
  })
  const watching =
    asked.has('json') || !at.screen.canRedraw ? lines(params, at, asked.has('json')) : redrawn(params, at)
  return Promise.race([ended, watching])
}

// One line a change, in the order of the changes.
function lines(params: SummaryParams, at: Surrounding, asJson: boolean): Promise<never> {
  let printed: Promise<void> = Promise.resolve()
  return follow(at.daemon, {
    subscriptions: [{ event: 'usage.changed', params }],
    listeners: {
      'usage.changed': (summary) => {
        const line = asJson ? JSON.stringify(summary) : changeLine(summary, new Date())
        printed = printed.then(() => at.screen.answer(line))
      },
    },
    away: () => void at.screen.note(AWAY),
  })
}

/** `2026-11-20T14:02:11Z   $18.42   412 calls   12.6M tokens`. */
export function changeLine({ total, by, display }: Summary, now: Date): string {
  const calls = counted(total.calls, by.includes('tool') ? 'tool call' : 'call')
  const time = `${now.toISOString().slice(0, 19)}Z`
  if (by.includes('tool')) return `${time}   ${calls}`
  return `${time}   ${total.calls === 0 ? '–' : shownMoney(total.costUSD, display)}   ${calls}   ${amount(allTokens(total))} tokens`
}

async function redrawn(params: SummaryParams, at: Surrounding): Promise<never> {
  const { screen } = at
  const empty = (await emptyLines(params, at)).map((line) => screen.typed(line))
  let summary: Summary | null = null
  let status: Status | null = null
  let changedAt = ''
  let isAway = false
  let drawn = 0
  const draw = (start: string): void => {
    if (summary === null) return
    const columns = screen.columns ?? 80
    const table = isEmpty(summary) ? null : usageTable(summary, columns, screen)
    const footer = isAway ? screen.mark(AWAY, 'aside') : footerOf(status, changedAt, screen)
    const content = table === null ? empty : fitting(table, screen.rows - 3)
    // A wrapped line or one too many, and the next drawing would begin too low.
    const text = [...content, '', footer]
      .slice(0, Math.max(1, screen.rows - 1))
      .map((line) => fitted(line, columns))
    // One write, so that nothing flickers: up to the first line, clear to the end of the screen, draw.
    void screen.raw(`${start}${text.join('\n')}\n`)
    drawn = text.length
  }
  const redraw = (): void => draw(drawn === 0 ? '' : `\x1b[${drawn}A\r\x1b[J`)
  // The old lines have been wrapped anew by now, and nobody knows where they begin.
  process.stdout.on('resize', () => draw('\x1b[2J\x1b[H'))
  const usageChanged = { event: 'usage.changed', params } as const
  // The status of a daemon elsewhere is its owner's.
  const subscriptions =
    at.daemon.url === null ? [usageChanged, { event: 'status.changed' } as const] : [usageChanged]
  return follow(at.daemon, {
    subscriptions,
    listeners: {
      'usage.changed': (value) => {
        summary = value
        isAway = false
        changedAt = new Date().toTimeString().slice(0, 8)
        redraw()
      },
      'status.changed': (value) => {
        status = value
        redraw()
      },
    },
    away() {
      isAway = true
      redraw()
    },
  })
}

function footerOf(status: Status | null, changedAt: string, screen: Screen): string {
  const progress = status?.progress ?? null
  if (progress !== null) return progressLine(progress, Date.now(), screen.columns ?? 80)
  return screen.mark(`live, last change ${changedAt}   Ctrl-C ends`, 'aside')
}

/** The head, the first rows and the total, in at most `height` lines; what is left out is counted. */
export function fitting({ head, rows, foot }: UsageTable, height: number): string[] {
  const whole = [head, ...rows, ...foot]
  if (whole.length <= height) return whole
  // Many unpriced models must not push the rows out: half of the window is theirs.
  const end = foot.slice(0, Math.max(1, Math.floor(height / 2) - 1))
  const room = Math.min(rows.length, Math.max(0, height - 1 - end.length))
  if (room === rows.length) return [head, ...rows, ...end]
  const shown = Math.max(0, room - 1)
  const more = room === 0 ? [] : [`… ${rows.length - shown} more`]
  return [head, ...rows.slice(0, shown), ...more, ...end]
}
