// What doctor says of the vault: where its key is and how strong that is, whether it can be opened, and who may read its files.
import { lstat } from 'node:fs/promises'
import type { Check } from '../../contract/doctor.ts'
import type { Paths } from '../../contract/paths.ts'
import { quoted } from '../../contract/shell-words.ts'
import type { Vault } from './vault.ts'

const subject = 'vault'

/** Only `thorough` asks for the key: a keychain may want its owner to answer. */
export async function checkVault(
  vault: Vault,
  paths: Pick<Paths, 'vault' | 'vaultKey'>,
  thorough: boolean,
): Promise<Check[]> {
  const exposed = await Promise.all([exposure(paths.vault), exposure(paths.vaultKey)])
  const found = exposed.filter((each) => each !== null)
  if (found.length > 0) return found
  if (!thorough) {
    const { says } = await vault.keyState()
    return [{ level: 'ok', code: 'vault', subject, says }]
  }
  const { state, says, secrets, configs, problem } = await vault.status()
  if (state === 'unreadable' && problem !== null) {
    return [{ level: 'broken', code: 'vaultUnreadable', subject, says: problem.says, next: problem.next }]
  }
  if (state === 'locked') return [{ level: 'ok', code: 'vaultLocked', subject, says: `locked; ${says}` }]
  const holds =
    state === 'empty' ? '' : `${numbered(secrets, 'secret')}, ${numbered(configs, 'configuration')}; `
  return [{ level: 'ok', code: 'vault', subject, says: `${holds}${says}` }]
}

function numbered(count: number | null, noun: string): string {
  return `${count ?? 0} ${noun}${count === 1 ? '' : 's'}`
}

async function exposure(path: string): Promise<Check | null> {
  const found = await lstat(path).catch(() => null)
  if (found === null || (found.mode & 0o077) === 0) return null
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0')
  return {
    level: 'broken',
    code: 'vaultExposed',
    subject,
    says: `${path} is readable by others (${mode})`,
    next: `see who could read it, then run: chmod 600 ${quoted(path)}`,
  }
}
