// `tallyctl identity`: who this device is to others; `identity adopt` and `identity new`.
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Identity } from '../../contract/identity.ts'
import { confirmed } from '../terminal/prompt.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'

export const identity: Command = async (asked, at) => {
  const result = await at.daemon.call('identity.show', {})
  if (asked.has('json')) await at.screen.json(result)
  else {
    await at.screen.answer(...identityLines(result.identity))
    if (result.identity.cloned) await at.screen.note(...cloned.map((line) => at.screen.typed(line)))
  }
  return EXIT.ok
}

export const adoptIdentity: Command = async (asked, at) => {
  const result = await at.daemon.call('identity.adopt', {})
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer('this machine goes on as', ...identityLines(result.adopted))
  return EXIT.ok
}

export const newIdentity: Command = async (asked, at) => {
  const question = 'every device has to be paired again. make a new identity?'
  if (!asked.has('yes') && !(await confirmed(question))) {
    throw new TallyError(
      'wrongUsage',
      'nothing was changed',
      'to say so without a question: tallyctl identity new --yes',
    )
  }
  const result = await at.daemon.call('identity.renew', {})
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer('this device is now', ...identityLines(result.renewed))
  return EXIT.ok
}

const cloned = [
  'it was made on another machine, so no device can reach this one',
  'if this home was moved here, run: tallyctl identity adopt',
  'if it was copied, run: tallyctl identity new',
]

function identityLines({ id, createdAt }: Identity): string[] {
  return [clean(id), `shown as ${clean(id).slice(0, 8)}, made on ${clean(createdAt).slice(0, 10)}`]
}
