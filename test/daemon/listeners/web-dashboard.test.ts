// GET /dashboard/v1/snapshot: who gets it, what stands in it, and that nothing of anybody stands in any answer below `full`.
import t from 'tap'
import { CANARY } from '../views/snapshot-made.ts'
import { ask, bearer, type Question, webServed } from './web-served.ts'

const PATH = '/dashboard/v1/snapshot'

t.test('a token with dashboard:read gets it, and none without', async (t) => {
  const { port, token, session, tokens, recorded } = await webServed(t)
  const get = (secret: string) => ask(port, { path: PATH, headers: [bearer(secret)] })
  const { id, secret } = await token('dashboard:read')
  const reply = await get(secret)
  t.match(reply, {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  })
  t.match(JSON.parse(reply.body), {
    schemaVersion: 1,
    staleAfterSeconds: 180,
    host: { codexBarVersion: '1.2.3', refreshIntervalSeconds: 60 },
    providers: [
      { id: 'claude', status: null, credits: null, cost: { todayUSD: 11.2, last30DaysUSD: 201.15 } },
      { id: 'codex' },
    ],
    sessions: { startedToday: 9, active: 2 },
  })
  t.equal((await get((await token('admin')).secret)).status, 200)
  t.equal((await get(await session())).status, 200)
  const narrow = await get((await token('usage:read', 'metrics:read')).secret)
  t.match(narrow, {
    status: 403,
    body: '{"error":"this token may not read the snapshot","next":"it needs dashboard:read"}',
  })
  const nobody = await ask(port, { path: PATH })
  t.match(nobody, { status: 401, headers: { 'www-authenticate': 'Bearer realm="tallyd"' } })
  t.equal(JSON.parse(nobody.body).error, 'unauthorized')
  await tokens.revoke(id, { by: 'owner', force: false })
  t.match(await get(secret), {
    status: 401,
    headers: { 'www-authenticate': 'Bearer realm="tallyd", error="invalid_token"', connection: 'close' },
  })
  t.match(recorded.filter(({ what }) => what === 'tokenRefused').length, 2, 'who is turned away is recorded')
})

t.test('what means the same is not sent again', async (t) => {
  const { port, token } = await webServed(t)
  const { secret } = await token('dashboard:read')
  const get = (...headers: [string, string][]) =>
    ask(port, { path: PATH, headers: [bearer(secret), ...headers] })
  const { headers } = await get()
  const etag = headers['etag'] ?? ''
  for (const known of [etag, etag.slice(2), `"other", ${etag}`, '*']) {
    const reply = await get(['If-None-Match', known])
    t.match({ ...reply, etag: reply.headers['etag'] }, { status: 304, body: '', etag }, known)
  }
  t.equal((await get(['If-None-Match', '"other"'])).status, 200)
})

t.test('a request lowers the mode of its token and never raises it', async (t) => {
  const { port, display } = await webServed(t)
  const emails = async (secret: string, query: string) => {
    const { body } = await ask(port, { path: `${PATH}${query}`, headers: [bearer(secret)] })
    return JSON.parse(body).providers.map(
      ({ identity }: { identity: { accountEmail: string } | null }) => identity?.accountEmail ?? null,
    )
  }
  const redacted = ['redacted@redacted.invalid', 'redacted@gmail.com']
  const [full, usual, none] = [await display('full'), await display('redacted'), await display('none')]
  t.strictSame(await emails(full.secret, ''), [`${CANARY}@${CANARY}.example`, `${CANARY}@gmail.com`])
  t.strictSame(await emails(full.secret, '?identity=redacted'), redacted)
  t.strictSame(await emails(usual.secret, ''), redacted)
  t.strictSame(await emails(usual.secret, '?identity=full'), redacted)
  t.strictSame(await emails(usual.secret, '?identity=none'), [null, null])
  t.strictSame(await emails(none.secret, '?identity=full'), [null, null])
})

t.test('below full nobody stands in any answer, errors included', async (t) => {
  const { port, display } = await webServed(t)
  const { secret } = await display('redacted')
  const questions: Question[] = [
    {},
    { path: `${PATH}?identity=full` },
    { path: `${PATH}?view=mini` },
    { path: `${PATH}?view=${CANARY.slice(1)}` },
    { path: `${PATH}?${CANARY.slice(1)}` },
    { path: `${PATH}/${CANARY.slice(1)}` },
    { path: `${PATH}?identity=full&identity=full` },
    { method: 'POST', body: '{}' },
    { headers: [] },
    { headers: [bearer('tallyd_wrong')] },
  ]
  for (const question of questions) {
    const reply = await ask(port, { path: PATH, headers: [bearer(secret)], ...question })
    t.notMatch(JSON.stringify(reply), CANARY, JSON.stringify(question))
  }
})

t.test('who comes under another name is refused in the shape that displays know', async (t) => {
  const { port, display } = await webServed(t)
  const { secret } = await display('redacted')
  for (const path of [PATH, '/dashboard/v1/pairing']) {
    const reply = await ask(port, { path, headers: [['Host', 'other.example'], bearer(secret)] })
    t.equal(reply.status, 403, path)
    t.match(
      JSON.parse(reply.body),
      { error: 'not allowed: Host is none of ours', next: /displays add/ },
      path,
    )
  }
  const other = await ask(port, { path: '/metrics', headers: [['Host', 'other.example'], bearer(secret)] })
  t.match(JSON.parse(other.body), { jsonrpc: '2.0', error: {} }, 'elsewhere it is as before')
})

t.test('what is asked wrongly is answered with what is known, and never repeated', async (t) => {
  const { port, token } = await webServed(t)
  const { secret } = await token('dashboard:read')
  const get = (query: string) => ask(port, { path: `${PATH}?${query}`, headers: [bearer(secret)] })
  t.match(await get('view=maxi'), { status: 400, body: '{"error":"the views are full and mini"}' })
  t.match(await get('identity=all'), {
    status: 400,
    body: '{"error":"the identity modes are none, redacted, full"}',
  })
  t.match(await get('view=mini&view=mini'), { status: 400, body: /view stands there more than once/ })
  const leaked = await get(`token=${secret}`)
  t.match(leaked, { status: 400, body: /a token goes into the Authorization header/ })
  t.notMatch(leaked.body, secret)
  const mini = await get('view=mini')
  t.ok(Buffer.byteLength(mini.body) <= 1000)
  t.match(JSON.parse(mini.body), {
    schemaVersion: 1,
    todayUSD: 18.42,
    claude_session_used: 28.5,
    nextPollSeconds: 60,
  })
})
