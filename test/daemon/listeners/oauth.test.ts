// The OAuth routes in the words of the RFCs: what is asked wrongly, and every outcome of RFC 8628, on a clock that the test holds.
import t, { type Test } from 'tap'
import { OWNER } from '../access/desk.ts'
import { ask, bearer, rpc, webServed } from './web-served.ts'

const FORM = ['Content-Type', 'application/x-www-form-urlencoded'] as const
const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

async function enrolling(t: Test, web = {}) {
  const served = await webServed(t, web)
  const post = async (
    path: string,
    body: string | Record<string, string>,
    headers = [FORM] as readonly (readonly [string, string])[],
  ) => {
    const text = typeof body === 'string' ? body : new URLSearchParams(body).toString()
    const reply = await ask(served.port, { method: 'POST', path, headers, body: text })
    return { ...reply, json: reply.body === '' ? {} : (JSON.parse(reply.body) as Record<string, unknown>) }
  }
  return {
    ...served,
    post,
    begin: async (more: Record<string, string> = {}) =>
      (await post('/oauth/device_authorization', { client_id: 'tallyctl', ...more })).json,
    poll: (code: unknown, client = 'tallyctl') =>
      post('/oauth/token', { grant_type: GRANT, device_code: String(code), client_id: client }),
    approve: (code: unknown) =>
      served.access.approve(
        {
          code: String(code),
          member: 'kitchen',
          exists: 'new',
          scopes: undefined,
          label: undefined,
          expiresIn: undefined,
          takeover: false,
        },
        OWNER,
      ),
  }
}

t.test('metadata is of our own address, whatever Host says', async (t) => {
  const { port, url } = await webServed(t)
  const { body, headers } = await ask(port, {
    path: '/.well-known/oauth-authorization-server',
    headers: [['Host', `localhost:${port}`]],
  })
  t.match(headers['content-type'], 'application/json')
  t.same(JSON.parse(body), {
    issuer: url,
    token_endpoint: `${url}/oauth/token`,
    device_authorization_endpoint: `${url}/oauth/device_authorization`,
    revocation_endpoint: `${url}/oauth/revoke`,
    response_types_supported: [],
    grant_types_supported: [GRANT],
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['none'],
    scopes_supported: ['usage:read', 'dashboard:read', 'metrics:read', 'requests:approve', 'admin'],
  })
})

t.test('an enrolment from the first request to the token', async (t) => {
  const { begin, poll, approve, clock, url, port } = await enrolling(t)
  const begun = await begin({ scope: 'usage:read dashboard:read', label: 'kitchen display' })
  t.match(begun, {
    device_code: /^[\w-]{43}$/,
    user_code: /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/,
    verification_uri: `${url}/approve`,
    verification_uri_complete: /\/approve\?link=[\w-]{43}$/,
    expires_in: 600,
    interval: 5,
  })
  t.match(await poll(begun['device_code']), { status: 400, json: { error: 'authorization_pending' } })
  t.match(await poll(begun['device_code']), { status: 400, json: { error: 'slow_down' } })
  approve(begun['user_code'])
  clock.ticks += 11_000
  const { status, json, headers } = await poll(begun['device_code'])
  t.equal(status, 200)
  t.equal(headers['cache-control'], 'no-store')
  t.match(json, {
    token_type: 'Bearer',
    scope: 'usage:read dashboard:read',
    access_token: /^tallyd_[\w-]{43}$/,
  })
  t.notHas(json, 'expires_in', 'it does not expire')
  const call = await ask(port, {
    method: 'POST',
    path: '/rpc',
    headers: [bearer(String(json['access_token']))],
    body: rpc('access.whoami'),
  })
  t.match(call.body, /"label":"kitchen display"/)
  clock.ticks += 11_000
  t.match(await poll(begun['device_code']), { status: 400, json: { error: 'invalid_grant' } }, 'once')
})

t.test('denied, expired, unknown, and of another client', async (t) => {
  const { begin, poll, access, clock } = await enrolling(t, { clients: ['display'] })
  const [denied, late, foreign] = [await begin(), await begin(), await begin({ client_id: 'display' })]
  access.deny({ code: String(denied['user_code']) }, OWNER)
  t.match(await poll(denied['device_code']), { status: 400, json: { error: 'access_denied' } })
  t.match(await poll(foreign['device_code']), { status: 400, json: { error: 'invalid_grant' } })
  t.match(await poll('A'.repeat(43)), { status: 400, json: { error: 'invalid_grant' } })
  clock.ticks += 601_000
  t.match(await poll(late['device_code']), { status: 400, json: { error: 'expired_token' } })
})

t.test('what is asked wrongly is said in the words of RFC 6749', async (t) => {
  const { post } = await enrolling(t)
  const wrong: readonly (readonly [
    what: string,
    path: string,
    body: string,
    error: string,
    headers?: readonly (readonly [string, string])[],
  ])[] = [
    ['no content type', 'token', `grant_type=${GRANT}`, 'invalid_request', []],
    ['JSON', 'token', '{"grant_type":"x"}', 'invalid_request', [['Content-Type', 'application/json']]],
    ['a content type that cannot be read', 'token', 'a=b', 'invalid_request', [['Content-Type', ';;;']]],
    ['no grant type', 'token', 'client_id=tallyctl', 'invalid_request'],
    ['an empty grant type', 'token', 'grant_type=&client_id=tallyctl', 'invalid_request'],
    ['another grant type', 'token', 'grant_type=password', 'unsupported_grant_type'],
    ['two grant types', 'token', `grant_type=${GRANT}&grant_type=${GRANT}`, 'invalid_request'],
    ['no code', 'token', `grant_type=${GRANT}&client_id=tallyctl`, 'invalid_request'],
    ['no client', 'token', `grant_type=${GRANT}&device_code=x`, 'invalid_request'],
    [
      'a code of 60 kB',
      'token',
      `grant_type=${GRANT}&client_id=tallyctl&device_code=${'x'.repeat(60_000)}`,
      'invalid_request',
    ],
    ['no client', 'device_authorization', 'scope=usage%3Aread', 'invalid_request'],
    ['a client that nobody allowed', 'device_authorization', 'client_id=mallory', 'invalid_client'],
    [
      'a scope that there is not',
      'device_authorization',
      'client_id=tallyctl&scope=everything',
      'invalid_scope',
    ],
    [
      'two spaces between scopes',
      'device_authorization',
      'client_id=tallyctl&scope=usage:read++admin',
      'invalid_scope',
    ],
    ['a long label', 'device_authorization', `client_id=tallyctl&label=${'x'.repeat(65)}`, 'invalid_request'],
    ['takeover=maybe', 'device_authorization', 'client_id=tallyctl&takeover=maybe', 'invalid_request'],
    [
      '100 parameters',
      'device_authorization',
      Array.from({ length: 100 }, (_, at) => `p${at}=1`).join('&'),
      'invalid_request',
    ],
    ['no token', 'revoke', 'token_type_hint=access_token', 'invalid_request'],
  ]
  for (const [what, path, body, error, headers] of wrong) {
    const { status, json } = await post(`/oauth/${path}`, body, headers ?? [FORM])
    t.match({ status, error: json['error'] }, { status: 400, error }, what)
    t.notMatch(JSON.stringify(json), /x{40}|mallory/, 'nothing is repeated')
  }
})

t.test('a megabyte is refused without being read', async (t) => {
  const { port } = await enrolling(t)
  const body = `grant_type=${GRANT}&client_id=tallyctl&device_code=${'x'.repeat(1_000_000)}`
  const { status, body: said } = await ask(port, {
    method: 'POST',
    path: '/oauth/token',
    headers: [FORM],
    body,
  })
  // What is still being sent when the refusal comes may reset the connection before it is read.
  t.ok(status === 413 || status === 0, String(status))
  if (status === 413) t.match(said, /invalid_request/)
  t.equal((await ask(port, { path: '/.well-known/oauth-authorization-server' })).status, 200)
})

t.test('a client with a secret is none of ours, and is told how it was heard', async (t) => {
  const { post } = await enrolling(t)
  const body = `grant_type=${GRANT}&client_id=tallyctl&device_code=x`
  const basic = await post('/oauth/token', body, [FORM, ['Authorization', 'Basic dGFsbHljdGw6']])
  t.match(basic, {
    status: 401,
    json: { error: 'invalid_client' },
    headers: { 'www-authenticate': /^Basic / },
  })
  t.match(await post('/oauth/token', `${body}&client_secret=y`), {
    status: 401,
    json: { error: 'invalid_client' },
  })
})

t.test('the eleventh new request of an hour waits, and is told how long', async (t) => {
  const { post, access, begin } = await enrolling(t)
  for (let at = 0; at < 10; at++) access.deny({ code: String((await begin())['user_code']) }, OWNER)
  const { status, headers, json } = await post('/oauth/device_authorization', { client_id: 'tallyctl' })
  t.equal(status, 429)
  t.ok(Number(headers['retry-after']) > 0 && Number(headers['retry-after']) <= 3_600, 'within the hour')
  t.equal(json['error'], 'temporarily_unavailable')
})

t.test('revoking: the token is gone, and one that nobody knows is as well', async (t) => {
  const { post, token, port } = await enrolling(t)
  const { secret } = await token('usage:read')
  const call = () =>
    ask(port, { method: 'POST', path: '/rpc', headers: [bearer(secret)], body: rpc('access.whoami') })
  t.equal((await call()).status, 200)
  t.match(await post('/oauth/revoke', { token: 'nobody' }), { status: 200, body: '' })
  t.match(await post('/oauth/revoke', { token: secret, token_type_hint: 'access_token' }), {
    status: 200,
    body: '',
  })
  t.match(await post('/oauth/revoke', { token: secret }), { status: 200, body: '' })
  t.equal((await call()).status, 401)
})
