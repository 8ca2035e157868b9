// The glance as files, for prompts that may not wait for anybody: last.json, and its text alone in last.txt. They lie in the run
// folder and are gone while tallyd does not run; what a killed one left says which day it is about.
import { rename, rm, writeFile } from 'node:fs/promises'
import type { Glance } from '../../contract/glance.ts'
import type { Paths } from '../../contract/paths.ts'
import type { Bus } from '../bus.ts'
import type { Log } from '../store/log.ts'
import { textOf } from './widgets/words.ts'

/** After a change it rests this long, in milliseconds. */
const REST_MS = 1_000
/** How often it is looked whether the day, or a window, has ended, in milliseconds. */
const LOOK_MS = 30_000
const CHANGES = ['usageChanged', 'requestsChanged', 'statusChanged', 'quotasChanged', 'woken'] as const

export interface LastGlanceContext {
  readonly paths: Pick<Paths, 'last' | 'lastText'>
  readonly bus: Bus
  readonly log: Log
  readonly compute: () => Glance
  /** Whether the folder is this daemon's; another one that has taken it over writes there itself. */
  readonly isOurs: () => boolean
  /** Unix milliseconds. */
  readonly now: () => number
  /** Shorter in tests. */
  readonly restMs?: number
  readonly lookMs?: number
}

export interface LastGlance {
  /** Writes no more, and removes the files. */
  stop(): Promise<void>
}

/** Writes the files in a second, when a start is over, and again when the glance has changed, at most once a second. Never throws. */
export function keepLastGlance(context: LastGlanceContext): LastGlance {
  const { paths, bus, log, compute, isOurs, now, restMs = REST_MS, lookMs = LOOK_MS } = context
  let written = ''
  let until = 0
  let rest: NodeJS.Timeout | undefined
  let missed = true
  let stopped = false
  let told = false
  let work: Promise<void> = Promise.resolve()

  function changed(): void {
    if (rest !== undefined) {
      missed = true
      return
    }
    missed = false
    takeRest()
    work = work.then(write).catch(complain)
  }

  /** From now on it rests; what changes meanwhile is written after it. */
  function takeRest(): void {
    rest = setTimeout(() => {
      rest = undefined
      if (missed) changed()
    }, restMs).unref()
  }

  async function write(): Promise<void> {
    if (stopped) return
    const glance = compute()
    const ends = glance.windows.flatMap(({ resetAt }) => (resetAt === null ? [] : [Date.parse(resetAt)]))
    until = Math.min(Date.parse(glance.until), ...ends)
    const text = JSON.stringify(glance)
    if (text === written || !isOurs()) return
    const asOf = new Date(now()).toISOString()
    await replace(paths.last, `${JSON.stringify({ asOf, ...glance })}\n`)
    await replace(paths.lastText, `${textOf({ glance, tallyctl: [], local: (at) => at })}\n`)
    written = text
    told = false
  }

  /** Once, until it works again: a full disk is no reason to fill the log. */
  function complain(error: unknown): void {
    if (!told && !stopped) log.error(`${paths.last} could not be written`, error)
    told = true
  }

  for (const each of CHANGES) bus.on(each, changed)
  const timer = setInterval(() => {
    if (now() >= until) changed()
  }, lookMs).unref()
  takeRest()

  return {
    async stop() {
      stopped = true
      for (const each of CHANGES) bus.off(each, changed)
      clearInterval(timer)
      clearTimeout(rest)
      await work
      if (!isOurs()) return
      await Promise.all([paths.last, paths.lastText].map((path) => rm(path, { force: true })))
    },
  }
}

/** In one step, readable by nobody else. What a power cut takes is written anew at the start, so nothing is synced. */
async function replace(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`
  await rm(fresh, { force: true })
  await writeFile(fresh, text, { mode: 0o600, flag: 'wx' })
  await rename(fresh, path)
}
