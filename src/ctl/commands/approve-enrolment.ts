// `tallyctl approve CODE`: lets a client in that asks for a token. Having typed its code and whose token it will be is the yes:
// nothing is asked after that, and what was granted is printed.
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { EnrolmentRequest, Granted } from '../../contract/requests.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'
import { readLifetime } from './duration.ts'
import type { Asked } from './parse.ts'
import { claimOf, onOf } from './requests.ts'
import { isCode } from './user-code.ts'

/** What only an enrolment takes. */
const FLAGS = ['member', 'new-member', 'scope', 'label', 'expires', 'identity', 'takeover', 'on']

/** Whether this is about an enrolment: it has a code, or a flag that nothing else takes. */
export function isEnrolment(asked: Asked): boolean {
  const [word] = asked.words
  return FLAGS.some((flag) => asked.flags[flag] !== undefined) || (word !== undefined && isCode(word))
}

export const approveEnrolment: Command = async (asked, at) => {
  const [code] = asked.words
  if (code === undefined) throw new TallyError('needsUserCode')
  if (asked.value('digits') !== undefined) {
    throw new TallyError('wrongUsage', '--digits is for pairing, and an enrolment has a code instead')
  }
  const [member, newMember] = [asked.value('member'), asked.value('new-member')]
  if ((member === undefined) === (newMember === undefined)) throw new TallyError('needsMember')
  const [scopes, label, expires] = [asked.values('scope'), asked.value('label'), asked.value('expires')]
  const identity = asked.value('identity')
  const result = await at.daemon.call('requests.approve', {
    code,
    ...(member === undefined ? {} : { member }),
    ...(newMember === undefined ? {} : { newMember }),
    ...(scopes === undefined ? {} : { scopes: [...new Set(scopes)] }),
    ...(label === undefined ? {} : { label }),
    ...(expires === undefined ? {} : { expiresIn: readLifetime(expires, '--expires') }),
    ...(identity === undefined ? {} : { identity }),
    ...(asked.has('takeover') ? { takeover: true } : {}),
    ...onOf(asked),
  })
  const { approved, granted } = result
  if (asked.has('json')) await at.screen.json(result)
  else if (approved.kind === 'enrolment') await at.screen.answer(...approvedLines(approved, granted))
  return EXIT.ok
}

function approvedLines(request: EnrolmentRequest, granted: Granted | undefined): string[] {
  const first = `approved: ${claimOf(request)}`
  if (granted === undefined) return [first]
  const { member, scopes, label, identity, expiresAt } = granted
  const until = expiresAt === null ? 'until it is revoked' : `until ${clean(expiresAt).slice(0, 10)}`
  const device = request.from.id === null ? '' : `   for device ${clean(request.from.id).slice(0, 8)} alone`
  return [
    first,
    `granted:  ${clean(scopes.join(' '))}   member ${clean(member)}   label "${clean(label)}"   identity ${clean(identity)}   ${until}${device}`,
  ]
}
