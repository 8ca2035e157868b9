// Every source there is, and the folders each of them looks at.
import { resolve } from 'node:path'
import type { Config } from '../../../contract/config.ts'
import type { Surroundings } from '../../../contract/paths.ts'
import { claudeCode } from './claude-code.ts'
import { codex } from './codex.ts'
import type { AnySource, Folder, Source } from './source.ts'

export const SOURCES: readonly AnySource[] = [claudeCode, codex].map((source) => source as Source<unknown>)

export function sourceOf(agent: string): AnySource {
  const source = SOURCES.find((known) => known.agent === agent)
  if (source === undefined) throw new RangeError(`no source for ${agent}`)
  return source
}

/** The folders of `source`: the agent's own and those that the config adds, or the config's alone. */
export function foldersOf(source: AnySource, at: Surroundings, config: Config): Folder[] {
  const roots = config.sources?.[source.agent]?.roots
  if (roots === undefined) return source.folders(at)
  const listed = (Array.isArray(roots) ? roots : roots.replace).map(
    (path): Folder => ({ path: resolve(path.replace(/^~(?=\/|$)/, at.home)), origin: 'config' }),
  )
  return Array.isArray(roots) ? [...source.folders(at), ...listed] : listed
}

/** Where a file lies below a folder, with forward slashes. */
export function below(folder: string, path: string): string {
  return path.slice(folder.length + 1)
}
