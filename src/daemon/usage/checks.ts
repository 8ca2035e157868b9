// What doctor asks usage: are the logs read, is watching alive, is the checkpoint good.
import type { Check } from '../../contract/doctor.ts'
import type { LiveIndex } from './index/live-index.ts'
import { reportSources } from './report.ts'

export async function checkUsage(index: LiveIndex, now: number): Promise<Check[]> {
  return [checkSources(index), ...checkUnreadable(index), checkWatching(index), checkCheckpoint(index, now)]
}

function checkSources(index: LiveIndex): Check {
  const reports = reportSources(index)
  const files = reports.reduce((sum, report) => sum + report.files, 0)
  if (files === 0 && !index.ready) return { level: 'ok', subject: 'sources', says: 'being looked at' }
  if (files === 0) {
    const looked = reports.flatMap(({ folders }) => folders.map(({ path }) => path)).join(', ')
    return {
      level: 'warning',
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
    ? { level: 'ok', subject: 'sources', says }
    : {
        level: 'warning',
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
      subject: 'unreadable logs',
      says: `${unreadable.length} cannot be read, the first is ${first!.path} (${first!.code}); what they told before still counts`,
      next: 'mend its permissions; the next rescan reads it',
    },
  ]
}

function checkWatching({ watcher, missed }: LiveIndex): Check {
  const [failed] = watcher.failures
  if (failed !== undefined) {
    const [path, code] = failed
    const next =
      code === 'ENOSPC'
        ? 'raise fs.inotify.max_user_watches; until then changes are seen once a minute'
        : 'changes there are seen once a minute'
    return { level: 'warning', subject: 'watching', says: `${path} cannot be watched (${code})`, next }
  }
  const says = `${counted(watcher.watched.size, 'folder')}; ${counted(missed, 'change')} found by the rescan first`
  return { level: 'ok', subject: 'watching', says }
}

function checkCheckpoint({ keeper, ready }: LiveIndex, now: number): Check {
  if (keeper.savedAt === null) {
    const says = ready
      ? 'none yet; the first is written a few seconds after something was counted'
      : 'the first is being made'
    return { level: 'ok', subject: 'checkpoint', says }
  }
  const age = Math.round((now - keeper.savedAt) / 1000)
  return { level: 'ok', subject: 'checkpoint', says: `${(keeper.bytes / 1e6).toFixed(1)} MB, ${age} s old` }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
