// SIGHUP: the config file is read again. What can change while tallyd runs does; of everything else it is said that it waits for a
// restart. A file with a mistake changes nothing at all.
import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../contract/config.ts'
import { readSettings } from './settings.ts'
import type { Incidents } from './store/incidents.ts'
import type { OwnLog } from './store/log.ts'

export interface ReloadContext {
  readonly path: string
  /** What was read at the start, and is in force. */
  readonly config: Config
  /** `TALLYD_LOG`, which wins over the file. */
  readonly logLevel: string | undefined
  readonly incidents: Pick<Incidents, 'record' | 'resolve'>
  readonly log: Pick<OwnLog, 'info' | 'setLevel'>
}

/** The code of the incident that lasts until the file is again what is in force, or until a restart. */
export const CHANGED_INCIDENT = 'configChanged'
/** Mistakes that were found by a reload; those of a start have a code of their own, and stay. */
export const REFUSED_INCIDENT = 'configRefused'

/** What changes at once. */
const LIVE: readonly string[] = ['log.level']

/** Returns what to call whenever the file is to be read again. Calls are made one after the other, and never throw. */
export function createReload({ path, config, logLevel, incidents, log }: ReloadContext): () => Promise<void> {
  let level = config.log?.level
  let queue: Promise<void> = Promise.resolve()
  return () => {
    queue = queue.then(reload)
    return queue
  }

  async function reload(): Promise<void> {
    const { config: wanted, mistakes } = await readSettings(path)
    incidents.resolve(REFUSED_INCIDENT)
    if (mistakes.length > 0) {
      for (const { subject, says } of mistakes) {
        incidents.record({
          code: REFUSED_INCIDENT,
          subject,
          says: `${says.replace(/; [^;]*$/, '')}; nothing of the file was taken over, what tallyd started with is in force`,
          next: 'mend it (docs/config.md lists every key), then reload it: systemctl --user reload tallyd, or a restart',
        })
      }
      return
    }
    const changed = changedKeys(config, wanted)
    const waiting = changed.filter((key) => !LIVE.includes(key))
    if (wanted.log?.level !== level) {
      level = wanted.log?.level
      if (logLevel === undefined) log.setLevel(level)
      const why = logLevel === undefined ? 'from now on' : `but TALLYD_LOG says ${logLevel}`
      log.info(`${path} was read again: log.level is ${level ?? 'info'}, ${why}`)
    } else if (waiting.length === 0) log.info(`${path} was read again: nothing changed`)
    incidents.resolve(CHANGED_INCIDENT)
    if (waiting.length === 0) return
    incidents.record({
      code: CHANGED_INCIDENT,
      subject: path,
      says: `${path} was changed: ${waiting.join(', ')} ${waiting.length === 1 ? 'waits' : 'wait'} for a restart`,
      next: 'run: tallyctl service restart, or tallyctl stop && tallyctl start',
    })
  }
}

/** `web.port`, `budgets.daily`: the keys of the first two levels that differ. */
export function changedKeys(before: Config, after: Config): string[] {
  const [old, fresh] = [before, after] as [Record<string, object>, Record<string, object>]
  return unionOf(old, fresh).flatMap((section) =>
    unionOf(old[section] ?? {}, fresh[section] ?? {})
      .filter((key) => !isDeepStrictEqual(at(old[section], key), at(fresh[section], key)))
      .map((key) => `${section}.${key}`),
  )
}

function unionOf(one: object, other: object): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].sort()
}

function at(section: object | undefined, key: string): unknown {
  return (section as Record<string, unknown> | undefined)?.[key]
}
