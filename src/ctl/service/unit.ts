// The text of the systemd unit. systemd.syntax(7), systemd.service(5) "Command lines", systemd.unit(5) "Specifiers".
import { TallyError } from '../../contract/errors.ts'
import { filled } from './file.ts'
import type { Installation } from './installation.ts'

/** Stands in a unit whose installation turned lingering on, so that its removal turns it off again. */
export const LINGER_MARK = '# lingering was turned on for it'

export function unitText(template: string, { node, daemon, env, writable }: Installation): string {
  // The colon: `$` is a character like any other.
  const exec = `:${programWords(node)} ${word(daemon)}`
  const environment = Object.entries(env).map(([name, value]) => `Environment=${word(`${name}=${value}`)}`)
  // The hyphen: a folder that is gone keeps the daemon from starting no more than from saying so.
  const folders = writable.map((folder) => `ReadWritePaths=${word(`-${folder}`)}`)
  const values = { exec, environment: environment.join('\n'), writable: folders.join('\n') }
  return filled(template, values).replaceAll(/\n{3,}/g, '\n\n')
}

/** systemd takes no program whose path has quotes or backslashes, and env(1) takes none with `=`. Throws TallyError serviceRefused. */
function programWords(node: string): string {
  if (!/['"\\]/.test(node)) return word(node)
  if (!node.includes('=')) return `/usr/bin/env ${word(node)}`
  throw new TallyError(
    'serviceRefused',
    `${node} cannot be started by systemd`,
    'install Node under a plainer path',
  )
}

/** One word in double quotes, where `\`, `"` and `%` mean something. Throws TallyError serviceRefused where it has a control character. */
export function word(text: string): string {
  if (/[\0-\x1f\x7f]/.test(text)) {
    const shown = JSON.stringify(text)
    throw new TallyError(
      'serviceRefused',
      `${shown} cannot stand in a unit`,
      'choose a path without control characters',
    )
  }
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`
}

/** What has to be the same in a unit that is not outdated: all but comments and the settings of the shell that installed it. */
export function essence(text: string): string {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('Environment='))
    .join('\n')
}
