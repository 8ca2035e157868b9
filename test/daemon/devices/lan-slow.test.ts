// Who wastes time or says nonsense at the LAN listener is ended, and holds up nobody. The waits run at the same time.
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { type Device, devices, pairByCode } from '../../harness/devices.ts'
import { ask, holdingsOf } from '../../harness/paired-client.ts'
import { fateOf, madeIdentity, secured, strangersOptions } from '../../harness/stranger.ts'

const stranger = madeIdentity()
/** Time limits are 10 s; those of a connection's later requests are looked at every 10 s. */
const PATIENCE_MS = 13_500

t.test('slowness and nonsense', { jobs: 20, timeout: 60_000 }, async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  const holdings = await holdingsOf(two, one)
  const options = strangersOptions(one.port, stranger)

  const ends = (name: string, least: number, most: number, run: () => Promise<number>) =>
    t.test(name, async (t) => {
      const ms = await run()
      t.ok(ms >= least && ms <= most, `ended after ${Math.round(ms)} ms`)
    })

  ends('a connection that sends nothing', 9_000, 12_000, () => endOf(tcp(one)))
  ends('half a ClientHello', 9_000, 12_000, () => endOf(tcp(one, Buffer.from([0x16, 3, 1, 1, 0, 1]))))
  ends('a ClientHello drop by drop', 9_000, 12_000, () => {
    const socket = tcp(one, Buffer.from([0x16, 3, 1, 1, 0, 1]))
    return endOf(dripping(socket, () => socket.write(Buffer.from([0]))))
  })
  ends('a handshake that stops after the ServerHello', 9_000, 12_000, async () => endOf(await halfway(one)))
  for (const [name, bytes] of Object.entries({
    'HTTP without TLS': Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
    'a banner of SSH': Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'),
    noise: Buffer.alloc(100_000, 0xa5),
    'a record that is too long': Buffer.from([0x16, 3, 1, 0xff, 0xff, 1]),
    'a record that is no ClientHello': Buffer.from([0x16, 3, 1, 0, 4, 2, 0, 0, 0]),
  })) {
    ends(name, 0, 2_000, () => endOf(tcp(one, bytes)))
  }
  ends('nothing after the handshake', 9_000, PATIENCE_MS, async () => endOf(await secured(options)))
  ends('headers drop by drop', 9_000, PATIENCE_MS, async () => {
    const socket = await secured(options)
    socket.write('GET /v1/usage HTTP/1.1\r\nHost: device\r\n')
    return endOf(dripping(socket, () => socket.write('x-more: 1\r\n')))
  })
  ends('a body drop by drop', 9_000, PATIENCE_MS, async () => {
    const socket = await secured(options)
    socket.write('POST /v1/unpair HTTP/1.1\r\nHost: device\r\nContent-Length: 900\r\n\r\n')
    return endOf(dripping(socket, () => socket.write('x')))
  })

  ends('a second request drop by drop', 9_000, 21_000, async () => {
    const socket = await secured(strangersOptions(one.port, holdings.identity))
    socket.write(
      `GET /v1/usage HTTP/1.1\r\nHost: device\r\nAuthorization: Bearer ${holdings.member.token}\r\n\r\n`,
    )
    const [answer] = await once(socket, 'data')
    t.match(String(answer), /^HTTP\/1\.1 20[04] /)
    socket.write('GET /v1/usage HTTP/1.1\r\nHost: device\r\n')
    return endOf(
      dripping(socket, () => socket.write('x-more: 1\r\n')),
      25_000,
    )
  })

  t.test('a body that never ends', async (t) => {
    for (const head of ['POST /v1/unpair', 'GET /v1/usage', 'POST /v1/usage', 'POST /nowhere']) {
      const socket = await secured(options)
      socket.write(`${head} HTTP/1.1\r\nHost: device\r\nTransfer-Encoding: chunked\r\n\r\n`)
      const pour = setInterval(() => socket.write(`400\r\n${'x'.repeat(1024)}\r\n`), 5)
      const ms = await endOf(socket)
      clearInterval(pour)
      t.ok(ms < 5_000, `${head}: ended after ${Math.round(ms)} ms`)
    }
  })

  t.test('requests that are no requests', async (t) => {
    for (const words of [
      'nonsense\r\n\r\n',
      `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: device\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: device\r\n${'x: y\r\n'.repeat(5_000)}\r\n`,
      'GET /%ff%00 HTTP/1.1\r\nHost: device\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /v1/usage?since=%00 HTTP/1.1\r\nHost: device\r\n\r\n',
      'GET /v1/usage HTTP/1.1\r\nHost: device\r\nOrigin: https://a.example\r\n\r\n',
    ]) {
      const { answer, error } = await fateOf(options, words)
      t.match(answer, /^(HTTP\/1\.1 4\d\d |$)/, words.slice(0, 20))
      t.not(error, 'still open', words.slice(0, 20))
    }
  })

  t.test('a ceremony that says nothing', async (t) => {
    const { ms, reason } = await ceremony(t, one)
    t.ok(ms > 9_000 && ms < 12_500, `ended after ${Math.round(ms)} ms (${reason})`)
  })

  t.test('a ceremony that says nonsense', async (t) => {
    for (const words of [
      '{}',
      'x',
      '[]',
      'null',
      '"start"',
      '{"type":"done"}',
      `{"type":"${'x'.repeat(900)}"}`,
    ]) {
      const { ms } = await ceremony(t, one, words)
      t.ok(ms < 3_000, `${words.slice(0, 20)}: ended after ${Math.round(ms)} ms`)
    }
    const { ms } = await ceremony(t, one, 'x'.repeat(2_000))
    t.ok(ms < 3_000, 'a long message')
  })

  t.test('a paired device is served all the time', async (t) => {
    const slowest: number[] = []
    for (let times = 0; times < 20; times++) {
      const { status, ms } = await ask(holdings)
      t.equal(status, 200)
      slowest.push(ms)
      await sleep(500)
    }
    t.ok(Math.max(...slowest) < 1_000, `slowest ${Math.round(Math.max(...slowest))} ms`)
  })
  await t.test('nothing of it was worth a line in the log', async (t) => {
    await sleep(12_500)
    t.equal(one.daemon.log(), '')
  })
})

function tcp({ port }: Device, bytes?: Buffer): Socket {
  const socket = connectTcp(port, '127.0.0.1', () => bytes !== undefined && socket.write(bytes))
  return socket
}

/** Milliseconds until the other side ended it. */
async function endOf(socket: Socket, patienceMs = PATIENCE_MS + 5_000): Promise<number> {
  const began = performance.now()
  socket.on('error', () => undefined)
  const late = setTimeout(() => socket.destroy(), patienceMs)
  await new Promise((resolve) => socket.once('close', resolve).resume())
  clearTimeout(late)
  return performance.now() - began
}

function dripping(socket: Socket, drop: () => unknown): Socket {
  const drops = setInterval(drop, 500)
  socket.once('close', () => clearInterval(drops))
  return socket
}

/** A TCP connection over which a ClientHello went, and nothing else. */
async function halfway(device: Device): Promise<Socket> {
  const { TLSSocket } = await import('node:tls')
  const { Duplex } = await import('node:stream')
  const socket = tcp(device)
  await once(socket, 'connect')
  let first = true
  const wire = new Duplex({
    read: () => undefined,
    write(bytes, _encoding, done) {
      if (first) socket.write(bytes)
      first = false
      done()
    },
  })
  const tls = new TLSSocket(wire as Socket, { ALPNProtocols: ['tallyd/1'], minVersion: 'TLSv1.3' })
  tls.on('error', () => undefined)
  return socket
}

/** Opens the WebSocket of a ceremony as a stranger, says `words`, and waits for its end. */
async function ceremony(t: Test, { port }: Device, words?: string): Promise<{ ms: number; reason: string }> {
  const tls = await secured(strangersOptions(port, stranger))
  const socket = new WebSocket('ws://device/v1/ceremony', { createConnection: () => tls })
  t.teardown(() => socket.terminate())
  let reason = ''
  socket.on('message', (data) => {
    reason = String(data)
  })
  socket.on('error', () => undefined)
  await once(socket, 'open')
  const began = performance.now()
  if (words !== undefined) socket.send(words)
  await once(socket, 'close')
  return { ms: performance.now() - began, reason }
}
