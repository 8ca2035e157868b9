// What usage.sources tells: for each agent what was looked at, what was read, and what could not be.
import { accessSync, constants } from 'node:fs'
import type { SourceReport } from '../../contract/usage.ts'
import type { LiveIndex } from './index/live-index.ts'
import type { LogFile } from './index/log-file.ts'
import type { Folder } from './sources/source.ts'

type Rejected = SourceReport['rejected'][number]

export function reportSources({
  places,
  files,
  unreadable,
}: Pick<LiveIndex, 'places' | 'files' | 'unreadable'>): SourceReport[] {
  return places.map(({ source: { agent }, folders }) => {
    const own = [...files.values()].filter((file) => file.agent === agent)
    const newestAt = own.reduce((newest, file) => Math.max(newest, file.newestAt), 0)
    return {
      agent,
      folders: folders.map(reportFolder),
      files: own.length,
      bytes: own.reduce((sum, { offset }) => sum + offset, 0),
      lines: own.reduce((sum, { lines }) => sum + lines, 0),
      rejected: rejectedOf(own),
      unreadable: unreadable.filter((each) => each.agent === agent).map(({ path, code }) => ({ path, code })),
      newestAt: newestAt === 0 ? null : new Date(newestAt).toISOString(),
    }
  })
}

function reportFolder({ path, origin }: Folder): SourceReport['folders'][number] {
  try {
    accessSync(path, constants.R_OK | constants.X_OK)
    return { path, origin, state: 'read' }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { path, origin, state: code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : 'unreadable' }
  }
}

function rejectedOf(files: readonly LogFile[]): Rejected[] {
  const reasons = new Map<string, Rejected>()
  for (const { path, rejected } of files) {
    for (const [reason, { lines, firstLine }] of Object.entries(rejected ?? {})) {
      const known = reasons.get(reason) ?? { reason, lines: 0, example: { file: path, line: firstLine } }
      reasons.set(reason, { ...known, lines: known.lines + lines })
    }
  }
  return [...reasons.values()].sort((x, y) => y.lines - x.lines)
}
