// `tallyctl sources`: for each agent the folders, the files, and the lines that were rejected.
import { EXIT } from '../../contract/errors.ts'
import type { SourceReport } from '../../contract/usage.ts'
import { bytes, counted, when } from '../terminal/figures.ts'
import type { Screen } from '../terminal/screen.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'

export const sources: Command = async (asked, at) => {
  const result = await at.daemon.call('usage.sources', {})
  if (asked.has('json')) {
    await at.screen.json(result)
    return EXIT.ok
  }
  const lines = result.sources.flatMap((source, index) => [
    ...(index === 0 ? [] : ['']),
    ...sourceLines(source, at.screen, Date.now()),
  ])
  await at.screen.answer(...lines)
  if (result.sources.every((source) => source.files === 0)) {
    await at.screen.note(...noLogsNext(at.paths.config).map((line) => at.screen.typed(line)))
  }
  return EXIT.ok
}

/** What to do where no logs were found. */
export function noLogsNext(config: string): string[] {
  return ['if they lie elsewhere: set sources.claude-code.roots or sources.codex.roots in', `  ${config}`]
}

/** A source's lines; `now` in milliseconds. */
export function sourceLines(source: SourceReport, screen: Screen, now: number): string[] {
  const { agent, files, lines, newestAt } = source
  const newest = newestAt === null ? [] : [`newest ${when(newestAt, now)}`]
  const read =
    files === 0
      ? ['no logs']
      : [counted(files, 'file'), bytes(source.bytes), counted(lines, 'line'), ...newest]
  return [
    [clean(agent), ...read].join('   '),
    ...folderLines(source, screen),
    ...source.rejected.flatMap(({ reason, lines: rejected, example }) => [
      screen.mark(`  rejected     ${counted(rejected, 'line')}: ${clean(reason)}`, 'warning'),
      `               first ${clean(example.file)}:${example.line}`,
    ]),
    ...source.unreadable.map(({ path, code }) =>
      screen.mark(`  unreadable   ${clean(path)}: ${clean(code)}`, 'broken'),
    ),
  ]
}

/** One line a folder that was looked at. */
export function folderLines(source: SourceReport, screen: Screen): string[] {
  return source.folders.map(({ path, origin, state }) => {
    const because = origin === 'default' ? '' : `   from the ${clean(origin)}`
    const text = `  ${clean(state).padEnd(10)}   ${clean(path)}${because}`
    return state === 'unreadable' ? screen.mark(text, 'broken') : text
  })
}
