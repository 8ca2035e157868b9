// The OAuth routes of the web listener and the LAN listener: device authorization (RFC 8628) and revocation (RFC 7009). They speak the
// RFCs' words; what is decided is decided in access.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DEVICE_CODE_GRANT } from '../../contract/device-grant.ts'
import { TallyError } from '../../contract/errors.ts'
import { isScope, SCOPE_NAMES, type Scope } from '../../contract/scope-words.ts'
import type { Access, Caller } from '../access/access.ts'
import type { Tokens } from '../tokens/tokens.ts'
import { bounded, needed, OAuthFailure, readForm } from './oauth-form.ts'

/** Characters; the contract's. */
const LONGEST_LABEL = 64
const LONGEST_CLIENT_ID = 64
/** A device code and a token have fewer characters. */
const LONGEST_SECRET = 256
const LONGEST_SCOPE = 512

export interface OAuthContext {
  /** Our URL, from configuration. Throws OAuthFailure where there is none now. */
  readonly issuer: () => string
  readonly access: () => Promise<Access>
  readonly tokens: Pick<Tokens, 'giveBack'>
  /** Who asks, as the connection has it. */
  readonly callerOf: (request: FastifyRequest) => Caller
}

export function oauthRoutes(app: FastifyInstance, { issuer, access, tokens, callerOf }: OAuthContext): void {
  app.post('/oauth/device_authorization', async (request) => {
    const form = formOf(request)
    const clientId = clientOf(request, form)
    const approve = `${issuer()}/approve`
    const begun = (await access()).begin(
      {
        clientId,
        scopes: scopesIn(form.get('scope')),
        label: bounded(form.get('label') ?? clientId, 'label', LONGEST_LABEL),
        takeover: yes(form.get('takeover'), 'takeover'),
      },
      callerOf(request),
    )
    if ('retryAfter' in begun) {
      const { retryAfter } = begun
      throw new OAuthFailure('temporarily_unavailable', 'too many new requests', { status: 429, retryAfter })
    }
    if ('error' in begun) throw new OAuthFailure(begun.error, 'the request is refused')
    return {
      device_code: begun.deviceCode,
      user_code: begun.userCode,
      verification_uri: approve,
      verification_uri_complete: `${approve}?link=${begun.link}`,
      expires_in: begun.expiresIn,
      interval: begun.interval,
    }
  })

  app.post('/oauth/token', async (request) => {
    const form = formOf(request)
    const grant = needed(form, 'grant_type')
    if (grant !== DEVICE_CODE_GRANT) {
      throw new OAuthFailure('unsupported_grant_type', `the only grant type is ${DEVICE_CODE_GRANT}`)
    }
    const clientId = clientOf(request, form)
    const code = bounded(needed(form, 'device_code'), 'device_code', LONGEST_SECRET)
    const redeemed = await (await access()).redeem(code, clientId, callerOf(request))
    if ('error' in redeemed) throw new OAuthFailure(redeemed.error, 'see RFC 8628, section 3.5')
    const { token, tokenId, member, scopes, expiresIn } = redeemed
    return {
      access_token: token,
      token_type: 'Bearer',
      scope: scopes.join(' '),
      ...(expiresIn === null ? {} : { expires_in: expiresIn }),
      token_id: tokenId,
      member,
    }
  })

  app.post('/oauth/revoke', async (request, reply) => {
    const form = formOf(request)
    refuseClientSecrets(request, form)
    // RFC 7009 §2.2: one that is not known is revoked as well.
    const token = bounded(needed(form, 'token'), 'token', LONGEST_SECRET)
    await tokens.giveBack(token, callerOf(request).device)
    return reply.code(200).send()
  })
}

/** Answers a failed request to an OAuth route, as RFC 6749 §5.2 has it. False for what is none of its failures. */
export function answerOAuth(error: unknown, reply: FastifyReply): boolean {
  const failed = failureIn(error)
  if (failed === null) return false
  const { status, retryAfter } = failed
  if (retryAfter !== null) reply.header('retry-after', String(retryAfter))
  // RFC 6749 §5.2: whoever tried to authenticate as a client is told how.
  if (status === 401) reply.header('www-authenticate', 'Basic realm="tallyd"')
  reply.code(status).send({ error: failed.error, error_description: failed.message })
  return true
}

function failureIn(error: unknown): OAuthFailure | null {
  if (error instanceof OAuthFailure) return error
  if (error instanceof TallyError && error.error === 'stateUnwritable') {
    return new OAuthFailure('temporarily_unavailable', 'try again', { status: 503, retryAfter: 30 })
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status === 413) return new OAuthFailure('invalid_request', 'a request holds at most 64 KiB', { status })
  return status < 500 && status !== 429 ? new OAuthFailure('invalid_request', 'it cannot be read') : null
}

function formOf(request: FastifyRequest): ReadonlyMap<string, string> {
  const { rawHeaders } = request.raw
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-type')
  return readForm(at < 0 ? undefined : rawHeaders[at + 1], request.body)
}

function clientOf(request: FastifyRequest, form: ReadonlyMap<string, string>): string {
  refuseClientSecrets(request, form)
  return bounded(needed(form, 'client_id'), 'client_id', LONGEST_CLIENT_ID)
}

/** Our clients are public: one that has a secret means somebody else. */
function refuseClientSecrets({ headers }: FastifyRequest, form: ReadonlyMap<string, string>): void {
  if (headers.authorization === undefined && !form.has('client_secret')) return
  throw new OAuthFailure('invalid_client', 'clients are public here: they have no secret', { status: 401 })
}

/** RFC 6749 §3.3: names with single spaces between them. */
function scopesIn(text: string | undefined): Scope[] {
  const names = text === undefined ? [] : bounded(text, 'scope', LONGEST_SCOPE).split(' ')
  const scopes = names.filter(isScope)
  if (scopes.length < names.length)
    throw new OAuthFailure('invalid_scope', `known are ${SCOPE_NAMES.join(', ')}`)
  return [...new Set(scopes)]
}

function yes(value: string | undefined, name: string): boolean {
  if (value === undefined || value === 'false') return false
  if (value !== 'true') throw new OAuthFailure('invalid_request', `${name} is true or false`)
  return true
}
