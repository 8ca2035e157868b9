// Which summaries a look needs. Pure.
import type { Summary, SummaryParams } from '../../contract/usage.ts'
import { localDayOf } from './calendar.ts'
import { type Look, RANGES } from './look.ts'
import { DAYS_BACK } from './usual.ts'

/**
 * Five or six in one batch, which is as many as the daemon keeps added up: `all` is at the same time what the page is told of whenever
 * something changed.
 */
export type QuestionName = 'all' | 'chart' | 'parts' | 'devices' | 'tools' | 'today' | 'usual'

export type Questions = Readonly<Partial<Record<QuestionName, SummaryParams>>>
/** What was answered; of what could not be answered there is nothing. */
export type Answered = Readonly<Partial<Record<QuestionName, Summary>>>

/** Changes whenever anything changes, on any device. */
export const EVERYTHING: SummaryParams = { range: 'all', by: [] }

export function questionsFor(look: Look, timeZone: string, withUsual: boolean): Questions {
  const { range, stack, only, span } = look
  const asks = RANGES.find(({ name }) => name === range)!.asks
  const time = span === null ? { range: asks } : { since: rfc(span.start), until: rfc(span.end) }
  const devices = only.device === null ? {} : { devices: [only.device] }
  const agents = only.agent === null ? {} : { agents: [only.agent] }
  const models = only.model === null ? {} : { models: [only.model] }
  const rest = { ...devices, ...agents, ...models, timeZone }
  return {
    all: { ...EVERYTHING, timeZone },
    chart: { range: asks, by: [range === 'day' ? 'hour' : 'day', stack], ...rest },
    // Agents and models are chosen from these rows by the page, so that those that were not chosen can still be listed.
    parts: { ...time, by: ['agent', 'model', 'activity'], ...devices, timeZone },
    devices: { ...time, by: ['device'], ...agents, ...models, timeZone },
    // Tool calls are not counted by model.
    ...(only.model === null ? { tools: { ...time, by: ['tool'], ...devices, ...agents, timeZone } } : {}),
    today: { range: 'today', by: [], ...rest },
    ...(withUsual ? { usual: { since: `${DAYS_BACK + 1}d`, until: '1d', by: ['hour'], ...rest } } : {}),
  }
}

/** What `usual` depends on: days that are over hardly change, so it is asked for anew only when one of these does. */
export function usualKey({ only }: Look, now: number): string {
  return JSON.stringify([localDayOf(now), new Date(now).getHours(), only])
}

function rfc(at: number): string {
  return new Date(at).toISOString()
}
