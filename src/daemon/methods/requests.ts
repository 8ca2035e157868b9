// requests.*: whatever waits for the owner's yes. Pairings are decided by their digits, enrolments by the client's code.
import { TallyError } from '../../contract/errors.ts'
import { isIdentityMode } from '../../contract/identity-modes.ts'
import type { Params, Result } from '../../contract/methods.ts'
import type { Request } from '../../contract/requests.ts'
import { isScope } from '../../contract/scope-words.ts'
import type { Approver } from '../access/access.ts'
import type { Relayed } from '../devices/devices.ts'
import { approverOf, askerWords, isOwners } from './askers.ts'
import type { AskerIdentity, HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

export function requestsHandlers(parts: Parts): HandlersOf<'requests'> {
  const { requests } = parts
  /** Who is not the owner sees and answers enrolments alone. */
  const seenBy = (asker: AskerIdentity) =>
    requests.list().filter(({ kind }) => kind === 'enrolment' || isOwners(asker))
  const named = (asker: AskerIdentity, id: string | undefined): Request | undefined =>
    seenBy(asker).find((request) => request.id === id)

  return {
    'requests.list': ({ on }, { asker }) =>
      on === undefined ? { requests: seenBy(asker) } : elsewhere(asker, on, 'requests.list', {}),
    'requests.approve': async ({ on, ...wanted }, { asker }) => {
      if (on !== undefined) return elsewhere(asker, on, 'requests.approve', wanted)
      if (wanted.code !== undefined) return approveEnrolment(wanted, approverOf(asker))
      if (!isOwners(asker)) throw new TallyError('needsUserCode')
      return { approved: requests.approve(wanted.id, wanted.digits ?? null) }
    },
    'requests.deny': async ({ on, ...wanted }, { asker }) => {
      if (on !== undefined) return elsewhere(asker, on, 'requests.deny', wanted)
      const { id, code } = wanted
      if (code !== undefined) return { denied: (await parts.access()).deny({ code, id }, approverOf(asker)) }
      if (isOwners(asker)) return { denied: requests.deny(id, askerWords(asker)) }
      const request = named(asker, id)
      if (request === undefined)
        throw new TallyError('noSuchRequest', JSON.stringify((id ?? '').slice(0, 40)))
      return { denied: requests.deny(request.id, askerWords(asker)) }
    },
    'requests.open': async ({ link }) => ({ opened: (await parts.access()).open(link) }),
  }

  /** The right was given to this device, which is to say to its owner: nobody who comes from elsewhere goes on from here. */
  async function elsewhere<M extends Relayed>(
    asker: AskerIdentity,
    device: string,
    method: M,
    params: Params<M>,
  ): Promise<Result<M>> {
    if (!isOwners(asker)) throw new TallyError('notAllowed', `${method} with on`)
    return (await parts.devices()).ask(device, method, params)
  }

  async function approveEnrolment(
    {
      code = '',
      id,
      member,
      newMember,
      scopes,
      label,
      identity,
      expiresIn,
      takeover,
    }: Params<'requests.approve'>,
    approver: Approver,
  ): Promise<Result<'requests.approve'>> {
    const name = newMember ?? member
    if (name === undefined || (member !== undefined && newMember !== undefined)) {
      throw new TallyError('needsMember')
    }
    const access = await parts.access()
    return access.approve(
      {
        code,
        id,
        member: name,
        exists: newMember === undefined ? 'must' : 'new',
        scopes: scopes?.filter(isScope),
        label,
        identity: identity !== undefined && isIdentityMode(identity) ? identity : undefined,
        expiresIn,
        takeover: takeover === true,
      },
      approver,
    )
  }
}
