// `tallyctl --version`: the version of this client; `tallyctl status` has the daemon's.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXIT } from '../../contract/errors.ts'
import { packageRoot, type Screen } from '../terminal/screen.ts'

export async function version(program: string, screen: Screen): Promise<number> {
  await screen.answer(versionOf(program))
  return EXIT.ok
}

/** The version in the package.json above `program`. */
export function versionOf(program: string): string {
  const text = readFileSync(join(packageRoot(program) ?? '', 'package.json'), 'utf8')
  return String((JSON.parse(text) as { version?: unknown }).version)
}
