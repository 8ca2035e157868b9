// The program that asks the keychain of the operating system: reads one question, prints one answer, ends. A process of its own,
// because the library blocks whoever calls it for as long as the keychain's service likes, and nothing else can be ended from outside.
import { readFileSync, writeSync } from 'node:fs'
import { type KeychainAnswer, type KeychainQuestion, SERVICE } from './keychain-words.ts'

// The library's own default falls back to the kernel's memory, which loses everything at a reboot.
const OPTIONS = { linux: { store: 'secret-service' } } as const
const LONGEST_WORDS = 200

async function answer({ act, account, key = '' }: KeychainQuestion): Promise<KeychainAnswer> {
  try {
    const { Entry } = await import('@napi-rs/keyring')
    const entry = new Entry(SERVICE, account, OPTIONS)
    if (act === 'remove') {
      entry.deletePassword()
      return { found: null }
    }
    if (act === 'set') entry.setPassword(key)
    return { found: entry.getPassword() }
  } catch (error) {
    const words = (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_WORDS)
    const says = key === '' ? words : words.replaceAll(key, '')
    return {
      problem: isLocked(says) ? 'locked' : isSilent(says) ? 'silent' : 'absent',
      says: says.split('\n')[0] ?? '',
    }
  }
}

/** Secret Service: a prompt that could not be shown or was put away; macOS: errSecInteractionNotAllowed, errSecAuthFailed. */
function isLocked(says: string): boolean {
  return /\blocked\b|prompt was dismissed|interaction is not allowed|user name or passphrase/i.test(says)
}

/** libdbus, after 2 s: org.freedesktop.DBus.Error.NoReply. */
function isSilent(says: string): boolean {
  return /did not receive a reply|timed? ?out/i.test(says)
}

const question = JSON.parse(readFileSync(0, 'utf8')) as KeychainQuestion
answer(question).then((said) => writeSync(1, `${JSON.stringify(said)}\n`))
