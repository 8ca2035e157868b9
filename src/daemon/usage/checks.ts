// What doctor asks usage: are the logs read, is watching alive, is the checkpoint good.
import { readFile } from 'node:fs/promises'
import type { Check } from '../../contract/doctor.ts'
import type { LiveIndex } from './index/live-index.ts'
import type { Watcher } from './index/watcher.ts'
import { reportSources } from './report.ts'

/** Where Linux says how many folders all programs of one user may watch together. */
const WATCHES = '/proc/sys/fs/inotify/max_user_watches'
/** Where tallyd alone takes more than this part of them, others will soon get none. */
const SCARCE = 0.8
const RAISE_IT =
  "run: echo 'fs.inotify.max_user_watches = 524288' | sudo tee /etc/sysctl.d/60-watches.conf && sudo sysctl --system"
/** By the system's word. It says EMFILE of its own limit of watching programs as well as of a program's descriptors. */
const MENDS: Readonly<Record<string, string>> = {
  ENOSPC: RAISE_IT,
  EMFILE:
    "where nothing is said of descriptors, run: echo 'fs.inotify.max_user_instances = 1024' | sudo tee /etc/sysctl.d/60-watchers.conf && sudo sysctl --system",
}

export async function checkUsage(index: LiveIndex, now: number): Promise<Check[]> {
  const limit = await readFile(WATCHES, 'utf8').then(Number, () => Number.NaN)
  return [
    checkSources(index),
    ...checkUnreadable(index),
    checkWatching(index, limit),
    checkCheckpoint(index, now),
  ]
}

/** What `checkSources` looks at. */
type Read = Parameters<typeof reportSources>[0] & {
  readonly ready: boolean
  readonly ledger: { readonly buckets: { readonly table: { readonly length: number } } }
}

/** No logs are no problem of a machine that never had any; they are where some were counted before, or where the config names their folder. */
export function checkSources(index: Read): Check {
  const reports = reportSources(index)
  const files = reports.reduce((sum, report) => sum + report.files, 0)
  if (files === 0 && !index.ready)
    return { level: 'ok', code: 'sources', subject: 'sources', says: 'being looked at' }
  if (files === 0) {
    const folders = reports.flatMap((report) => report.folders)
    const looked = folders.map(({ path }) => path).join(', ')
    const isOdd = folders.some(({ origin, state }) => origin === 'config' || state === 'unreadable')
    return {
      level: isOdd || index.ledger.buckets.table.length > 0 ? 'warning' : 'ok',
      code: 'sourcesMissing',
      subject: 'sources',
      says: `no logs found in ${looked}`,
      next: 'use a coding agent, or name its folder in the config as sources.NAME.roots',
    }
  }
  const rejected = reports.flatMap((report) => report.rejected)
  const lines = rejected.reduce((sum, each) => sum + each.lines, 0)
  const read = reports
    .filter((report) => report.files > 0)
    .map((report) => `${report.agent} ${counted(report.files, 'file')}`)
  const says = `${read.join(', ')}; ${counted(lines, 'line')} rejected`
  return lines === 0
    ? { level: 'ok', code: 'sources', subject: 'sources', says }
    : {
        level: 'warning',
        code: 'linesRejected',
        subject: 'sources',
        says,
        next: 'tallyctl sources shows the reasons and an example of each',
      }
}

function checkUnreadable({ unreadable }: LiveIndex): Check[] {
  if (unreadable.length === 0) return []
  const [first] = unreadable
  return [
    {
      level: 'warning',
      code: 'logsUnreadable',
      subject: 'unreadable logs',
      says: `${unreadable.length} cannot be read, the first is ${first!.path} (${first!.code}); what they told before still counts`,
      next: 'mend its permissions; the next rescan reads it',
    },
  ]
}

/** `limit` is how many folders may be watched; not a number where that is not known. */
export function checkWatching(
  { watcher, missed }: { readonly watcher: Pick<Watcher, 'watched' | 'failures'>; readonly missed: number },
  limit: number,
): Check {
  const subject = 'watching'
  const [failed] = watcher.failures
  if (failed !== undefined) {
    const [path, code] = failed
    const mend = Object.hasOwn(MENDS, code) ? `${MENDS[code]}; until then` : 'until it can be,'
    const says = `${path} cannot be watched (${code})`
    const next = `${mend} changes there are seen once a minute`
    return { level: 'warning', code: 'watchingFailed', subject, says, next }
  }
  if (watcher.watched.size > limit * SCARCE) {
    const says = `${counted(watcher.watched.size, 'folder')}, of ${limit} that all programs of this user may watch together`
    return { level: 'warning', code: 'watchesScarce', subject, says, next: RAISE_IT }
  }
  const says = `${counted(watcher.watched.size, 'folder')}; ${counted(missed, 'change')} found by the rescan first`
  return { level: 'ok', code: 'watching', subject, says }
}

function checkCheckpoint({ keeper, ready }: LiveIndex, now: number): Check {
  if (keeper.savedAt === null) {
    const says = ready
      ? 'none yet; the first is written a few seconds after something was counted'
      : 'the first is being made'
    return { level: 'ok', code: 'checkpoint', subject: 'checkpoint', says }
  }
  const age = Math.round((now - keeper.savedAt) / 1000)
  const says = `${(keeper.bytes / 1e6).toFixed(1)} MB, ${age} s old`
  return { level: 'ok', code: 'checkpoint', subject: 'checkpoint', says }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
