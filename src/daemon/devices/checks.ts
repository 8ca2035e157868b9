// What doctor says of devices: the identity, the listener, a line for each device, and what their clocks say of ours.
import type { Check } from '../../contract/doctor.ts'
import { CHECK_CODES, type CheckCode } from '../../contract/doctor-words.ts'
import { ERRORS, TallyError } from '../../contract/errors.ts'
import { whoHasPort } from '../../contract/port-words.ts'
import type { Sharing } from '../../contract/sharing.ts'
import { quoted } from '../../contract/shell-words.ts'
import { spanInWords } from '../../contract/time-words.ts'
import type { Identity } from '../identity/identity.ts'
import type { DeviceFacts } from './devices.ts'

/** What a device told besides its numbers. */
export interface Told {
  /** Its version of tallyd; null before it told any. */
  readonly program: string | null
  /** How far its clock is ahead of ours, in milliseconds; null where it has not answered since the start. */
  readonly skewMs: number | null
}

/** Clocks that are further apart than this, in milliseconds, put calls into the wrong quarter-hour. */
export const SKEW_MS = 2 * 60_000

export function checkDevices(
  devices: readonly DeviceFacts[],
  sharing: Sharing,
  identity: Identity | TallyError,
  told: (id: string | null) => Told,
): Check[] {
  const others = devices.filter(({ self, state }) => !self && state === 'paired')
  return [
    checkIdentity(identity),
    checkSharing(sharing),
    ...others.map((device) => checkDevice(device, told(device.id).program)),
    ...checkClocks(others.map(({ id, name }) => ({ name, skewMs: told(id).skewMs }))),
  ]
}

function checkIdentity(identity: Identity | TallyError): Check {
  const subject = 'identity'
  if (identity instanceof TallyError) {
    const { message: says, next } = identity
    return { level: 'broken', code: 'identityUnreadable', subject, says, next }
  }
  const says = identity.fingerprint.slice(0, 8)
  if (!identity.cloned) return { level: 'ok', code: 'identity', subject, says }
  return {
    level: 'broken',
    code: 'identityCopied',
    subject,
    says: `${says} was made on another machine: no other device can reach this one`,
    next: 'if this home was moved here, run: tallyctl identity adopt; if it was copied: tallyctl identity new',
  }
}

function checkSharing({ mode, open, port, until, problem }: Sharing): Check {
  const subject = 'sharing'
  if (problem !== null) {
    const who = whoHasPort(problem)
    const next = problem.startsWith(ERRORS.portTaken.says)
      ? `${who === null ? '' : `who has it: ${who}; `}end that, or set lan.port in the config file to a free one, then restart tallyd; it is tried again every 30 s`
      : 'mend it; it is tried again every 30 s'
    return { level: 'broken', code: 'sharingFailed', subject, says: problem, next }
  }
  if (!open) return { level: 'ok', code: 'sharingOff', subject, says: 'off; no port is open' }
  const says = mode === 'always' ? `port ${port}` : `port ${port} until ${until}`
  return { level: 'ok', code: 'sharing', subject, says }
}

function checkDevice(
  { name, freshness, asOf, problem, address }: DeviceFacts,
  program: string | null,
): Check {
  const seen = asOf === null ? 'never seen' : `last seen ${asOf}`
  if (problem === null) {
    const version = program === null ? '' : `, tallyd ${program}`
    const says = `${freshness === 'live' ? 'live' : seen}${version}`
    return { level: 'ok', code: 'device', subject: name, says }
  }
  const code = codeOf(problem.code)
  const at = address === null ? '' : ` at ${address}`
  const says = `${problem.says}${at}; ${seen}`
  if (code === 'unreachable' || code === 'noAddress') {
    const next = `if it runs there, find out where it ends: tallyctl doctor ${quoted(name)}`
    return { level: 'warning', code, subject: name, says, next }
  }
  const again = `run: tallyctl devices unpair ${quoted(name)}, then pair again; step by step: tallyctl doctor ${quoted(name)}`
  return {
    level: 'broken',
    code,
    subject: name,
    says,
    next: code === 'newerVersion' ? 'update tallyd here' : again,
  }
}

/** A problem's word is that of its finding. */
export function codeOf(problem: string): CheckCode {
  return CHECK_CODES.find((known) => known === problem) ?? 'unreachable'
}

/** Two that agree with each other and not with us are right; one alone may be as wrong as we are. */
export function checkClocks(
  clocks: readonly { readonly name: string; readonly skewMs: number | null }[],
): Check[] {
  const known = clocks.flatMap(({ name, skewMs }) => (skewMs === null ? [] : [{ name, skewMs }]))
  const off = known.filter(({ skewMs }) => Math.abs(skewMs) > SKEW_MS)
  const spread = Math.max(...off.map(({ skewMs }) => skewMs)) - Math.min(...off.map(({ skewMs }) => skewMs))
  const next =
    'let the network set the one that is wrong: timedatectl set-ntp true, on macOS in the settings of date and time'
  if (off.length > 1 && off.length === known.length && spread <= SKEW_MS) {
    const { skewMs } = off[0]!
    const says = `${off.map(({ name }) => name).join(', ')} agree that our clock is ${apart(-skewMs)}`
    return [{ level: 'warning', code: 'clockOfOthers', subject: 'clock', says, next }]
  }
  return off.map(({ name, skewMs }) => {
    const says = `the clock of ${name} is ${apart(skewMs)}${skewMs > 0 ? ' of' : ''} ours`
    return { level: 'warning', code: 'clockOfDevice', subject: 'clock', says, next }
  })
}

function apart(skewMs: number): string {
  return `${spanInWords(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}`
}
