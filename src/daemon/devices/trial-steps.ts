// The steps of a trial in words: which of them came about at which address, what failed, and what to do there or here.
import type { Check } from '../../contract/doctor.ts'
import type { CheckCode } from '../../contract/doctor-words.ts'
import { quoted } from '../../contract/shell-words.ts'
import { type DialError, OWN_ADDRESS } from './dial.ts'

/** What came of one address. */
export interface Attempt {
  readonly address: string
  /** Whether TCP stood. */
  readonly isConnected: boolean
  readonly failure: DialError | null
}

/** Connection, TLS and certificate: what failed at each address; a warning only where another one led there. */
export function stepsOf(attempts: readonly Attempt[], name: string): Check[] {
  const isThere = attempts.some(({ failure }) => failure === null)
  const level = isThere ? 'warning' : 'broken'
  const failed = attempts.flatMap(({ address, isConnected, failure }) =>
    failure === null ? [] : [{ level, ...failureOf(failure, isConnected, address, name) } as const],
  )
  const reached = attempts.filter(({ isConnected }) => isConnected).map(({ address }) => address)
  if (reached.length === 0) return failed
  const ok = (code: CheckCode, subject: string, says: string): Check => ({ level: 'ok', code, subject, says })
  const connection = ok(
    'deviceConnection',
    'connection',
    `${reached.join(', ')} ${reached.length === 1 ? 'answers' : 'answer'}`,
  )
  const tls = ok('deviceTls', 'TLS', 'it speaks our protocol')
  const isTallyd = attempts.some(({ failure }) => failure?.why === 'wrongCertificate') || isThere
  const certificate = ok('deviceCertificate', 'certificate', 'the one we paired with')
  return [connection, ...(isTallyd ? [tls] : []), ...(isThere ? [certificate] : []), ...failed]
}

function failureOf(
  { why, code, message }: DialError,
  isConnected: boolean,
  address: string,
  name: string,
): Pick<Check, 'code' | 'subject' | 'says' | 'next'> {
  const there = `on ${name}`
  if (why === 'wrongCertificate') {
    const says = `what answers at ${address} has another certificate than the one we paired with`
    const next = `if ${name} was installed anew, run: tallyctl devices unpair ${quoted(name)}, then pair again; else another device has its address, or poses as it`
    return { code: 'wrongCertificate', subject: 'certificate', says, next }
  }
  if (message === OWN_ADDRESS) {
    const next = `${there}, run: tallyctl pair, to tell its address anew`
    return { code: 'notTallyd', subject: 'certificate', says: `${address} is this device itself`, next }
  }
  if (why === 'notTallyd') {
    const says = `what answers at ${address} is not tallyd, or a version that does not speak ours (${code ?? message})`
    const next = `${there}, see who listens on that port, and run: tallyctl --version`
    return { code: 'notTallyd', subject: 'TLS', says, next }
  }
  if (isConnected) {
    const next = `${there}, run: tallyctl status; if it hangs: tallyctl stop, then tallyctl start`
    return { code: 'silentTls', subject: 'TLS', says: `${address} is connected, then silent`, next }
  }
  return { subject: 'connection', ...unreachable(code, message, address, name) }
}

function unreachable(
  code: string | null,
  message: string,
  address: string,
  name: string,
): Pick<Check, 'code' | 'says' | 'next'> {
  const port = /:(\d+)$/.exec(address)?.[1] ?? ''
  if (code === 'ECONNREFUSED') {
    const next = `on ${name}, run: tallyctl start, then tallyctl share always; tallyctl status shows its port`
    return { code: 'refusedThere', says: `${address} is there, but nothing listens on the port`, next }
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const next = `see whether the name is still right: getent hosts ${address.replace(/:\d+$/, '')}; or pair again by address`
    return { code: 'noSuchHost', says: `there is no host called as in ${address} (${code})`, next }
  }
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EHOSTDOWN') {
    const next = `see that ${name} is awake and both are in one network, not one of them in a guest network or a VPN`
    return { code: 'noRoute', says: `there is no way to ${address} (${code})`, next }
  }
  if (code === null || code === 'ETIMEDOUT') {
    const next = `see that ${name} is awake; on it, let the firewall pass TCP port ${port}: tallyctl doctor there names the command`
    return { code: 'silent', says: `nothing comes back from ${address}`, next }
  }
  const next = `see that this machine may go there; on ${name}, run: tallyctl doctor`
  return { code: 'unreachable', says: `${address} cannot be reached (${code}: ${message})`, next }
}

export function notPaired(
  name: string,
  state: string,
  unpairedAt: string | null,
  unpairedThere: boolean,
): Check {
  const since = unpairedAt === null ? '' : ` since ${unpairedAt}`
  if (state === 'blocked') {
    const next = `to let it in again, run: tallyctl devices unblock ${quoted(name)}, then pair`
    return { level: 'broken', code: 'deviceBlocked', subject: 'name', says: `blocked here${since}`, next }
  }
  const code = unpairedThere ? 'unpairedThere' : 'deviceNotPaired'
  const says = `${unpairedThere ? 'it ended the pairing' : 'unpaired here'}${since}`
  return { level: 'broken', code, subject: 'name', says, next: `run: tallyctl pair ${quoted(name)}` }
}

export function nowhere(name: string): Check {
  const says = 'it is not seen on the network, and no address of it is known'
  const next = `on ${name}, run: tallyctl share always; if the network blocks multicast, pair by address: tallyctl pair HOST:PORT`
  return { level: 'broken', code: 'noAddress', subject: 'address', says, next }
}
