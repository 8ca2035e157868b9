// What a yes grants: whether this approver may say it, and to what. Everything that can be known is refused here, while who
// says yes can still be told; what changes until the client comes is looked at again when the token is made.
import { TallyError } from '../../contract/errors.ts'
import { type IdentityMode, lesserIdentity, USUAL_IDENTITY } from '../../contract/identity-modes.ts'
import { printable } from '../../contract/printable.ts'
import type { EnrolmentRequest } from '../../contract/requests.ts'
import { isScope, mayGrant, type Scope } from '../../contract/scope-words.ts'
import type { Tokens } from '../tokens/tokens.ts'
import type { Approver, Yes } from './asking.ts'

/** What the owner granted; the token is made from it. */
export interface Decision {
  readonly member: string
  readonly exists: 'must' | 'new'
  readonly scopes: readonly Scope[]
  readonly label: string
  readonly identity: IdentityMode
  /** Seconds from `decidedAt`; undefined for a token that does not expire. */
  readonly expiresIn: number | undefined
  /** Milliseconds of a clock that nobody sets. */
  readonly decidedAt: number
  /** `owner`, `launch`, `token ID` or `device ID`. */
  readonly by: string
  /** The member whose claim of the device ends with this one; null for none. */
  readonly replaces: string | null
}

/** What is asked, and of what. */
export interface Question {
  readonly yes: Yes
  readonly approver: Approver
  readonly request: EnrolmentRequest
  readonly tokens: Pick<Tokens, 'members' | 'list' | 'claimedBy'>
  /** Names of members that other approvals are about to add. */
  readonly promised: readonly string[]
  readonly ticks: number
}

/**
 * Throws TallyError selfApproval, scopeTooWide, invalidParams, noSuchMember, memberExists or, last, claimedByOther: then everything
 * else was right.
 */
export function decide(question: Question): Decision {
  const { yes, approver, request, tokens, ticks } = question
  refuseSelf(question)
  const scopes = grantedScopes(question)
  const identity = grantedIdentity(question)
  const member = cleanName(yes.member)
  refuseMember(member, question)
  const label = yes.label === undefined ? request.from.name : cleanName(yes.label)
  const replaces = request.from.id === null ? null : tokens.claimedBy(request.from.id)
  const isTakeover = (yes.takeover || request.takeover) && approver.scopes === null
  if (replaces !== null && replaces !== member && !isTakeover) throw new TallyError('claimedByOther')
  const { exists, expiresIn } = yes
  return { member, exists, scopes, label, identity, expiresIn, decidedAt: ticks, by: approver.by, replaces }
}

/** One line of text that is safe to show; empty where nothing is left of it. */
export function cleanText(given: string): string {
  return printable(given, ' ').replaceAll(/\s+/g, ' ').trim()
}

/**
 * The owner is never refused: a client on the owner's own machine is the usual case. Of the others: the device that asks, a token
 * that is bound to it, and, because who asks without a certificate is known by nothing else, whoever comes from the address
 * that asked.
 */
function refuseSelf({ approver, request, tokens }: Question): void {
  if (approver.scopes === null) return
  const token = tokens.list().find(({ id }) => id === approver.token)
  const devices = [approver.device, token?.device ?? null].filter((id) => id !== null)
  const isSameDevice = request.from.id !== null && devices.includes(request.from.id)
  const isSameAddress = approver.address !== null && plain(approver.address) === plain(request.from.address)
  if (isSameDevice) throw new TallyError('selfApproval')
  if (isSameAddress) throw new TallyError('selfApproval', `both come from ${plain(approver.address!)}`)
}

/** An IPv4 address that came over an IPv6 socket is itself; the zone says nothing of who it is. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
}

/** Less than was asked for is fine for everybody; more is the owner's, who has to name it. */
function grantedScopes({ yes, approver, request }: Question): Scope[] {
  const asked = request.scopes.filter(isScope)
  const scopes = [...new Set(yes.scopes ?? asked)]
  if (scopes.length === 0) throw new TallyError('invalidParams', 'a token without a scope opens nothing')
  const held = approver.scopes
  if (held === null) return scopes
  const tooWide = scopes.filter((scope) => !mayGrant(held, scope) || !asked.includes(scope))
  if (tooWide.length > 0) throw new TallyError('scopeTooWide', tooWide.join(' '))
  return scopes
}

/** What is not said is the usual mode, or that of who says yes if it shows less. */
function grantedIdentity({ yes, approver }: Question): IdentityMode {
  const wanted = yes.identity ?? lesserIdentity(USUAL_IDENTITY, approver.identity)
  if (lesserIdentity(approver.identity, wanted) !== wanted) {
    throw new TallyError('scopeTooWide', `identity ${wanted}`)
  }
  return wanted
}

function refuseMember(name: string, { yes, approver, tokens, promised }: Question): void {
  const isKnown = tokens.members().some((member) => member.name === name)
  if (yes.exists === 'new') {
    if (isKnown) throw new TallyError('memberExists', JSON.stringify(name))
    if (!promised.includes(name)) return
    throw TallyError.saying(
      'memberExists',
      `a yes of before is about to add ${JSON.stringify(name)}, within 10 min, when its client fetches the token`,
      'choose another name, or wait until then',
    )
  }
  if (!isKnown) throw new TallyError('noSuchMember', JSON.stringify(name))
  const held = approver.scopes
  if (held === null) return
  // A token may revoke its own member's: nobody lets a client in among tokens that can do more than he may grant.
  const all = tokens.list()
  if (all.some(({ id, member }) => id === approver.token && member === name)) return
  const theirs = all.filter(({ member }) => member === name).flatMap(({ scopes }) => scopes.filter(isScope))
  const tooWide = [...new Set(theirs)].filter((scope) => !mayGrant(held, scope))
  if (tooWide.length > 0) {
    throw new TallyError('scopeTooWide', `${JSON.stringify(name)} has ${tooWide.join(' ')}`)
  }
}

function cleanName(given: string): string {
  const name = cleanText(given)
  if (name === '') throw new TallyError('invalidParams', `${JSON.stringify(given.slice(0, 64))} is no name`)
  return name
}
