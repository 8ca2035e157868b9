// One question to a paired device that gave this one a right: what waits there, yes, or no. Over a connection of its own, to the
// pinned certificate, with the pairing token; what comes back is doubted like everything else from there.
import { isUtf8 } from 'node:buffer'
import { ERRORS, type ErrorName, TallyError } from '../../contract/errors.ts'
import { fitsApproved, fitsDenied, fitsRequestList } from '../../contract/generated/wire.ts'
import type { MethodName, Params, Result } from '../../contract/methods.ts'
import { printable } from '../../contract/printable.ts'
import type { Identity } from '../identity/identity.ts'
import { hashOf } from '../tokens/token.ts'
import { ask, problemOf, Refused, refusalOf } from './asking.ts'
import { DeviceAgent, dial } from './dial.ts'
import { dialAny } from './dial-any.ts'
import { knockOf } from './knock.ts'
import type { Member } from './roster.ts'
import { readAddress } from './tls.ts'

/** 50 requests have less, in bytes. */
const ANSWER_BYTES = 256 * 1024
/** Of a sentence that another device wrote, in characters. */
const LONGEST_SENTENCE = 300

/** What one device asks another in its owner's name, and whether a result is one. */
const FITS = {
  'requests.list': fitsRequestList,
  'requests.approve': fitsApproved,
  'requests.deny': fitsDenied,
} as const satisfies Partial<Record<MethodName, (value: unknown) => boolean>>

export type Relayed = keyof typeof FITS

export interface Asked {
  readonly member: Member
  /** Where it may be: `host:port`, the likeliest first. */
  readonly addresses: readonly string[]
  readonly identity: Identity
  /** Unix milliseconds. */
  readonly now: () => number
}

/** Throws TallyError noSuchDevice, notGranted, unreachable, or what that device refused it with. */
export async function askThere<M extends Relayed>(
  { member, addresses, identity, now }: Asked,
  method: M,
  params: Params<M>,
): Promise<Result<M>> {
  const { name, state, token } = member
  if (state !== 'paired') throw new TallyError('noSuchDevice', `${JSON.stringify(name)} is not paired`)
  if (token === null) throw new TallyError('notGranted', `${name} sees this one, but not the other way round`)
  const targets = addresses.flatMap((address) => readAddress(address, 0) ?? [])
  const agent = new DeviceAgent(() => {
    if (targets.length === 0) return Promise.reject(new Refused('noAddress'))
    const knock = knockOf(hashOf(token))
    return dialAny(
      targets,
      (target) => dial({ ...target, pin: member, knock }, { identity, now }),
      ({ socket }) => socket.destroy(),
    )
  })
  try {
    const { status, body } = await ask(agent, {
      path: '/v1/rpc',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      most: ANSWER_BYTES,
    })
    if (status === 403) throw new TallyError('notGranted', name)
    if (status === 404) throw new TallyError('unreachable', `${name} runs an older version of tallyd`)
    if (status !== 200) throw refusalOf(status)
    return resultIn(body, method)
  } catch (error) {
    if (error instanceof TallyError) throw error
    throw new TallyError('unreachable', `${name}: ${problemOf(error).says}`)
  } finally {
    agent.destroy()
  }
}

/** Throws what the other device refused it with, or Refused badAnswer. */
function resultIn<M extends Relayed>(body: Buffer, method: M): Result<M> {
  const { result, error } = objectIn(body)
  if (error !== undefined) throw refusedThere(error)
  if (!FITS[method](result)) throw new Refused('badAnswer')
  return result as Result<M>
}

function objectIn(body: Buffer): { readonly result?: unknown; readonly error?: unknown } {
  try {
    const value: unknown = isUtf8(body) ? JSON.parse(body.toString()) : null
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Said below.
  }
  throw new Refused('badAnswer')
}

/** An error of our table keeps its name; its sentence is the other device's, its next step ours. */
function refusedThere(error: unknown): Error {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown }
  const name = (Object.keys(ERRORS) as ErrorName[]).find((each) => ERRORS[each].code === code)
  if (name === undefined || typeof message !== 'string') return new Refused('badAnswer')
  if (name === 'notAllowed') return new TallyError('notGranted')
  const says = printable(message, ' ').slice(0, LONGEST_SENTENCE)
  return TallyError.saying(name, `${says} (said there)`, ERRORS[name].next)
}
