// The web address of another tallyd: what is typed, and the one form in which it is kept and compared.
import { isIP } from 'node:net'
import { TallyError } from '../../contract/errors.ts'

const LONGEST = 300

/** Where and how to reach it. */
export interface Address {
  /** `https://desk.local:4766`: scheme, host in lower case, and the port unless it is the scheme's own. */
  readonly url: string
  readonly isHttps: boolean
  /** Without the brackets of an IPv6 address. */
  readonly host: string
  readonly port: number
}

/** Reads an address. Throws TallyError wrongUsage where it is none, or has no encryption and is not on this machine. */
export function addressOf(text: string): Address {
  const example = 'use for example https://desk.local:4766'
  const url = text.length <= LONGEST && URL.canParse(text) ? new URL(text) : null
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new TallyError('wrongUsage', `${shortened(text)} is no http or https address`, example)
  }
  // A secret in an address would stand in the list of processes.
  if (url.username !== '' || url.password !== '') {
    throw new TallyError('wrongUsage', 'an address with a user or a password is not taken', example)
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new TallyError('wrongUsage', `${url.origin} is the address, without what comes after it`, example)
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const isHttps = url.protocol === 'https:'
  if (!isHttps && !isLoopbackHost(host)) {
    throw new TallyError(
      'wrongUsage',
      `${url.origin} would send the token unencrypted over the network`,
      'use https; there, config.web.lan opens it. http is for this machine alone',
    )
  }
  return { url: url.origin, isHttps, host, port: url.port === '' ? (isHttps ? 443 : 80) : Number(url.port) }
}

/** `localhost`, 127.0.0.0/8 and ::1. The URL parser has written addresses in their usual form. */
function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || isLoopbackAddress(host)
}

/** Whether an IP address is one of this machine's loopback interface. */
export function isLoopbackAddress(address: string): boolean {
  const four = address.replace(/^::ffff:/i, '')
  return (isIP(four) === 4 && four.startsWith('127.')) || address === '::1'
}

function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`
}
