// The file of a service: made from a template that the package brings, told from others by its mark, written in one step.
import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { TallyError } from '../../contract/errors.ts'
import { makeFolder } from '../../contract/folder.ts'
import { packageRoot } from '../terminal/screen.ts'

/** Stands near the top of every file that we wrote. */
const OURS = 'tallyd service'
const LARGEST = 64 * 1024

/** The template `name` of the package that `program` belongs to. */
export function templateOf(program: string, name: string): string {
  const root = packageRoot(program)
  const path = join(root ?? dirname(program), name)
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new TallyError(
      'serviceRefused',
      `${path} is missing`,
      'install tallyd again, see docs/quick-start.md',
    )
  }
}

/** Each `{{name}}` replaced. */
export function filled(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '')
}

/** The file's content; null where there is none. Throws TallyError serviceRefused where it is somebody else's. */
export function readOurs(path: string): string | null {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return null
  const text = found.isFile() && found.size <= LARGEST ? readFileSync(path, 'utf8') : ''
  if (text.split('\n', 5).some((line) => line.includes(OURS))) return text
  throw new TallyError(
    'serviceRefused',
    `${path} is there and was not written by tallyctl`,
    'move it away, then try again',
  )
}

/** Throws TallyError stateUnwritable. */
export function writeOurs(path: string, text: string): void {
  const fresh = `${path}.new`
  try {
    makeFolder(dirname(path))
    rmSync(fresh, { force: true })
    writeFileSync(fresh, text, { flag: 'wx', mode: 0o600 })
    renameSync(fresh, path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    throw new TallyError(
      'stateUnwritable',
      `${path} cannot be written (${code})`,
      `make ${dirname(path)} writable`,
    )
  }
}
