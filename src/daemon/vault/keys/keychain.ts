// The key in the keychain of the operating system: Secret Service, macOS Keychain. Asked in a process of its own, with a deadline.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { TallyError } from '../../../contract/errors.ts'
import { printable } from '../../../contract/printable.ts'
import { KEY_BYTES, type KeyHeader, newId } from '../sealed.ts'
import type { KeychainAnswer, KeychainQuestion } from './keychain-words.ts'
import { type KeyPlace, type MadeKey, made } from './place.ts'

/** A service that hangs does not answer later either; one that asks its owner something is asked again by the owner. */
const PATIENCE_MS = 3_000
const LONGEST_ANSWER = 4_096

export interface KeychainPlace extends KeyPlace {
  /** Null where there is none on this machine, or it keeps nothing. Throws TallyError keychainLocked, or keychainUnavailable where one hangs. */
  tryMake(): Promise<MadeKey | null>
}

/** `program` is the bundled keychain process. */
export function keychain(program: string): KeychainPlace {
  const ask = (question: KeychainQuestion) => askKeychain(program, question)
  async function tryMake(): Promise<MadeKey | string> {
    const [id, key] = [newId(), randomBytes(KEY_BYTES)]
    const answer = await ask({ act: 'set', account: id, key: key.toString('base64') })
    if ('problem' in answer) {
      if (answer.problem !== 'absent') throw refusalOf(answer)
      return answer.says
    }
    // A collection that takes everything and gives nothing back is no keychain.
    if (answer.found !== key.toString('base64')) return 'it does not give back what it was given'
    return made({ from: 'keychain', id }, key)
  }
  return {
    async tryMake() {
      const tried = await tryMake()
      return typeof tried === 'string' ? null : tried
    },
    async make() {
      const tried = await tryMake()
      if (typeof tried === 'string') throw new TallyError('keychainUnavailable', tried)
      return tried
    },
    get: (header) => keyOf(ask, header),
    async forget({ id }) {
      const answer = await ask({ act: 'remove', account: id })
      if ('problem' in answer) throw refusalOf(answer)
    },
  }
}

async function keyOf(
  ask: (question: KeychainQuestion) => Promise<KeychainAnswer>,
  { id }: KeyHeader,
): Promise<Buffer> {
  const answer = await ask({ act: 'get', account: id })
  if ('problem' in answer) throw refusalOf(answer)
  const key = Buffer.from(answer.found ?? '', 'base64')
  if (key.length === KEY_BYTES) return key
  throw new TallyError(
    'vaultUnreadable',
    `the keychain has no key of it (entry ${id})`,
    'log in as who made it, or unlock the keychain that holds it; nothing was changed',
  )
}

function refusalOf({ problem, says }: Extract<KeychainAnswer, { problem: string }>): TallyError {
  return new TallyError(problem === 'locked' ? 'keychainLocked' : 'keychainUnavailable', says)
}

/** Throws TallyError keychainUnavailable where it does not answer in time. */
function askKeychain(program: string, question: KeychainQuestion): Promise<KeychainAnswer> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'ignore'] })
    let said = ''
    const silent = (why: string) => reject(new TallyError('keychainUnavailable', why))
    const patience = setTimeout(() => {
      child.kill('SIGKILL')
      silent('nothing came from it within 3 s; perhaps it asks for its own password')
    }, PATIENCE_MS)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.length > LONGEST_ANSWER) child.kill('SIGKILL')
    })
    child.once('error', () => silent('its process could not be started'))
    // What the process did not read any more says nothing; its end does.
    child.stdin.on('error', () => undefined)
    child.once('close', () => {
      clearTimeout(patience)
      const answer = answerIn(said)
      if (answer === null) silent('its process ended without an answer')
      else resolve(answer)
    })
    child.stdin.end(JSON.stringify(question))
  })
}

function answerIn(text: string): KeychainAnswer | null {
  try {
    const { found, problem, says } = JSON.parse(text) as Record<string, unknown>
    if (found === null || typeof found === 'string') return { found }
    if (problem !== 'locked' && problem !== 'silent' && problem !== 'absent') return null
    return { problem, says: printable(String(says), ' ') }
  } catch {
    return null
  }
}
