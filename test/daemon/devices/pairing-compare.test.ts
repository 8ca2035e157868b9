// Pairing by comparing, between real daemons and against strangers: two yeses, one number, one comparison at a time.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { ceremonyLine } from '../../../src/daemon/devices/ceremony-line.ts'
import { type CeremonyClient, ceremonyWith, guessedShare } from '../../harness/ceremony-client.ts'
import { until } from '../../harness/daemon.ts'
import { areLive, type Device, devices, failureOf } from '../../harness/devices.ts'
import { madeIdentity, secured, strangersOptions } from '../../harness/stranger.ts'
import { relayTo } from '../../mitm/relay.ts'

async function two(t: Test, count = 2): Promise<[Device, Device]> {
  const found = await devices(t, count)
  // A device that was never wanted has no port open; its owner opens it.
  for (const device of found) await device.call('sharing.set', { mode: 'always' })
  return found as [Device, Device]
}

async function requests(device: Device) {
  return (await device.call('requests.list')).requests
}

async function comparison(device: Device) {
  return (await device.call('pairing.show')).comparison
}

/** `asker` asks `asked`; resolves with the number on both screens. */
async function compare(asker: Device, asked: Device): Promise<[string, string]> {
  const { comparing } = await asker.call('pairing.compare', { address: asked.address })
  await until(async () => (await requests(asked)).length === 1, 'the other side is asked')
  const [there] = await requests(asked)
  return [comparing.digits ?? '', there?.kind === 'pairing' ? (there.digits ?? '') : '']
}

async function ended(device: Device, state: 'paired' | 'failed') {
  await until(async () => (await comparison(device))?.state === state, `${device.name}: ${state}`)
  return comparison(device)
}

/** A stranger who begins to compare. */
function start(client: Pick<CeremonyClient, 'line'>): void {
  client.line.send({ type: 'start', version: 1, direction: 'mutual', name: 'stranger' })
}

async function reasonOf(client: Pick<CeremonyClient, 'line'>, patienceMs = 5_000): Promise<string> {
  const event = await client.line.next(performance.now() + patienceMs)
  return event.type === 'received' && event.message?.type === 'abort' ? event.message.reason : event.type
}

t.test('both see one number, both say yes, both show one total', async (t) => {
  const [one, other] = await two(t)
  const [here, there] = await compare(one, other)
  t.match(here, /^\d{6}$/)
  t.equal(here, there)
  t.match(await requests(other), [
    { kind: 'pairing', ours: false, direction: 'mutual', from: { id: await one.id(), name: one.name } },
  ])
  t.match(await requests(one), [{ ours: true, digits: here }])
  await one.call('requests.approve', { digits: here })
  t.equal((await one.call('devices.list')).devices.length, 1, 'one yes pairs nobody')
  await other.call('requests.approve', { digits: here })
  await areLive(one, other)
  for (const device of [one, other]) {
    t.match(await ended(device, 'paired'), { paired: { name: String } })
    t.same(await requests(device), [], 'nothing waits any more')
  }
})

t.test('without the number nobody says yes, and a wrong one ends it on both sides', async (t) => {
  const [one, other] = await two(t)
  const [digits] = await compare(one, other)
  t.equal(await failureOf(other.call('requests.approve', {})), 'needsDigits')
  t.equal((await requests(other)).length, 1, 'it still waits')
  const wrong = digits === '000000' ? '000001' : '000000'
  t.equal(await failureOf(other.call('requests.approve', { digits: wrong })), 'wrongDigits')
  for (const device of [one, other]) t.match(await ended(device, 'failed'), { why: 'wrongDigits' })
  t.equal(await failureOf(one.call('requests.approve', { digits })), 'noSuchRequest')
  for (const device of [one, other]) t.equal((await device.call('devices.list')).devices.length, 1)
})

t.test('a no tells the other side, and keeps that source away; the owner still pairs', async (t) => {
  const [one, other] = await two(t)
  await compare(one, other)
  await other.call('requests.deny', {})
  t.match(await ended(one, 'failed'), { why: 'declined' })
  t.equal(await failureOf(one.call('pairing.compare', { address: other.address })), 'pairingFailed')
  const [digits] = await compare(other, one)
  await one.call('requests.approve', { digits })
  await other.call('requests.approve', { digits })
  await areLive(one, other)
})

t.test(
  'one comparison at a time: of a hundred strangers one is heard, and the owner comes before all',
  async (t) => {
    const [one, other] = await two(t)
    const crowd = await Promise.all(
      Array.from({ length: 100 }, () => ceremonyWith(t, other.port).catch(() => null)),
    )
    const strangers = crowd.filter((client) => client !== null)
    t.ok(strangers.length > 0, `${strangers.length} came in`)
    for (const stranger of strangers) start(stranger)
    const heard: CeremonyClient[] = []
    for (const stranger of strangers) {
      const event = await stranger.line.next(performance.now() + 5_000)
      if (event.type === 'received' && event.message?.type === 'commitment') heard.push(stranger)
    }
    t.equal(heard.length, 1)
    const [digits] = await compare(other, one)
    t.equal(await reasonOf(heard[0]!), 'busy', 'whoever was heard makes room')
    await one.call('requests.approve', { digits })
    await other.call('requests.approve', { digits })
    await areLive(one, other)
  },
)

interface ElsewhereStranger extends Pick<CeremonyClient, 'line' | 'socket'> {
  /** What it was answered with. */
  readonly type: string
  readonly reason: string | null
}

/** A stranger at another address who begins to compare. */
async function elsewhere(t: Test, { port }: Device): Promise<ElsewhereStranger> {
  const tcp = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.2' })
  const tls = await secured({ ...strangersOptions(port, madeIdentity()), socket: tcp })
  const socket = new WebSocket('ws://device/v1/ceremony', { createConnection: () => tls })
  t.teardown(() => socket.terminate())
  const line = ceremonyLine(socket)
  await once(socket, 'open')
  start({ line })
  const event = await line.next(performance.now() + 15_000)
  const message = event.type === 'received' ? event.message : null
  const reason = message?.type === 'abort' ? message.reason : null
  return { line, socket, type: message?.type ?? event.type, reason }
}

t.test(
  'who begins and never comes to a number keeps the others away for seconds, and is named',
  async (t) => {
    const [, other] = await two(t)
    const stranger = await ceremonyWith(t, other.port)
    start(stranger)
    await stranger.line.next(performance.now() + 5_000)
    const began = performance.now()
    t.equal(await reasonOf(stranger, 8_000), 'timedOut')
    t.ok(performance.now() - began < 7_000)
    const { entries } = await other.call('audit.list')
    const { fingerprint: id } = stranger.identity
    t.ok(
      entries.some(
        ({ what, subject, detail }) => what === 'pairingFailed' && subject.id === id && detail === 'timedOut',
      ),
      'who it was is in the audit log',
    )
    t.notOk(entries.some(({ what }) => what === 'comparisonExpired'))
  },
)

t.test(
  'without a number it makes room for who comes from elsewhere',
  // Only Linux has more than one address on loopback.
  { skip: process.platform !== 'linux' },
  async (t) => {
    const [one, other] = await two(t)
    const stranger = await elsewhere(t, other)
    t.equal(stranger.type, 'commitment')
    const [digits] = await compare(one, other)
    t.equal(await reasonOf(stranger), 'busy')
    t.equal((await elsewhere(t, other)).reason, 'busy', 'with a number it does not')
    for (const device of [one, other]) await device.call('requests.approve', { digits })
    await areLive(one, other)
  },
)

t.test(
  'who held the place while others waited, and made nothing of it, comes after them',
  { skip: process.platform !== 'linux' },
  async (t) => {
    const [one, other] = await two(t)
    const comesToNumber = async () => {
      const stranger = await elsewhere(t, other)
      if (stranger.type !== 'commitment') return stranger
      stranger.line.send({ type: 'nonce', nonce: randomBytes(32).toString('base64url') })
      await until(async () => (await requests(other)).length === 1, 'the owner is asked')
      return stranger
    }
    const goes = async ({ socket }: ElsewhereStranger) => {
      socket.terminate()
      await ended(other, 'failed')
    }
    await goes(await comesToNumber())
    const again = await comesToNumber()
    t.equal(again.type, 'commitment', 'nobody waited, so that it may try as often as it likes')
    const waits = one.call('pairing.compare', { address: other.address })
    await t.rejects(waits, { message: /another device is being paired there at this moment/ })
    await goes(again)
    t.equal((await elsewhere(t, other)).reason, 'busy', 'now it is for the others to come')
    const [digits] = await compare(one, other)
    for (const device of [one, other]) await device.call('requests.approve', { digits })
    await areLive(one, other)
  },
)

/** Bytes that are no handshake, on ever new connections, until it is ended. */
function junk({ port }: Device): { end(): void } {
  const sockets = new Set<Socket>()
  const timer = setInterval(() => {
    const socket = connect(port, '127.0.0.1')
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)))
    socket.write(randomBytes(200))
  }, 10)
  return {
    end() {
      clearInterval(timer)
      for (const socket of sockets) socket.destroy()
    },
  }
}

t.test(
  'a burnt code, a held comparison and a flood of junk: the owner still pairs by comparing',
  async (t) => {
    const [one, other] = await two(t)
    await other.call('pairing.invite')
    const isBurnt = async () => (await other.call('pairing.show')).invitation?.state === 'burnt'
    await until(async () => {
      const guesser = await ceremonyWith(t, other.port)
      guesser.line.send(guessedShare())
      await guesser.line.next(performance.now() + 15_000)
      guesser.socket.terminate()
      return isBurnt()
    }, 'the code is burnt')
    const stranger = await ceremonyWith(t, other.port)
    start(stranger)
    await stranger.line.next(performance.now() + 15_000)
    stranger.line.send({ type: 'nonce', nonce: randomBytes(32).toString('base64url') })
    await until(async () => (await requests(other)).length === 1, 'a stranger holds the place')
    const flood = junk(other)
    t.teardown(() => flood.end())
    const [digits] = await compare(other, one)
    for (const device of [one, other]) await device.call('requests.approve', { digits })
    await areLive(one, other)
    flood.end()
  },
)

t.test(
  'relayed word for word it shows nothing: the commitment covers both certificates and the connection',
  async (t) => {
    const [one, other] = await two(t)
    const relay = await relayTo(t, other.port)
    t.equal(await failureOf(one.call('pairing.compare', { address: relay.address })), 'pairingFailed')
    t.match(await comparison(one), { state: 'failed', why: 'commitmentBroken', digits: null })
    t.same(await requests(one), [])
  },
)

t.test('one way: the stricter wish wins on both sides', async (t) => {
  const [one, other] = await two(t)
  const { comparing } = await one.call('pairing.compare', { address: other.address, direction: 'give' })
  await until(async () => (await requests(other)).length === 1, 'the other side is asked')
  t.match(await requests(other), [{ direction: 'read' }])
  for (const device of [one, other]) await device.call('requests.approve', { digits: comparing.digits ?? '' })
  await until(async () => (await other.row(one))?.freshness === 'live', 'the reader reads')
  t.match(await one.row(other), { direction: 'give', freshness: 'never' })
})

t.test('a restart ends what waits', async (t) => {
  const [one, other] = await two(t)
  await compare(one, other)
  await other.end('SIGKILL')
  await other.start()
  t.same(await requests(other), [])
  t.match(await ended(one, 'failed'), { why: 'closed' })
})
