// The key in a file of its own beside the vault, readable by its owner alone: where nothing better is there.
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TallyError } from '../../../contract/errors.ts'
import { quoted } from '../../../contract/shell-words.ts'
import { readSecretFile, sweep, writeOnce } from '../../identity/secret-file.ts'
import { syncFolder } from '../../store/durable-file.ts'
import { KEY_BYTES, newId } from '../sealed.ts'
import { type KeyPlace, made } from './place.ts'

export function keyFile(path: string): KeyPlace {
  return {
    /** One that is there is used, not replaced: a vault that was put aside may be encrypted under it. */
    async make() {
      if ((await readSecretFile(path)) === null) {
        await writeOnce(path, { key: randomBytes(KEY_BYTES).toString('base64') })
      }
      await sweep(path).catch(() => undefined)
      return made({ from: 'file', id: newId() }, await keyIn(path))
    },
    get: () => keyIn(path),
    async forget() {
      await rm(path, { force: true })
      // What a killed process left is another name of the key.
      await sweep(path)
      await syncFolder(dirname(path))
    },
  }
}

/** Throws TallyError vaultUnreadable. */
async function keyIn(path: string): Promise<Buffer> {
  const found = await readSecretFile(path)
  if (found === null) {
    throw unreadable(`its key ${path} is missing`, 'put it back from a backup')
  }
  if ('openTo' in found) {
    throw unreadable(
      `its key ${path} is readable by others (${found.openTo})`,
      `see who could read it, then run: chmod 600 ${quoted(path)}`,
    )
  }
  if ('why' in found)
    throw unreadable(`its key ${path} cannot be read (${found.why})`, 'mend its permissions')
  const key = keyOf(found.text)
  if (key === null) throw unreadable(`its key ${path} is not one`, 'put it back from a backup')
  return key
}

/** What JSON.parse says may hold a part of the text: it is not repeated. */
function keyOf(text: string): Buffer | null {
  try {
    const { schema, key } = JSON.parse(text) as { schema?: unknown; key?: unknown }
    const bytes = Buffer.from(String(key), 'base64')
    return schema === 1 && bytes.length === KEY_BYTES ? bytes : null
  } catch {
    return null
  }
}

function unreadable(why: string, next: string): TallyError {
  return new TallyError('vaultUnreadable', why, next)
}
