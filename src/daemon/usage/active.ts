// What goes on now on this device, as its logs say.
import type { LiveIndex } from './index/live-index.ts'
import { sourceOf } from './sources/sources.ts'

/** A session is active if it made a call within this long, in milliseconds. */
export const ACTIVE_MS = 5 * 60_000

export interface Activity {
  /** Sessions with a call within the last five minutes; a subagent is part of its session where its log's path says so. */
  readonly activeSessions: number
  /** Of each agent: when its latest call was, in Unix milliseconds. */
  readonly newestAt: ReadonlyMap<string, number>
  /** Agents of which some logs cannot be read. */
  readonly unreadable: ReadonlySet<string>
}

/** `now` in Unix milliseconds. */
export function activityOf(
  { files, unreadable }: Pick<LiveIndex, 'files' | 'unreadable'>,
  now: number,
): Activity {
  const sessions = new Set<string>()
  const newestAt = new Map<string, number>()
  for (const { path, agent, newestAt: at } of files.values()) {
    if (at > (newestAt.get(agent) ?? 0)) newestAt.set(agent, at)
    if (at > now - ACTIVE_MS) sessions.add(sourceOf(agent).sessionOf(path))
  }
  return {
    activeSessions: sessions.size,
    newestAt,
    unreadable: new Set(unreadable.map(({ agent }) => agent)),
  }
}
