// GET /metrics: who may scrape, and what odd questions get.
import { request } from 'node:http'
import t from 'tap'
import { served } from './served.ts'
import { ask, bearer, webServed } from './web-served.ts'

const OPEN = ['Accept', 'application/openmetrics-text;version=1.0.0,*/*;q=0.1'] as const

t.test('a token with metrics:read, one with admin, and a session scrape', async (t) => {
  const { port, token, session } = await webServed(t)
  const secrets = [(await token('metrics:read')).secret, (await token('admin')).secret, await session()]
  for (const secret of secrets) {
    const { status, headers, body } = await ask(port, { path: '/metrics', headers: [bearer(secret)] })
    t.equal(status, 200)
    t.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
    t.equal(headers['vary'], 'accept')
    t.equal(headers['cache-control'], 'no-store')
    t.equal(body, '# classic\n')
  }
})

t.test('without a valid credential 401, without the scope 403, and both say how', async (t) => {
  const { port, token, tokens } = await webServed(t)
  const scrape = (...headers: (readonly [string, string])[]) => ask(port, { path: '/metrics', headers })
  t.match(await scrape(), { status: 401, headers: { 'www-authenticate': 'Bearer realm="tallyd"' } })
  t.match(await scrape(bearer(`tallyd_${'A'.repeat(43)}`)), {
    status: 401,
    headers: { 'www-authenticate': /error="invalid_token"/ },
  })
  for (const scope of ['usage:read', 'dashboard:read', 'requests:approve'] as const) {
    const { status, headers, body } = await scrape(bearer((await token(scope)).secret))
    t.equal(status, 403, scope)
    t.match(headers['www-authenticate'], /error="insufficient_scope", scope="metrics:read"/)
    t.match(JSON.parse(body), { error: { code: -32002, message: /metrics:read/ } })
  }
  const { id, secret } = await token('metrics:read')
  t.equal((await scrape(bearer(secret))).status, 200)
  await tokens.revoke(id, { by: 'owner', force: true })
  t.equal((await scrape(bearer(secret))).status, 401, 'a token that was revoked')
})

t.test('a token in the address is none, and a query changes nothing', async (t) => {
  const { port, token } = await webServed(t)
  const { secret } = await token('metrics:read')
  for (const query of [`token=${secret}`, `access_token=${secret}`, `Authorization=Bearer%20${secret}`]) {
    t.equal((await ask(port, { path: `/metrics?${query}` })).status, 401)
  }
  const path = '/metrics?name[]=up&format=openmetrics&a=%00'
  const { status, body } = await ask(port, { path, headers: [bearer(secret)] })
  t.equal(status, 200)
  t.equal(body, '# classic\n')
})

t.test('the format is the one that is asked for; what is unknown gets classic text', async (t) => {
  const { port, token } = await webServed(t)
  const { secret } = await token('metrics:read')
  const open = await ask(port, { path: '/metrics', headers: [bearer(secret), OPEN] })
  t.equal(open.headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8')
  t.equal(open.body, '# openmetrics\n')
  for (const accept of ['application/json', 'nonsense', ';q=', '*/*;q=0']) {
    const { status, body } = await ask(port, {
      path: '/metrics',
      headers: [bearer(secret), ['Accept', accept]],
    })
    t.same([status, body], [200, '# classic\n'], accept)
  }
})

t.test('HEAD has the same head and no body; nothing else is answered', async (t) => {
  const { port, token } = await webServed(t)
  const { secret } = await token('metrics:read')
  const head = await ask(port, { method: 'HEAD', path: '/metrics', headers: [bearer(secret)] })
  t.match(head, { status: 200, body: '', headers: { 'content-length': '10' } })
  t.equal((await ask(port, { method: 'HEAD', path: '/metrics' })).status, 401)
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    t.equal((await ask(port, { method, path: '/metrics', headers: [bearer(secret)] })).status, 404, method)
  }
  for (const path of ['/metrics/', '/metrics/x', '/Metrics']) {
    t.equal((await ask(port, { path, headers: [bearer(secret)] })).status, 404, path)
  }
})

t.test('on the control socket the owner scrapes', async (t) => {
  const { path } = await served(t)
  const get = (headers: Record<string, string>) =>
    new Promise<{ status: number; type: string; body: string }>((resolve, reject) => {
      const asked = request({ socketPath: path, path: '/metrics', headers, agent: false }, (answer) => {
        let body = ''
        answer.setEncoding('utf8').on('data', (text: string) => {
          body += text
        })
        const type = answer.headers['content-type'] ?? ''
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, type, body }))
      })
      asked.on('error', reject)
      asked.end()
    })
  t.match(await get({ host: 'tallyd' }), { status: 200, type: /^text\/plain/, body: '# classic\n' })
  t.match(await get({ host: 'tallyd', accept: OPEN[1] }), { type: /^application\/openmetrics/ })
  t.equal((await get({ host: 'tallyd', origin: 'http://tallyd' })).status, 403)
  t.equal((await get({ host: 'evil.example' })).status, 403)
})
