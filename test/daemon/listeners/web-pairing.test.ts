// The two routes by which a display with a few keys gets its token: closed unless the owner opened them, and no more open than that.
import t from 'tap'
import { ask, bearer, webServed } from './web-served.ts'

const PATH = '/dashboard/v1/pairing'
const WISH = { member: 'kitchen', identity: 'redacted', expiresIn: undefined, by: 'owner' } as const

async function opened(t: Parameters<typeof webServed>[0]) {
  const served = await webServed(t)
  const claim = (body: unknown, headers: [string, string][] = []) =>
    ask(served.port, {
      method: 'POST',
      path: `${PATH}/claim`,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: [['Content-Type', 'application/json'], ...headers],
    })
  return { ...served, claim, show: () => ask(served.port, { path: PATH }) }
}

t.test('without an open window there is nothing', async (t) => {
  const { claim, show } = await opened(t)
  t.match(await show(), { status: 404, body: /no display is awaited/ })
  t.match(await claim({ pairingId: 'x', code: '000000' }), { status: 404 })
})

t.test('an open window says how long the code is, and nothing of whose it is', async (t) => {
  const { displays, show, token } = await opened(t)
  const { pairing, code } = displays.open(WISH)
  const { status, body } = await show()
  t.equal(status, 200)
  t.strictSame(JSON.parse(body), {
    schemaVersion: 1,
    service: 'tallyd',
    pairingId: pairing.id,
    auth: { type: 'code', codeLength: 6, expiresInSeconds: 300 },
  })
  t.notMatch(body, code)
  t.notMatch(body, 'kitchen')
  t.equal((await token('dashboard:read')).scopes.length, 1, 'other tokens are made meanwhile')
})

t.test('the code buys the endpoint and a token that works, once; then both routes are gone', async (t) => {
  const { displays, claim, show, url, port } = await opened(t)
  const { pairing, code } = displays.open(WISH)
  const spaced = `${code.slice(0, 3)} ${code.slice(3)}`
  const { status, body } = await claim({ pairingId: pairing.id, code: spaced })
  t.equal(status, 200)
  const claimed = JSON.parse(body)
  t.strictSame(Object.keys(claimed), ['schemaVersion', 'endpoint', 'token'])
  t.match(claimed, {
    schemaVersion: 1,
    endpoint: `${url}/dashboard/v1/snapshot`,
    token: /^tallyd_[\w-]{43}$/,
  })
  const snapshot = await ask(port, { path: '/dashboard/v1/snapshot', headers: [bearer(claimed.token)] })
  t.equal(snapshot.status, 200)
  const rpc = await ask(port, {
    method: 'POST',
    path: '/rpc',
    headers: [bearer(claimed.token)],
    body: '{"jsonrpc":"2.0","id":1,"method":"usage.summary"}',
  })
  t.equal(JSON.parse(rpc.body).error.code, -32002, 'notAllowed')
  t.equal((await show()).status, 404)
  t.equal((await claim({ pairingId: pairing.id, code })).status, 404)
})

t.test('wrong codes are 401, told to the owner, and five of them close it', async (t) => {
  const { displays, claim, show, recorded } = await opened(t)
  const { pairing, code } = displays.open(WISH)
  const wrong = code === '123456' ? '654321' : '123456'
  for (let at = 1; at <= 5; at++) {
    const reply = await claim({ pairingId: pairing.id, code: wrong })
    t.match(reply, { status: 401, body: '{"error":"invalid pairing code"}' })
    t.equal(displays.show()?.rejected, at)
  }
  t.equal((await claim({ pairingId: pairing.id, code })).status, 404)
  t.equal((await show()).status, 404)
  t.equal(recorded.filter(({ what }) => what === 'displayRefused').length, 5)
})

t.test('what is no claim is 400 and not counted; a code in the address is no claim', async (t) => {
  const { displays, claim, port } = await opened(t)
  const { pairing, code } = displays.open(WISH)
  const bad = [
    '',
    '{',
    'null',
    '[]',
    '5',
    { pairingId: pairing.id },
    { pairingId: pairing.id, code: 123456 },
    { pairingId: {}, code },
  ]
  for (const body of [...bad, { pairingId: pairing.id, code: '1'.repeat(65) }])
    t.equal((await claim(body)).status, 400)
  const inAddress = await ask(port, {
    method: 'POST',
    path: `${PATH}/claim?pairingId=${pairing.id}&code=${code}`,
  })
  t.equal(inAddress.status, 400)
  t.notMatch(inAddress.body, code)
  t.equal((await claim({ pairingId: 'another', code })).status, 404)
  t.equal(displays.show()?.rejected, 0)
})

t.test('a page on another origin can neither look nor claim', async (t) => {
  const { displays, claim, port } = await opened(t)
  const { pairing, code } = displays.open(WISH)
  const evil: [string, string] = ['Origin', 'http://evil.example']
  t.equal((await claim({ pairingId: pairing.id, code }, [evil])).status, 403)
  t.equal((await ask(port, { path: PATH, headers: [evil] })).status, 403)
  t.equal(displays.show()?.state, 'waiting')
})
