// Tokens at the LAN listener: asked for with a certificate, they are bound to it, and open nothing with another one or without.
import t, { type Test } from 'tap'
import { CertificateClient } from '../../harness/certificate-client.ts'
import { type Device, devices, failureOf, freePort } from '../../harness/devices.ts'
import { madeIdentity } from '../../harness/stranger.ts'

/** One device whose two listeners are open. */
async function open(t: Test): Promise<{ device: Device; url: string }> {
  const port = await freePort()
  const [device] = (await devices(t, 1, { config: () => ({ web: { port } }) })) as [Device]
  await device.call('sharing.set', { mode: 'always' })
  return { device, url: `http://127.0.0.1:${port}` }
}

/** The token that it gets when the owner says yes. */
async function loggedIn(device: Device, client: CertificateClient, member = 'ann'): Promise<string> {
  const begun = await client.begin()
  t.equal(begun.status, 200, JSON.stringify(begun.body))
  await device.call('requests.approve', { code: String(begun.body['user_code']), newMember: member })
  const { status, body } = await client.poll(begun.body['device_code'])
  t.equal(status, 200, JSON.stringify(body))
  return String(body['access_token'])
}

t.test('a token is bound to the certificate that asked for it', async (t) => {
  const { device, url } = await open(t)
  const client = new CertificateClient(device, madeIdentity())
  const begun = await client.begin()
  t.match(begun.body, {
    verification_uri: `${url}/approve`,
    user_code: /^[A-Z]{4}-[A-Z]{4}$/,
    expires_in: 600,
  })
  t.equal(begun.headers['cache-control'], 'no-store')
  const { requests } = await device.call('requests.list')
  t.match(requests, [{ from: { id: client.identity.fingerprint, name: 'studio', address: '127.0.0.1' } }])

  const other = new CertificateClient(device, madeIdentity())
  await device.call('requests.approve', { code: String(begun.body['user_code']), newMember: 'ann' })
  t.match(await other.poll(begun.body['device_code']), { status: 400, body: { error: 'invalid_grant' } })
  const { body } = await client.poll(begun.body['device_code'])
  t.match(body, { access_token: /^tallyd_/, member: 'ann', scope: 'usage:read' })
  const token = body['access_token']

  const you = { asker: 'token', member: 'ann', claimedBy: 'ann', scopes: ['usage:read'] }
  t.match(await client.rpc('access.whoami', token), { status: 200, body: { result: { you } } })
  t.match(await client.rpc('usage.summary', token, { range: 'all' }), { body: { result: { total: {} } } })
  t.match(await client.rpc('members.list', token), { body: { error: { message: /may not call/ } } })

  t.match(await other.rpc('access.whoami', token), { status: 401 }, 'with another certificate')
  const web = await fetch(`${url}/rpc`, {
    method: 'POST',
    headers: { authorization: `Bearer ${String(token)}`, 'content-type': 'application/json' },
    body: '{"jsonrpc":"2.0","id":1,"method":"access.whoami"}',
  })
  t.equal(web.status, 401, 'without a certificate')
  await web.text()
})

t.test('it is given back by who has the certificate, and by nobody else', async (t) => {
  const { device } = await open(t)
  const client = new CertificateClient(device, madeIdentity())
  const token = await loggedIn(device, client)
  const other = new CertificateClient(device, madeIdentity())
  // RFC 7009 §2.2: what is not its own is told apart by nobody.
  t.equal((await other.form('/oauth/revoke', { token })).status, 200)
  t.equal((await client.rpc('access.whoami', token)).status, 200)
  t.equal((await client.form('/oauth/revoke', { token })).status, 200)
  t.match(await client.rpc('access.whoami', token), {
    status: 401,
    headers: { 'www-authenticate': /error="invalid_token"/ },
  })
  t.match((await device.call('tokens.list')).tokens, [])
})

t.test('one that is bound to nothing, and none, open nothing there', async (t) => {
  const { device } = await open(t)
  const client = new CertificateClient(device, madeIdentity())
  const { token } = await device.call('tokens.create', { member: 'kitchen', scopes: ['admin'] })
  t.equal((await client.rpc('access.whoami', token.secret)).status, 401)
  t.match((await device.call('tokens.list')).tokens, [{ lastUsedAt: null }], 'nor does that count as a use')
  t.match(await client.rpc('access.whoami', null), {
    status: 401,
    headers: { 'www-authenticate': 'Bearer realm="tallyd"' },
  })
})

t.test('a device is claimed by one member until the owner says otherwise', async (t) => {
  const { device } = await open(t)
  const client = new CertificateClient(device, madeIdentity())
  const token = await loggedIn(device, client)
  const second = await client.begin()
  const code = String(second.body['user_code'])
  t.equal(
    await failureOf(device.call('requests.approve', { code, newMember: 'bob' })),
    'claimedByOther',
    'another member, without takeover',
  )
  t.match(await client.poll(second.body['device_code']), { body: { error: 'claimed_by_other' } })
  t.equal((await client.rpc('access.whoami', token)).status, 200, 'the claim of before holds')

  const third = await client.begin({ takeover: 'true' })
  const taken = String(third.body['user_code'])
  await device.call('requests.approve', { code: taken, newMember: 'bob' })
  const { body } = await client.poll(third.body['device_code'])
  t.equal((await client.rpc('access.whoami', token)).status, 401, 'the claim of before is over')
  t.match(await client.rpc('access.whoami', body['access_token']), {
    body: { result: { you: { claimedBy: 'bob' } } },
  })
  const { tokens } = await device.call('tokens.list')
  t.match(tokens, [{ member: 'bob', origin: 'login', device: client.identity.fingerprint }])
  const { entries } = await device.call('audit.list', { limit: 100 })
  t.ok(entries.some(({ what }) => what === 'claimRefused'))
})

t.test('the web listener tells where that is, as long as it is', async (t) => {
  const { device, url } = await open(t)
  const told = async () =>
    (await (await fetch(`${url}/.well-known/oauth-authorization-server`)).json()) as Record<string, unknown>
  const base = `https://127.0.0.1:${device.port}`
  t.match(await told(), {
    issuer: url,
    token_endpoint: `${url}/oauth/token`,
    tls_client_certificate_bound_access_tokens: true,
    mtls_endpoint_aliases: {
      token_endpoint: `${base}/oauth/token`,
      revocation_endpoint: `${base}/oauth/revoke`,
      device_authorization_endpoint: `${base}/oauth/device_authorization`,
    },
    tallyd_device: await device.id(),
  })
  await device.call('sharing.set', { mode: 'off' })
  const closed = await told()
  t.equal(closed['issuer'], url)
  t.notOk('mtls_endpoint_aliases' in closed || 'tallyd_device' in closed)
})

t.test('what a stranger sends is bounded, and answered as OAuth has it', async (t) => {
  const { device } = await open(t)
  const client = new CertificateClient(device, madeIdentity())
  t.match(await client.begin({ label: 'x'.repeat(8_000) }), {
    status: 413,
    body: { error: 'invalid_request' },
  })
  t.match(await client.begin({ client_id: 'somebody' }), { status: 400, body: { error: 'invalid_client' } })
  t.match(await client.begin({ scope: 'everything' }), { status: 400, body: { error: 'invalid_scope' } })
  t.match(await client.post('/oauth/token', '{}', { 'content-type': 'application/json' }), {
    status: 400,
    body: { error: 'invalid_request' },
  })
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://example.com' }
  t.equal((await client.post('/oauth/device_authorization', 'client_id=tallyctl', headers)).status, 403)
  t.equal((await client.post('/v1/rpc', 'x'.repeat(100_000))).status, 401, 'its call is not read')
  for (let count = 0; count < 5; count++) await new CertificateClient(device, madeIdentity()).begin()
  const late = await client.begin()
  t.match(late, { status: 429, body: { error: 'temporarily_unavailable' } })
  t.ok(Number(late.headers['retry-after']) > 0)
})
