// `tallyctl usage`: totals over a range of time.
import type { Status } from '../../contract/daemon.ts'
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Grouping, RangeName, Summary, SummaryParams } from '../../contract/usage.ts'
import type { Daemon } from '../connection/daemon.ts'
import { type Command, configOf, type Surrounding } from './command.ts'
import { noteUnknown } from './known-names.ts'
import type { Asked } from './parse.ts'
import { timeZone } from './zone.ts'

type Environment = Readonly<Record<string, string | undefined>>

export const usage: Command = async (asked, at) => {
  const params = summaryParams(asked, at.env)
  if (asked.has('json') && asked.has('csv')) {
    throw new TallyError('wrongUsage', '--json and --csv cannot stand together')
  }
  if (asked.has('json') || asked.has('csv')) {
    const summary = await at.daemon.call('usage.summary', params)
    await noteUnknown(params, at)
    if (asked.has('json')) await at.screen.json(summary)
    else await at.screen.raw((await import('../terminal/csv.ts')).usageCsv(summary))
    return EXIT.ok
  }
  const { summary, status } = await askUsage(params, at.daemon)
  await noteUnknown(params, at)
  const { unpricedNext, usageLines } = await import('../terminal/usage-table.ts')
  const { notReadyLines } = await import('../terminal/readiness.ts')
  const { missingLines, sameLogsLines } = await import('../terminal/device-lines.ts')
  const asides = [...missingLines(summary, Date.now(), at.screen), ...sameLogsLines(summary, at.screen)]
  if (isEmpty(summary))
    await at.screen.answer(...(await emptyLines(params, at)).map((line) => at.screen.typed(line)), ...asides)
  else {
    await at.screen.answer(
      ...usageLines(summary, at.screen.columns, at.screen),
      ...unpricedNext(summary, configOf(at)),
      ...asides,
    )
  }
  const notes = notReadyLines(status)
  if (notes.length > 0) await at.screen.note(...notes.map((line) => at.screen.typed(line)))
  return EXIT.ok
}

/** In one exchange; no status of a daemon elsewhere, which is its owner's. */
async function askUsage(
  params: SummaryParams,
  daemon: Daemon,
): Promise<{ summary: Summary; status: Status | null }> {
  if (daemon.url !== null) return { summary: await daemon.call('usage.summary', params), status: null }
  const [summary, status] = await daemon.callAll([
    { method: 'usage.summary', params },
    { method: 'daemon.status', params: {} },
  ])
  return { summary, status }
}

/** The params of usage.summary that the flags ask for. `by` is always said, so that the result does not depend on a default. */
export function summaryParams(asked: Asked, env: Environment): SummaryParams {
  const given = [asked.value('since'), asked.value('until')] as const
  const word = asked.words[0] as RangeName | 'yesterday' | undefined
  if (word !== undefined && (given[0] ?? given[1]) !== undefined) {
    throw new TallyError('wrongUsage', `${word} cannot stand with --since or --until`, 'use one or the other')
  }
  const isYesterday = word === 'yesterday'
  const since = moment('--since', isYesterday ? word : given[0], YESTERDAY.since)
  const until = moment('--until', isYesterday ? word : given[1], YESTERDAY.until)
  const range = isYesterday ? undefined : (word ?? ((since ?? until) === undefined ? 'today' : undefined))
  const zone = timeZone(asked.value('tz'), env)
  const [agents, models, devices] = [asked.values('agent'), asked.values('model'), asked.values('device')]
  return {
    ...(range === undefined ? {} : { range }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(zone === undefined ? {} : { timeZone: zone }),
    by: groupings(asked.value('by')) ?? [
      range === 'today' || range === 'all' || isYesterday ? 'model' : 'day',
    ],
    ...(agents === undefined ? {} : { agents }),
    ...(models === undefined ? {} : { models }),
    ...(devices === undefined ? {} : { devices }),
  }
}

// Days back count from the asker's today: from two days back, which is where yesterday begins, to one, where it ends.
const YESTERDAY = { since: '2d', until: '1d' }

const LONGEST_MOMENT = 40

// Only whether it can be a time at all: the daemon knows the zone and the calendar.
function moment(flag: string, text: string | undefined, yesterday: string): string | undefined {
  if (text === undefined) return undefined
  if (text === 'yesterday') return yesterday
  const isTime = /^(?:[1-9]\d{0,4}d|\d{4}-\d{2}-\d{2}(?:[Tt ].*)?)$/.test(text)
  if (isTime && text.length <= LONGEST_MOMENT) return text
  throw new TallyError(
    'wrongUsage',
    `${flag} is ${text}, which is no time`,
    'use 2026-11-01, yesterday, an RFC 3339 time, or a number of days back such as 7d',
  )
}

// The values were checked against the table when they were parsed.
function groupings(text: string | undefined): Grouping[] | undefined {
  if (text === undefined) return undefined
  const by = text.split(',') as Grouping[]
  if (new Set(by).size < by.length) throw new TallyError('wrongUsage', `--by ${text} names one twice`)
  if (by.length > 4) throw new TallyError('wrongUsage', `--by ${text} has more than four`)
  return by
}

/** Whether there is nothing to show in rows. */
export function isEmpty(summary: Summary): boolean {
  return summary.total.calls === 0 && summary.rows.length === 0
}

/** What an empty table says instead, and what to do, where that is here. */
export async function emptyLines(params: SummaryParams, { daemon }: Surrounding): Promise<string[]> {
  const lines = emptyTable(params)
  return daemon.url === null ? lines : lines.slice(0, 1)
}

function emptyTable(params: SummaryParams): string[] {
  const { range, since, until, agents, models, devices } = params
  const isYesterday = since === YESTERDAY.since && until === YESTERDAY.until
  const asked = isYesterday ? 'yesterday' : 'range'
  const span = since === undefined && until === undefined ? (range ?? 'all') : asked
  const where = {
    today: 'today',
    week: 'this week',
    month: 'this month',
    all: 'in any log',
    yesterday: 'yesterday',
    range: 'in that range',
  }[span]
  const filtered = (agents ?? models ?? devices) !== undefined
  if (filtered)
    return [
      `no such calls ${where}`,
      devices === undefined
        ? 'names as the logs have them: tallyctl usage all --by agent,model'
        : 'what each device spent: tallyctl devices',
    ]
  if (span === 'all') return [`no calls ${where}`, 'where it looked: tallyctl sources']
  return [`no calls ${where}`, 'all history: tallyctl usage all']
}
