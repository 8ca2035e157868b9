// `tallyctl widgets install`: what makes a status bar show the widget. Printed, because a host's config belongs to its user; a file
// is written only where the host takes a whole one, and only over one of ours.
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { WIDGET_NAMES } from '../../contract/generated/widget-names.ts'
import { WIDGETS } from '../../contract/generated/widgets.ts'
import { shellWord } from '../../contract/shell-words.ts'
import type { Command, Surrounding } from './command.ts'

type Name = (typeof WIDGET_NAMES)[number]

/** The second line of every plugin that we wrote begins so. */
const OURS = '# tallyd widget'
/** How long macOS may take to tell a setting, in milliseconds. */
const SETTING_MS = 5_000

export const installWidget: Command = async (asked, at) => {
  const name = asked.words[0] as Name
  const { install } = WIDGETS[name]
  const text = `${filledIn(name, at)}\n`
  const path = asked.has('print') ? null : pluginPath(install.file, at)
  if (path !== null) writePlugin(path, text)
  if (asked.has('json'))
    await at.screen.json({ widget: { format: name, into: install.into, text, written: path } })
  else if (path === null) {
    await at.screen.raw(text)
    await at.screen.note(`put this into ${install.into}`)
  } else await at.screen.answer(`wrote ${path}`)
  return EXIT.ok
}

/** Where the host looks for plugins; null where that folder is not there, or not known. */
function pluginPath(file: (typeof WIDGETS)['argos']['install']['file'], at: Surrounding): string | null {
  if (file === undefined) return null
  const home = at.env['HOME'] || homedir()
  const folder = file.folder === null ? settingOf(file.setting ?? []) : join(home, file.folder)
  return folder !== null && isAbsolute(folder) && existsSync(folder) ? join(folder, file.name) : null
}

function settingOf(key: readonly string[]): string | null {
  if (process.platform !== 'darwin') return null
  try {
    return execFileSync('defaults', ['read', ...key], { encoding: 'utf8', timeout: SETTING_MS }).trim()
  } catch {
    return null
  }
}

/** Throws TallyError stateUnwritable where something else lies there. */
function writePlugin(path: string, text: string): void {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR, O_WRONLY } = constants
  try {
    const isThere = existsSync(path)
    // Reading a pipe would wait for ever.
    if (isThere && !statSync(path).isFile()) throw foreign(path)
    const file = isThere
      ? openSync(path, O_RDWR | O_NOFOLLOW)
      : openSync(path, O_WRONLY | O_CREAT | O_EXCL, 0o755)
    try {
      if (isThere) {
        if (readFileSync(file, 'utf8').split('\n')[1]?.startsWith(OURS) !== true) throw foreign(path)
        ftruncateSync(file)
      }
      // Over the old text, wherever reading has left us.
      writeFileSync(path, text)
      fchmodSync(file, 0o755)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (error instanceof TallyError) throw error
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ELOOP' || code === 'EEXIST') throw foreign(path)
    throw new TallyError('stateUnwritable', `${path} cannot be written (${code})`)
  }
}

function foreign(path: string): TallyError {
  return new TallyError(
    'stateUnwritable',
    `${path} is not ours, so it stays as it is`,
    'move it away, or print what would be written: tallyctl widgets install FORMAT --print',
  )
}

function filledIn(name: Name, at: Surrounding): string {
  const { text, file } = WIDGETS[name].install
  const { lastText } = at.paths
  if (text.includes('{{lastText}}') && /['"\\$`\n]/.test(lastText)) {
    throw new TallyError(
      'badHome',
      `${lastText} cannot be written into a config`,
      'choose another TALLYD_HOME',
    )
  }
  const words = commandWords(at)
  const command = file === undefined ? plainCommand(words) : words.map(shellWord).join(' ')
  return text.replaceAll('{{tallyctl}}', () => command).replaceAll('{{lastText}}', () => lastText)
}

/** This very program with this very Node: a bar is started with another PATH than a terminal, often one without npm's folder. */
function commandWords({ env, program }: Surrounding): string[] {
  const home = env['TALLYD_HOME'] ?? ''
  return [...(home === '' ? [] : ['/usr/bin/env', `TALLYD_HOME=${home}`]), process.execPath, program]
}

/** Configs have quoting rules of their own: where a word would need any, the name alone has to do. */
function plainCommand(words: readonly string[]): string {
  if (words.every((word) => /^[\w./@+=:,-]+$/.test(word))) return words.join(' ')
  const home = words.find((word) => word.startsWith('TALLYD_HOME='))
  // Without it the bar would ask another tallyd.
  if (home !== undefined)
    throw new TallyError('badHome', `${home} cannot be written into a config`, 'choose another TALLYD_HOME')
  return 'tallyctl'
}
