// Floods, drips and crowds at the web listener: who causes them is slowed down, and nobody else.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { PLACES } from '../../../src/daemon/listeners/web-crowd.ts'
import { until } from '../../harness/daemon.ts'
import { ask, bearer, rpc, secretIn, webServed } from './web-served.ts'

// A flood and the slowest drip take their time on a machine that does other things too.
t.setTimeout(300_000)

const METADATA = '/.well-known/oauth-authorization-server'
/** All of 127.0.0.0/8 is this machine's on Linux, and only there. */
const OTHER = process.platform === 'linux' ? '127.0.0.2' : undefined

function idle(t: Test, port: number, from = '127.0.0.1'): Socket {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from })
  socket.on('error', () => undefined)
  t.teardown(() => socket.destroy())
  return socket
}

t.test('10,000 requests of one address: it is told to wait, and all others are served', async (t) => {
  const { port, token, session, listener } = await webServed(t)
  const { secret } = await token('usage:read')
  const browser = await session()
  const { url } = await listener.launch()
  const statuses = new Map<number, number>()
  let left = 10_000
  let retryAfter = ''
  const flood = async () => {
    while (left-- > 0) {
      const { status, headers } = await ask(port, {
        method: 'POST',
        path: '/rpc',
        body: rpc('access.whoami'),
      })
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status === 429) retryAfter = headers['retry-after'] ?? ''
    }
  }
  const call = (secretOf: string, from = '127.0.0.1') =>
    ask(port, { method: 'POST', path: '/rpc', headers: [bearer(secretOf)], body: rpc('access.whoami'), from })
  const flooding = Promise.all(Array.from({ length: 16 }, flood))
  await until(() => (statuses.get(429) ?? 0) > 100, 'it is slowed down', 60_000)
  t.equal((await call(secret)).status, 200, 'a token from the same address')
  t.equal((await call(browser)).status, 200, "the owner's browser from the same address")
  t.equal((await ask(port, { path: '/' })).status, 404, 'the page is not counted (there is none here)')
  const launch = { method: 'POST', path: '/launch', body: JSON.stringify({ launch: secretIn(url) }) }
  t.equal((await ask(port, launch)).status, 200, 'a launch from the same address')
  if (OTHER !== undefined)
    t.equal((await ask(port, { path: METADATA, from: OTHER })).status, 200, 'another address')
  await flooding
  t.ok((statuses.get(429) ?? 0) > 9_000, JSON.stringify([...statuses]))
  t.ok(Number(retryAfter) >= 1 && Number(retryAfter) <= 60, retryAfter)
  t.notOk(
    [...statuses.keys()].some((status) => status >= 500),
    JSON.stringify([...statuses]),
  )
})

t.test('one address has so many places; more displace its own, oldest first, and no known one', async (t) => {
  const { port, token } = await webServed(t)
  const { secret } = await token('usage:read')
  const known = connect({ host: '127.0.0.1', port })
  known.on('error', () => undefined)
  t.teardown(() => known.destroy())
  const body = rpc('access.whoami')
  const call = `POST /rpc HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${secret}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  let said = ''
  known.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  known.write(call)
  await until(() => said.includes('"member"'), 'it is known')
  const other = OTHER === undefined ? undefined : idle(t, port, OTHER)
  if (other !== undefined) await once(other, 'connect')
  const crowd: Socket[] = []
  for (let at = 0; at < PLACES.strangers.ofOneSource + 20; at++) {
    const socket = idle(t, port)
    crowd.push(socket)
    await once(socket, 'connect')
  }
  await until(() => crowd.slice(0, 20).every(({ closed }) => closed), 'the oldest are gone')
  t.equal(crowd.filter(({ closed }) => !closed).length, PLACES.strangers.ofOneSource)
  if (other !== undefined) t.notOk(other.closed, 'another address keeps its place')
  said = ''
  known.write(call)
  await until(() => said.includes('"member"'), 'the known one is still served')
})

t.test('a drip is cut: a head that does not end, a body that does not, and silence', async (t) => {
  const { port } = await webServed(t)
  const drips = [idle(t, port), idle(t, port), idle(t, port)] as const
  drips[1].write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`)
  drips[2].write(`POST /launch HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 1000\r\n\r\n{`)
  const timer = setInterval(() => {
    drips[1].write('X-Drip: x\r\n')
    drips[2].write(' ')
  }, 500)
  t.teardown(() => clearInterval(timer))
  for (const each of drips) each.resume()
  await until(() => drips.every(({ closed }) => closed), 'all are cut', 120_000)
  t.pass('all are cut')
})

t.test('a head, a body and a message have their bounds', async (t) => {
  const { port, token } = await webServed(t)
  const { secret } = await token('usage:read')
  t.equal((await ask(port, { headers: [['X-Pad', 'x'.repeat(20_000)]] })).status, 431)
  const many = Array.from({ length: 3_000 }, (_, at) => [`X-${at}`, 'y'] as const)
  t.equal((await ask(port, { headers: many })).status, 431)
  const large = await ask(port, {
    method: 'POST',
    path: '/rpc',
    headers: [bearer(secret)],
    body: rpc('access.whoami', { pad: 'x'.repeat(70_000) }),
  })
  t.equal(large.status, 413)
  const after = await ask(port, {
    method: 'POST',
    path: '/rpc',
    headers: [bearer(secret)],
    body: rpc('access.whoami'),
  })
  t.equal(after.status, 200)
})
