// web.plainHttp: the snapshot and nothing else, unencrypted, to tokens that can do nothing else.
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import t from 'tap'
import { freePort } from '../../harness/devices.ts'
import { CANARY } from '../views/snapshot-made.ts'
import { ask, bearer, rpc, webServed } from './web-served.ts'

const PATH = '/dashboard/v1/snapshot'

async function plain(t: Parameters<typeof webServed>[0]) {
  const plainHttpPort = await freePort()
  return { ...(await webServed(t, { plainHttp: true, plainHttpPort })), plainHttpPort }
}

t.test('it is closed unless the config asks for it', async (t) => {
  const { listener } = await webServed(t)
  t.match(listener.state(), { plainHttp: false, plainHttpPort: null })
})

t.test('the snapshot is there, and nothing else', async (t) => {
  const { plainHttpPort: port, display, session, listener } = await plain(t)
  t.match(listener.state(), { plainHttp: true, plainHttpPort: port, problem: null })
  const { secret } = await display('redacted')
  const host = ['Host', `127.0.0.1:${port}`] as const
  const get = (path: string, method = 'GET', body = '') =>
    ask(port, { path, method, body, headers: [host, bearer(secret)] })
  t.equal((await get(PATH)).status, 200)
  const others = [
    '/',
    '/approve',
    '/rpc',
    '/metrics',
    '/dashboard/v1/pairing',
    '/.well-known/oauth-authorization-server',
  ]
  for (const path of others) t.equal((await get(path)).status, 404, path)
  t.equal((await get('/rpc', 'POST', rpc('daemon.hello'))).status, 404)
  t.equal((await get('/oauth/token', 'POST', 'grant_type=x')).status, 404)
  const launched = await ask(port, { path: PATH, headers: [host, bearer(await session())] })
  t.equal(launched.status, 401, 'sessions belong to the browser of this machine')
})

t.test('a token that can do more was shown to the whole network: it is refused and recorded', async (t) => {
  const { plainHttpPort: port, token, tokens, recorded, incidents } = await plain(t)
  for (const scopes of [['admin'], ['dashboard:read', 'usage:read']] as const) {
    const { secret } = await token(...scopes)
    const reply = await ask(port, { path: PATH, headers: [bearer(secret)] })
    t.match(
      reply,
      { status: 401, body: /a token that may read the snapshot and nothing else/ },
      scopes.join(' '),
    )
  }
  t.ok(recorded.some(({ what }) => what === 'tokenRefused'))
  const [first, second] = incidents.list()
  t.match(first, {
    code: 'tokenShownUnencrypted',
    says: /the token "ann" of ann was shown to the whole network/,
    next: `revoke it: tallyctl tokens revoke ${first?.subject}`,
  })
  await tokens.revoke(first?.subject ?? '', { by: 'owner', force: true })
  t.same(
    incidents.list().map(({ subject }) => subject),
    [second?.subject],
    'what was revoked is told no more',
  )
})

t.test('whoever a token is for, no mail address is shown unencrypted', async (t) => {
  const { plainHttpPort: port, display } = await plain(t)
  const { secret } = await display('full')
  const { status, body } = await ask(port, { path: PATH, headers: [bearer(secret)] })
  t.equal(status, 200)
  t.notMatch(body, CANARY)
})

t.test('it answers to the addresses of this machine and to no other name', async (t) => {
  const { plainHttpPort: port, display } = await plain(t)
  const { secret } = await display('none')
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  const own = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1'
  const get = (host: string) => ask(port, { path: PATH, headers: [['Host', host], bearer(secret)] })
  t.equal((await get(`${own}:${port}`)).status, 200)
  t.equal((await get(`evil.example:${port}`)).status, 403)
})

t.test('a taken port is a problem that is told, and the rest goes on', async (t) => {
  const plainHttpPort = await freePort()
  const squatter = createServer()
  await new Promise<void>((resolve) => squatter.listen(plainHttpPort, '0.0.0.0', resolve))
  t.teardown(() => squatter.close())
  const { listener, port, token } = await webServed(t, { plainHttp: true, plainHttpPort })
  t.match(listener.state(), { plainHttp: false, problem: /web\.plainHttp/ })
  t.match(listener.checks(), [{ level: 'broken', next: /web\.plainHttpPort/ }])
  const { secret } = await token('dashboard:read')
  t.equal((await ask(port, { path: PATH, headers: [bearer(secret)] })).status, 200)
})

t.test('who shows a token is counted here as well: anybody on the network can read it', async (t) => {
  const { plainHttpPort: port, display } = await plain(t)
  const { secret } = await display('none')
  const get = () => ask(port, { path: PATH, headers: [bearer(secret)] })
  let refused = 0
  for (let n = 0; n < 610; n++) if ((await get()).status === 429) refused++
  t.equal(refused, 10)
})

t.test('where the web listener is off it stays closed, and doctor says so', async (t) => {
  const { listener } = await webServed(t, { mode: 'off', plainHttp: true, plainHttpPort: await freePort() })
  t.match(listener.state(), { url: null, plainHttp: false })
  t.match(listener.checks(), [{ level: 'warning', says: /web\.plainHttp, which needs it/ }])
})
