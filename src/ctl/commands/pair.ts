// `tallyctl pair HOST[:PORT] --code [DIGITS]`: pairs with the device that shows the code.
import { EXIT, TallyError } from '../../contract/errors.ts'
import { call } from '../connection/rpc.ts'
import { asked as ask, askedInSecret, canAsk } from '../terminal/prompt.ts'
import type { Command } from './command.ts'
import { directionOf } from './direction.ts'
import { pairedLine } from './invite.ts'

export const pair: Command = async (asked, at) => {
  const [word] = asked.words
  const given = asked.value('code')
  if (word === undefined && !canAsk())
    throw new TallyError('wrongUsage', 'HOST is missing', 'run: tallyctl pair --help')
  const address = word ?? (await ask('address'))
  const code = readCode(given === undefined || given === 'ask' ? await askedInSecret('code') : given)
  const result = await call(at.paths.socket, 'pairing.join', { address, code, direction: directionOf(asked) })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(pairedLine(result.paired))
  return EXIT.ok
}

/** Six digits, however they were grouped. Throws TallyError wrongUsage. */
function readCode(text: string): string {
  const digits = text.replaceAll(/[\s-]/g, '')
  if (/^\d{6}$/.test(digits)) return digits
  throw new TallyError('wrongUsage', 'a code has six digits', 'on the other device, run: tallyctl invite')
}
