// What every request to the web listener passes first: its Host and Origin are ours, or it is answered with 403 and nothing else;
// and the headers that every answer carries.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { deny, refuse } from './refusals.ts'

/** Headers that may stand in a request once. Node would join some and drop the others in silence. */
const ONCE = ['host', 'origin', 'referer', 'authorization', 'content-type', 'sec-fetch-site']
/** Only names of these lengths are looked at closer. */
const LENGTHS = new Set(ONCE.map(({ length }) => length))
/** Where a document may be navigated to from anywhere: it holds nothing, and cannot be framed. */
const DOCUMENTS = new Set(['/', '/approve'])

const DASHBOARD = '/dashboard/'
const NEXT =
  'ask at the address that tallyctl displays add prints; other names go into web.names of the config'

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** What the listener answers to. */
export interface OwnNames {
  readonly scheme: 'http' | 'https'
  readonly port: number
  /** Lower case; IPv6 addresses in brackets. */
  readonly hosts: ReadonlySet<string>
}

/** Fastify's `onRequest`, before every route and where there is none. `names` says what is ours now. */
export function guard(names: () => OwnNames) {
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    setHeaders(reply)
    const why = refusal(request, names())
    if (why === null) done()
    // Displays know one shape of errors.
    else if (request.url.startsWith(DASHBOARD)) deny(reply, 403, `not allowed: ${why}`, NEXT)
    else refuse(reply, 403, 'notAllowed', why)
  }
}

export function setHeaders(reply: FastifyReply): void {
  reply.headers(HEADERS)
}

/** Why this is not for us, or not from us; null where it is. */
function refusal({ raw, headers, method }: FastifyRequest, names: OwnNames): string | null {
  const { url = '', rawHeaders } = raw
  const seen: string[] = []
  let twice: string | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const given = rawHeaders[at]!
    if (!LENGTHS.has(given.length)) continue
    const name = given.toLowerCase()
    if (!ONCE.includes(name)) continue
    if (!seen.includes(name)) seen.push(name)
    else if (twice !== 'host') twice = name
  }
  if (!url.startsWith('/') || !seen.includes('host') || twice === 'host')
    return 'one Host, and a path without a host of its own'
  if (twice !== undefined) return `each of ${ONCE.join(', ')} once`
  const { host = '', origin, referer } = headers
  const own = ownOrigin(host, names)
  if (own === null) return 'Host is none of ours'
  if (origin !== undefined && origin !== own) return 'Origin is not ours'
  if (referer !== undefined && referer !== own && !referer.startsWith(`${own}/`)) return 'Referer is not ours'
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return null
  const isVisit = method === 'GET' && headers['sec-fetch-mode'] === 'navigate'
  const [path = ''] = url.split('?', 1)
  return isVisit && DOCUMENTS.has(path) ? null : 'Sec-Fetch-Site is not same-origin'
}

/** The origin that a Host header means, if it is one of ours. RFC 9110 §7.2: a default port may be left out. */
function ownOrigin(host: string, { scheme, port, hosts }: OwnNames): string | null {
  const [, name = '', given] = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(host) ?? []
  const usual = scheme === 'https' ? 443 : 80
  if (Number(given ?? usual) !== port || !hosts.has(name.toLowerCase())) return null
  // Browsers leave the default port out of an Origin, and write names in lower case.
  return `${scheme}://${name.toLowerCase()}${port === usual ? '' : `:${port}`}`
}
