// Who is turned away before anything is read: other hosts, other origins, and whatever is dressed up as ours.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ask, bearer, rpc, webServed } from './web-served.ts'

/** Every route, with a method that it has. */
const ROUTES = [
  ['GET', '/'],
  ['GET', '/approve'],
  ['GET', '/assets/page.js'],
  ['GET', '/.well-known/oauth-authorization-server'],
  ['POST', '/oauth/device_authorization'],
  ['POST', '/oauth/token'],
  ['POST', '/oauth/revoke'],
  ['POST', '/launch'],
  ['POST', '/rpc'],
  ['GET', '/rpc'],
  ['OPTIONS', '/rpc'],
  ['GET', '/nothing'],
] as const

const SECRET = 'the page is here'

async function open(t: Parameters<typeof webServed>[0]) {
  const served = await webServed(t)
  mkdirSync(join(served.home, 'page', 'assets'), { recursive: true })
  writeFileSync(join(served.home, 'page', 'index.html'), SECRET)
  writeFileSync(join(served.home, 'page', 'assets', 'page.js'), SECRET)
  const { secret } = await served.token('usage:read')
  return { ...served, secret }
}

t.test('a host, an origin or a referer that is not ours gets 403 and no data, on every route', async (t) => {
  const { port, secret } = await open(t)
  const own = `127.0.0.1:${port}`
  const others: Record<string, readonly (readonly [string, string])[]> = {
    'another host': [['Host', `evil.example:${port}`]],
    'a rebound host': [['Host', `127.0.0.1.evil.example:${port}`]],
    'our host on another port': [['Host', '127.0.0.1:80']],
    'our host without a port': [['Host', '127.0.0.1']],
    'an empty host': [['Host', '']],
    'two hosts': [
      ['Host', own],
      ['Host', 'evil.example'],
    ],
    'two hosts that are ours': [
      ['Host', own],
      ['Host', own],
    ],
    'a host with a user': [['Host', `evil@${own}`]],
    'a page on another port': [['Origin', `http://127.0.0.1:${port + 1}`]],
    'a page on the default port': [['Origin', 'http://127.0.0.1']],
    'a page of another scheme': [['Origin', `https://${own}`]],
    'a page of another host': [['Origin', `http://evil.example:${port}`]],
    'localhost to 127.0.0.1': [['Origin', `http://localhost:${port}`]],
    'a sandboxed page': [['Origin', 'null']],
    'an empty origin': [['Origin', '']],
    'two origins, ours first': [
      ['Origin', `http://${own}`],
      ['Origin', 'http://evil.example'],
    ],
    'an origin that begins like ours': [['Origin', `http://${own}.evil.example`]],
    'a foreign referer': [['Referer', 'http://evil.example/']],
    'a referer with our address in its path': [['Referer', `http://evil.example/http://${own}/`]],
    'a referer that begins like ours': [['Referer', `http://${own}.evil.example/`]],
    'a referer with our address as its user': [['Referer', `http://${own}@evil.example/`]],
    'another port, by Sec-Fetch-Site': [['Sec-Fetch-Site', 'same-site']],
    'another site, by Sec-Fetch-Site': [['Sec-Fetch-Site', 'cross-site']],
  }
  for (const [what, headers] of Object.entries(others)) {
    for (const [method, path] of ROUTES) {
      const reply = await ask(port, {
        method,
        path,
        headers: [...headers, bearer(secret)],
        body: method === 'POST' ? rpc('access.whoami') : '',
      })
      if (reply.status !== 403 || /page is here|member|issuer/.test(reply.body)) {
        t.fail(`${what} at ${method} ${path}: ${reply.status} ${reply.body}`)
      }
      if (reply.headers['access-control-allow-origin'] !== undefined) t.fail('CORS')
    }
    t.pass(what)
  }
})

t.test('neither does a request in absolute form', async (t) => {
  const { port, secret } = await open(t)
  for (const path of [`http://127.0.0.1:${port}/rpc`, 'http://evil.example/rpc', 'rpc', '*']) {
    const { status, body } = await ask(port, {
      method: 'POST',
      path,
      headers: [bearer(secret)],
      body: rpc('access.whoami'),
    })
    t.ok([400, 403, 404].includes(status), `${path}: ${status}`)
    t.notMatch(body, /member/)
  }
})

t.test('our own page gets through, under each of our names', async (t) => {
  const { port, secret } = await open(t)
  for (const host of ['127.0.0.1', 'localhost', 'LocalHost', '[::1]']) {
    const own = `http://${host.toLowerCase()}:${port}`
    const { status, body } = await ask(port, {
      method: 'POST',
      path: '/rpc',
      headers: [
        ['Host', `${host}:${port}`],
        ['Origin', own],
        ['Referer', `${own}/approve`],
        ['Sec-Fetch-Site', 'same-origin'],
        bearer(secret),
      ],
      body: rpc('access.whoami'),
    })
    t.equal(status, 200, host)
    t.match(body, /"member":"ann"/)
  }
})

t.test('a file leads a browser to the page, but into nothing else', async (t) => {
  const { port } = await open(t)
  const visit = [
    ['Sec-Fetch-Site', 'cross-site'],
    ['Sec-Fetch-Mode', 'navigate'],
  ] as const
  t.match(await ask(port, { headers: visit }), { status: 200, body: SECRET })
  t.match(await ask(port, { path: '/approve?link=x', headers: visit }), { status: 200, body: SECRET })
  t.equal((await ask(port, { path: '/assets/page.js', headers: visit })).status, 403)
  t.equal((await ask(port, { path: '/.well-known/oauth-authorization-server', headers: visit })).status, 403)
  t.equal((await ask(port, { path: '/', headers: [...visit, ['Origin', 'null']] })).status, 403)
})

t.test('every answer carries the headers, refusals and broken addresses too', async (t) => {
  const { port, secret } = await open(t)
  const paths = [...ROUTES, ['GET', '/%E0%A4%A'] as const]
  for (const [method, path] of paths) {
    for (const headers of [[], [bearer(secret)], [['Origin', 'null'] as const]]) {
      const reply = await ask(port, { method, path, headers, body: method === 'POST' ? 'x' : '' })
      const what = `${method} ${path}`
      t.match(
        reply.headers['content-security-policy'] ?? '',
        /default-src 'none'.*frame-ancestors 'none'/,
        what,
      )
      t.match(reply.headers, {
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      })
      t.notOk(reply.headers['access-control-allow-origin'])
      t.notOk(reply.headers['set-cookie'])
    }
  }
})

t.test('nothing outside the page is read', async (t) => {
  const { port, home } = await open(t)
  writeFileSync(join(home, 'secret.js'), 'not for you')
  for (const path of [
    '/assets/../../secret.js',
    '/assets/..%2f..%2fsecret.js',
    '/assets/%2e%2e/%2e%2e/secret.js',
    '/assets//etc/passwd',
    '/assets/page.js%00',
    '/index.html',
  ]) {
    const { status, body } = await ask(port, { path })
    t.ok([400, 404].includes(status), `${path}: ${status}`)
    t.notMatch(body, /not for you|root:/)
  }
})
