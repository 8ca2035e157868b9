// Asks for what the usage tab shows: at once when another look is wanted, soon after something changed, never twice at a time, and
// never so often that asking becomes work. Knows neither the network nor the views.
import type { Summary, SummaryParams } from '../../contract/usage.ts'
import type { Failure } from '../connection/failure.ts'
import { type Answers, answersOf, coloured, NO_COLOURS } from './answers.ts'
import { asksTheSame, FIRST_LOOK, isSameDay, type Look } from './look.ts'
import { type Answered, type QuestionName, type Questions, questionsFor, usualKey } from './questions.ts'

export interface UsageShown {
  /** What is wanted now; `answers` may still be of the look before. */
  readonly look: Look
  readonly answers: Answers | null
}

export const NO_USAGE: UsageShown = { look: FIRST_LOOK, answers: null }

export interface AskerContext {
  /** What is wanted at first. */
  readonly first?: Look
  readonly timeZone: string
  /** Answers in the order of the questions. Throws Failure where nothing was answered at all. */
  readonly ask: (questions: readonly SummaryParams[]) => Promise<readonly (Summary | Failure)[]>
  readonly show: (usage: UsageShown) => void
  readonly fail: (failure: unknown) => void
  /** Unix milliseconds. */
  readonly now: () => number
}

/** It rests this many times as long as the last answers took, within these bounds in milliseconds. */
const REST = 4
const [SHORTEST_REST_MS, LONGEST_REST_MS] = [100, 5_000]

export class UsageAsker {
  readonly #context: AskerContext
  #usage: UsageShown
  /** Of the last answers that were asked for. */
  #round = 0
  #busy = false
  /** What was told last, if that was while an answer was on its way. */
  #news: string | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #restsUntil = 0
  #usual: { readonly key: string; readonly summary: Summary } | null = null
  /** What is known of everything; what is told that is the same needs no question. */
  #known = ''

  constructor(context: AskerContext) {
    this.#context = context
    this.#usage = { ...NO_USAGE, look: context.first ?? FIRST_LOOK }
  }

  get usage(): UsageShown {
    return this.#usage
  }

  /** Wants another look; what is only drawn otherwise is not asked for. */
  look(look: Look): void {
    const { look: before, answers } = this.#usage
    const isDrawnAnew = answers !== null && before.measure !== look.measure
    this.#show({ look, answers: isDrawnAnew ? coloured(answers, look.measure) : answers })
    if (!asksTheSame(before, look)) void this.#ask()
  }

  /** Asks now, whatever is known. */
  refresh(): Promise<void> {
    return this.#ask()
  }

  /** Everything has come to this: asks where that is news. `isLooked` tells whether anybody sees the answers. */
  hear(all: Summary, isLooked: boolean): void {
    const digest = digestOf(all)
    if (!isLooked) return
    if (this.#busy) this.#news = digest
    else if (digest !== this.#known) this.#askSoon()
  }

  /** Time has passed: asks where the day is another one. */
  turn(): void {
    const { answers, look } = this.#usage
    if (answers === null || this.#busy) return
    const now = this.#context.now()
    const isUsualOld = this.#usual !== null && this.#usual.key !== usualKey(look, now)
    if (!isSameDay(answers.at, now) || isUsualOld) this.#askSoon()
  }

  #askSoon(): void {
    const wait = this.#restsUntil - this.#context.now()
    if (wait <= 0) void this.#ask()
    else this.#timer ??= setTimeout(() => void this.#ask(), Math.min(wait, LONGEST_REST_MS))
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const { timeZone, ask, now, fail } = this.#context
    const { look } = this.#usage
    const round = ++this.#round
    this.#busy = true
    this.#news = null
    const at = now()
    const key = usualKey(look, at)
    const questions = questionsFor(look, timeZone, this.#usual?.key !== key)
    try {
      const answered = await this.#answers(questions, ask)
      // A look that was left meanwhile is not shown any more.
      if (round !== this.#round) return
      if (answered.all !== undefined) this.#known = digestOf(answered.all)
      if (answered.usual !== undefined) this.#usual = { key, summary: answered.usual }
      const usual = this.#usual?.key === key ? this.#usual.summary : undefined
      const colours = this.#usage.answers?.colours ?? NO_COLOURS
      const all = { ...answered, ...(usual === undefined ? {} : { usual }) }
      // The measure may be another one meanwhile: that is not asked for.
      const { measure } = this.#usage.look
      this.#show({ look: this.#usage.look, answers: answersOf({ ...look, measure }, all, at, colours) })
    } catch (error) {
      if (round === this.#round) fail(error)
    } finally {
      if (round === this.#round) this.#rest(at)
    }
  }

  async #answers(questions: Questions, ask: AskerContext['ask']): Promise<Answered> {
    const names = Object.keys(questions) as QuestionName[]
    const answers = await ask(names.map((name) => questions[name]!))
    const answered: Partial<Record<QuestionName, Summary>> = {}
    for (const [at, name] of names.entries()) {
      const answer = answers[at]
      // Without the rows of the chart and its parts there is nothing to show; the others may be missing.
      if (answer === undefined || answer instanceof Error) {
        if (name === 'chart' || name === 'parts') throw answer
      } else answered[name] = answer
    }
    return answered
  }

  #rest(began: number): void {
    const ended = this.#context.now()
    const rest = REST * Math.max(0, ended - began)
    this.#restsUntil = ended + Math.min(LONGEST_REST_MS, Math.max(SHORTEST_REST_MS, rest))
    this.#busy = false
    if (this.#news !== null && this.#news !== this.#known) this.#askSoon()
  }

  #show(usage: UsageShown): void {
    this.#usage = usage
    this.#context.show(usage)
  }
}

/** The same for what means the same: how long ago a device that is live told something is no news. */
function digestOf({ total, devices, sameLogs }: Summary): string {
  const told = devices.map(({ id, name, freshness, asOf, state }) => [
    id,
    name,
    freshness,
    state,
    freshness === 'live' ? null : asOf,
  ])
  return JSON.stringify([total, told, sameLogs])
}
