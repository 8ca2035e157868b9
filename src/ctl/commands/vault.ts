// `tallyctl vault`: where its key is, and whether it is open; and what can be done about that.
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { VaultState } from '../../contract/vault.ts'
import { PASSPHRASE, type VaultKey } from '../../contract/vault-words.ts'
import { counted } from '../terminal/figures.ts'
import { askedInSecret, canAsk } from '../terminal/prompt.ts'
import { clean } from '../terminal/text.ts'
import type { Command, Surrounding } from './command.ts'
import { readInput } from './secret-input.ts'

export const vault: Command = async (asked, at) => {
  const result = await at.daemon.call('vault.status', {})
  if (asked.has('json')) await at.screen.json(result)
  else await showVault(result.vault, at)
  return EXIT.ok
}

export const protectVault: Command = async (asked, at) => {
  const key = asked.words[0] as VaultKey
  if (key !== 'passphrase' && asked.words[1] !== undefined) {
    throw new TallyError('wrongUsage', `${key} takes no passphrase`)
  }
  const words = key === 'passphrase' ? { passphrase: await newPassphrase(asked.words[1] === '-') } : {}
  const result = await at.daemon.call('vault.protect', { key, ...words })
  if (asked.has('json')) await at.screen.json(result)
  else await showVault(result.protected, at)
  return EXIT.ok
}

export const unlockVault: Command = async (asked, at) => {
  const passphrase = await typedPassphrase('passphrase', asked.words[0] === '-')
  if (passphrase === '') throw nothingTyped()
  const result = await at.daemon.call('vault.unlock', { passphrase })
  if (asked.has('json')) await at.screen.json(result)
  else await showVault(result.unlocked, at)
  return EXIT.ok
}

export const lockVault: Command = async (asked, at) => {
  const result = await at.daemon.call('vault.lock', {})
  if (asked.has('json')) await at.screen.json(result)
  else await showVault(result.locked, at)
  return EXIT.ok
}

async function showVault(state: VaultState, { screen }: Surrounding): Promise<void> {
  await screen.answer(...vaultLines(state))
  const next = nextStep(state)
  if (next !== null) await screen.note(screen.typed(clean(next)))
}

export function vaultLines({ state, key, says, secrets, configs, problem }: VaultState): string[] {
  const holds =
    secrets === null || configs === null
      ? ''
      : `, ${counted(secrets, 'secret')}, ${counted(configs, 'configuration')}`
  return [
    `vault   ${clean(state)}${state === 'empty' ? '' : holds}`,
    ...(key === null ? [] : [`key     ${clean(key)}: ${clean(says)}`]),
    ...(state !== 'unreadable' || problem === null ? [] : [`why     ${clean(problem.says)}`]),
  ]
}

function nextStep({ state, key, problem }: VaultState): string | null {
  if (problem !== null) return problem.next
  if (state === 'empty') return 'to keep something: tallyctl secrets add --help'
  return key === 'file' ? 'to keep the key elsewhere: tallyctl vault protect --help' : null
}

/** Typed twice on a terminal: what was mistyped would open nothing. */
async function newPassphrase(isPiped: boolean): Promise<string> {
  const first = await typedPassphrase(`new passphrase, ${PASSPHRASE.least} characters or more`, isPiped)
  if ([...first].length < PASSPHRASE.least || [...first].length > PASSPHRASE.most) {
    const bounds = `${PASSPHRASE.least} to ${PASSPHRASE.most}`
    throw new TallyError('wrongUsage', `a passphrase has ${bounds} characters`, 'choose another one')
  }
  if (isPiped || (await askedInSecret('once more')) === first) return first
  throw new TallyError('wrongUsage', 'the two are not the same', 'run: tallyctl vault protect passphrase')
}

async function typedPassphrase(question: string, isPiped: boolean): Promise<string> {
  if (isPiped) return readInput(undefined).trim()
  if (canAsk()) return askedInSecret(question)
  throw new TallyError('wrongUsage', 'there is no terminal to ask on', 'say - to read it from standard input')
}

function nothingTyped(): TallyError {
  return new TallyError('wrongUsage', 'no passphrase was given', 'run: tallyctl vault unlock')
}
