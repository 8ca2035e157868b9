// Who shows a token or a session gets what it may; who shows nothing gets nothing; and what ended opens nothing, at once.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { until } from '../../harness/daemon.ts'
import { PAIRING_REQUEST } from '../../harness/requests.ts'
import { ask, bearer, rpc, secretIn, webServed } from './web-served.ts'

interface Line {
  readonly socket: WebSocket
  readonly heard: Record<string, unknown>[]
  readonly closed: Promise<number>
}

async function line(t: Test, port: number, first?: string): Promise<Line> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`)
  t.teardown(() => socket.terminate())
  const heard: Record<string, unknown>[] = []
  socket.on('message', (data) => heard.push(JSON.parse(String(data))))
  socket.on('error', () => undefined)
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await new Promise((resolve) => socket.once('open', resolve))
  if (first !== undefined) socket.send(JSON.stringify({ authorization: `Bearer ${first}` }))
  return { socket, heard, closed }
}

const subscribe = (event: string, id = 1) =>
  JSON.stringify({ jsonrpc: '2.0', id, method: 'events.subscribe', params: { event } })

t.test('without a valid credential a call is 401, and is told how', async (t) => {
  const { port, recorded } = await webServed(t)
  const call = (headers: readonly (readonly [string, string])[]) =>
    ask(port, { method: 'POST', path: '/rpc', headers, body: rpc('access.whoami') })
  const none = await call([])
  t.match(none, { status: 401, headers: { 'www-authenticate': 'Bearer realm="tallyd"' } })
  for (const wrong of ['tallyd_EXAMPLE', `tallyd_${'A'.repeat(43)}`, `tallyds_${'A'.repeat(43)}`]) {
    const { status, headers, body } = await call([bearer(wrong)])
    t.equal(status, 401)
    t.equal(headers['www-authenticate'], 'Bearer realm="tallyd", error="invalid_token"')
    t.notMatch(body, wrong)
  }
  t.equal((await call([['Authorization', 'Basic YTpi']])).status, 401)
  const two = await call([bearer(`tallyd_${'A'.repeat(43)}`), bearer(`tallyd_${'B'.repeat(43)}`)])
  t.equal(two.status, 403, 'two credentials are none')
  t.ok(recorded.some(({ what, address }) => what === 'tokenRefused' && address === '127.0.0.1'))
})

t.test('a token calls what its scopes allow, and never what is the owner alone', async (t) => {
  const { port, token } = await webServed(t)
  const { secret } = await token('usage:read')
  const call = async (method: string, params = {}) =>
    (await ask(port, { method: 'POST', path: '/rpc', headers: [bearer(secret)], body: rpc(method, params) }))
      .body
  t.match(await call('access.whoami'), /"asker":"token".*"scopes":\["usage:read"\]/)
  t.match(await call('usage.summary'), /"result"/)
  for (const method of [
    'members.list',
    'requests.list',
    'web.launch',
    'web.cert',
    'daemon.stop',
    'daemon.status',
  ]) {
    t.match(await call(method), /"code":-32002/, method)
  }
})

t.test('a launch works once, and its file goes with it', async (t) => {
  const { port, listener, paths, recorded } = await webServed(t)
  const { url, file } = await listener.launch()
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.ok(readFileSync(file, 'utf8').includes(url))
  const body = JSON.stringify({ launch: secretIn(url) })
  const post = () => ask(port, { method: 'POST', path: '/launch', body })
  const first = await post()
  t.equal(first.status, 200)
  t.notOk(existsSync(file))
  t.equal((await post()).status, 403, 'a second time')
  const { session } = JSON.parse(first.body) as { session: string }
  t.match(session, /^tallyds_[\w-]{43}$/)
  const reply = await ask(port, {
    method: 'POST',
    path: '/rpc',
    headers: [bearer(session)],
    body: rpc('access.whoami'),
  })
  t.match(reply.body, /"asker":"launch"/)
  const launch = await ask(port, {
    method: 'POST',
    path: '/rpc',
    headers: [bearer(session)],
    body: rpc('web.launch'),
  })
  t.match(launch.body, /-32002/, 'a browser lets in no further one')
  t.same(
    recorded.map(({ what }) => what),
    ['launched', 'launchRefused'],
  )
  t.notOk(readdirSync(paths.run).some((name) => name.startsWith('launch-')))
})

t.test('what is no launch is refused, whatever it looks like', async (t) => {
  const { port } = await webServed(t)
  for (const body of [
    '',
    '{}',
    '[]',
    'null',
    '{"launch":1}',
    '{"launch":null}',
    `{"launch":"${'A'.repeat(43)}"}`,
    'x'.repeat(60_000),
  ]) {
    t.equal((await ask(port, { method: 'POST', path: '/launch', body })).status, 403, body.slice(0, 40))
  }
})

t.test('a session ends after twelve hours without a question, and its lines with it', async (t) => {
  const { port, session, clock } = await webServed(t)
  const secret = await session()
  const call = () =>
    ask(port, { method: 'POST', path: '/rpc', headers: [bearer(secret)], body: rpc('access.whoami') })
  const open = await line(t, port, secret)
  await until(() => open.heard.length > 0, 'authorized')
  clock.launches = 11 * 3_600_000
  t.equal((await call()).status, 200, 'a question begins it anew')
  clock.launches += 11 * 3_600_000
  t.equal((await call()).status, 200)
  clock.launches += 12 * 3_600_000
  t.equal((await call()).status, 401)
  t.equal(await open.closed, 4401)
})

t.test('a clock that is set back gives a session no further hour', async (t) => {
  const { port, session, clock } = await webServed(t)
  const secret = await session()
  clock.launches = -365 * 24 * 3_600_000
  clock.ticks += 12 * 3_600_000
  const asked = { method: 'POST', path: '/rpc', headers: [bearer(secret)], body: rpc('access.whoami') }
  t.equal((await ask(port, asked)).status, 401)
})

t.test('one session more than sixteen ends the one that idled longest', async (t) => {
  const { port, session, clock } = await webServed(t)
  const sessions: string[] = []
  for (let at = 0; at < 17; at++) {
    clock.ticks += 1_000
    sessions.push(await session())
  }
  const statuses = []
  for (const each of sessions) {
    statuses.push(
      (await ask(port, { method: 'POST', path: '/rpc', headers: [bearer(each)], body: rpc('access.whoami') }))
        .status,
    )
  }
  t.same(statuses, [401, ...Array(16).fill(200)])
})

t.test('a line says first who asks; then it is answered, and so is what came with it', async (t) => {
  const { port, token } = await webServed(t)
  const { secret } = await token('usage:read')
  const { socket, heard } = await line(t, port, secret)
  socket.send(subscribe('usage.changed', 1))
  socket.send(subscribe('status.changed', 2))
  socket.send(subscribe('requests.changed', 3))
  await until(() => heard.length >= 5, 'five messages')
  t.match(heard[0], { authorized: { asker: 'token', member: 'ann' } })
  const of = (id: number) => heard.find((each) => each['id'] === id)
  t.match(of(1), { result: { subscribed: { event: 'usage.changed' } } })
  t.match(of(2), { error: { code: -32002 } })
  t.match(of(3), { error: { code: -32002 } })
  const [answer, value] = [
    heard.indexOf(of(1)!),
    heard.findIndex(({ method }) => method === 'events.changed'),
  ]
  t.ok(answer < value, 'the answer comes before the value')
})

t.test('a line that says anything else, or nothing, is closed', async (t) => {
  const { port, token } = await webServed(t)
  const { secret } = await token('usage:read')
  for (const first of [
    '{}',
    'x',
    '[]',
    'null',
    rpc('daemon.hello'),
    `{"authorization":"${secret}"}`,
    `{"authorization":"Bearer tallyd_${'A'.repeat(43)}"}`,
    `{"authorization":"Bearer ${secret}","pad":"${'x'.repeat(300)}"}`,
  ]) {
    const { socket, heard, closed } = await line(t, port)
    socket.send(first)
    t.equal(await closed, 4401, first.slice(0, 40))
    t.same(heard, [])
  }
  const { closed, heard } = await line(t, port)
  t.equal(await closed, 4401, 'nothing')
  t.same(heard, [])
})

t.test('a token with requests:approve sees enrolments, and no pairing with its number', async (t) => {
  const { port, token, requests, access } = await webServed(t)
  const { secret } = await token('requests:approve')
  const { socket, heard } = await line(t, port, secret)
  const end = { approve: () => undefined, deny: () => undefined }
  const { id: _, ...pairing } = PAIRING_REQUEST
  requests.add(pairing, end)
  access.begin(
    { clientId: 'tallyctl', scopes: [], label: 'kitchen', takeover: false },
    { address: '127.0.0.1', device: null },
  )
  socket.send(subscribe('requests.changed'))
  await until(() => heard.some(({ method }) => method === 'events.changed'), 'the value')
  const said = JSON.stringify(heard)
  t.match(said, /kitchen/)
  t.match(requests.list(), [pairing, { kind: 'enrolment' }], 'both wait')
  for (const told of [pairing.digits, pairing.from.name, pairing.from.id]) t.notMatch(said, told)
})

t.test(
  'revoking cuts the lines of that token and no other, and what they send then is not heard',
  async (t) => {
    const { port, token, tokens } = await webServed(t)
    const [gone, stays] = [await token('admin'), await token('admin')]
    const lines = await Promise.all([gone, gone, stays].map(({ secret }) => line(t, port, secret)))
    await until(() => lines.every(({ heard }) => heard.length > 0), 'all are authorized')
    await tokens.revoke(gone.id, { by: 'owner', force: true })
    lines[0]!.socket.send(
      JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'members.add', params: { name: 'mallory' } }),
    )
    t.equal(await lines[0]!.closed, 4401)
    t.equal(await lines[1]!.closed, 4401)
    t.equal(lines[2]!.socket.readyState, WebSocket.OPEN)
    // Changes are written one after the other: one that had been heard would be there by now.
    await tokens.addMember('carol', 'owner')
    t.same(
      tokens.members().map(({ name }) => name),
      ['ann', 'carol'],
    )
  },
)
