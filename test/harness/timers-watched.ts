// What wakes daemons that were left alone, as `timers-fired.ts` writes it down.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** After this long what was counted is written, and what a start and a pairing leave to do is done, in milliseconds. */
const CALM_MS = 40_000
/** In milliseconds. */
export const WATCHED_MS = 32_000
/** On a busy machine a start may take longer to calm down; a timer that an idle daemon has is in every window. */
const WINDOWS = 3

export interface Fired {
  readonly pid: number
  /** Milliseconds. */
  readonly ms: number
  /** Where it was set: the innermost three calls. */
  readonly place: string
}

/** The environment of a daemon whose timers are written to `file`. */
export function timersEnv(file: string): Readonly<Record<string, string>> {
  const hook = new URL('./timers-fired.js', import.meta.url).href
  return { NODE_OPTIONS: `--import=${hook}`, TIMERS_FIRED: file }
}

/** Leaves the daemons alone and returns the timers that fired in one window: the first in which none is unwanted, or else the last. */
export async function watchTimers(file: string, isUnwanted: (fired: Fired) => boolean): Promise<Fired[]> {
  if (!existsSync(file)) throw new Error('no timer was seen')
  await sleep(CALM_MS)
  for (let left = WINDOWS; ; left--) {
    writeFileSync(file, '')
    await sleep(WATCHED_MS)
    const fired = readFileSync(file, 'utf8').split('\n').slice(0, -1).map(firedOf)
    if (left === 1 || !fired.some(isUnwanted)) return fired
  }
}

function firedOf(line: string): Fired {
  const [pid, ms, ...place] = line.split(' ')
  return { pid: Number(pid), ms: Number(ms), place: place.join(' ') }
}
