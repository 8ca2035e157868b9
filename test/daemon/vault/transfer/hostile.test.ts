// Whoever else is on the network while something is sent by code: nobody gets anything but the one who has it, and nobody keeps it from them.
import { type AddressInfo, connect, type Socket } from 'node:net'
import { createServer as createTls } from 'node:tls'
import t, { type Test } from 'tap'
import type { WebSocket } from 'ws'
import { type CeremonyLine, ceremonyLine } from '../../../../src/daemon/devices/ceremony-line.ts'
import { tlsOptions } from '../../../../src/daemon/devices/tls.ts'
import { guessedShare } from '../../../harness/ceremony-client.ts'
import { until } from '../../../harness/daemon.ts'
import { failureOf, pairByCode } from '../../../harness/devices.ts'
import { fateOf, madeIdentity, strangersOptions } from '../../../harness/stranger.ts'
import { legTo, standBefore } from '../../../mitm/between.ts'
import { relayTo } from '../../../mitm/relay.ts'
import {
  ALL,
  CANARY,
  contentsOf,
  EVERYTHING,
  NOTHING,
  senderAndReceiver,
  transferOf,
  untilState,
} from './two-devices.ts'

t.setTimeout(240_000)

const PATH = '/v1/transfer'
/** The first words of a sender. */
const GREETING = { type: 'transfer', version: 1, id: 'a'.repeat(32), state: 'offered' }

interface Rogue {
  readonly socket: WebSocket
  readonly line: CeremonyLine
  /** Everything that it heard, text and bytes. */
  readonly heard: Buffer[]
}

/** Goes where a receiver goes. */
async function rogueReceiver(t: Test, port: number, identity = madeIdentity()): Promise<Rogue> {
  const { socket } = await legTo(t, port, identity, PATH)
  return rogue(socket)
}

function rogue(socket: WebSocket): Rogue {
  const heard: Buffer[] = []
  socket.on('message', (data) => heard.push(Buffer.from(data as Buffer)))
  return { socket, heard, line: ceremonyLine(socket) }
}

const closed = (socket: WebSocket) => until(() => socket.readyState === socket.CLOSED, 'it is closed')

/** Also in the bytes of frames that nobody can open there must be none: nothing is sealed for who has not proven the code. */
function gotNothing(t: Test, { heard }: Rogue, types: readonly string[]): void {
  const texts = heard.map((bytes) => bytes.toString('latin1'))
  t.same(
    texts.map((text) => (text.startsWith('{') ? JSON.parse(text).type : 'bytes')),
    types,
  )
  t.notOk(texts.some((text) => text.includes(CANARY) || text.includes('minio')))
}

t.test('who answers first without the code gets nothing, and costs one attempt', async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  const { offered, code } = await sender.call('transfers.send', ALL)
  const first = await rogueReceiver(t, sender.port)
  first.line.send(guessedShare())
  await until(() => first.heard.length >= 2, 'it hears the share and what confirms it')
  // It does not know the code, so that whatever it says is not the confirmation.
  first.line.send({ type: 'confirmP', confirmation: 'A'.repeat(43) })
  await closed(first.socket)
  gotNothing(t, first, ['transfer', 'shareV', 'abort'])
  t.match(await transferOf(sender, offered.id), { attemptsLeft: 2, failed: 1, state: 'offered' })

  const second = await rogueReceiver(t, sender.port)
  second.socket.send(Buffer.alloc(64))
  second.line.send({ type: 'confirmP', confirmation: 'A'.repeat(43) })
  await closed(second.socket)
  gotNothing(t, second, ['transfer'])
  t.match(await transferOf(sender, offered.id), { attemptsLeft: 2 }, 'what is no share is no attempt')

  const { received } = await receiver.call('transfers.receive', { address: sender.address, code: code! })
  await receiver.call('transfers.commit', { id: received!.id })
  t.same(await contentsOf(receiver), EVERYTHING, 'who has the code gets it')
})

t.test('several wait at once: only the one with the code gets it', async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  const { code } = await sender.call('transfers.send', ALL)
  const others = await Promise.all([0, 1, 2].map(() => rogueReceiver(t, sender.port)))
  const { received } = await receiver.call('transfers.receive', { address: sender.address, code: code! })
  for (const other of others) other.line.send(guessedShare())
  await Promise.all(others.map(({ socket }) => closed(socket)))
  for (const other of others) gotNothing(t, other, ['transfer', 'abort'])
  await receiver.call('transfers.commit', { id: received!.id })
  t.same(await contentsOf(receiver), EVERYTHING)
})

t.test(
  'who poses as a sender without the code learns nothing of it, and puts nothing into the vault',
  async (t) => {
    const [sender, receiver] = await senderAndReceiver(t)
    const heard: string[] = []
    const poser = await standBefore(
      t,
      sender.port,
      ({ socket }) => {
        socket.on('message', (data, isBinary) => heard.push(isBinary ? 'bytes' : String(data)))
        socket.send(JSON.stringify(GREETING))
        // What comes before it has proven the code is not read.
        socket.send(Buffer.alloc(100))
        const { share } = guessedShare()
        const answer = { type: 'shareV', direction: 'mutual', share, confirmation: 'A'.repeat(43) }
        socket.once('message', () => socket.send(JSON.stringify(answer)))
      },
      {},
      PATH,
    )
    const receiving = receiver.call('transfers.receive', { address: poser.address, code: '604218' })
    t.equal(await failureOf(receiving), 'wrongCode')
    const types = heard.map((text) => JSON.parse(text).type)
    t.same(
      types,
      ['shareP', 'abort'],
      'what it collects is one share, which fits every code, and no confirmation to try codes against',
    )
    t.same(await contentsOf(receiver), NOTHING)
  },
)

t.test('who says that it was handed out before gets no answer about anything', async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  const heard: Buffer[] = []
  const poser = await standBefore(
    t,
    sender.port,
    ({ socket }) => {
      socket.on('message', (data) => heard.push(data as Buffer))
      socket.send(JSON.stringify({ ...GREETING, state: 'sent' }))
    },
    {},
    PATH,
  )
  const receiving = receiver.call('transfers.receive', { address: poser.address, code: '604218' })
  t.equal(await failureOf(receiving), 'transferFailed')
  t.notOk(heard.some((bytes) => bytes.includes('604218')))
  t.ok(heard.length <= 1, 'at most that nothing of it was saved')
})

t.test('who holds the request of the one while it asks the other gets nothing', async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  const { offered, code } = await sender.call('transfers.send', ALL)
  const relay = await relayTo(t, sender.port, PATH)
  const receiving = receiver.call('transfers.receive', { address: relay.address, code: code! })
  t.equal(await failureOf(receiving), 'wrongCode')
  const types = relay.said.map(
    ({ from, text }) => `${from}: ${text === 'sealed' ? text : JSON.parse(text).type}`,
  )
  t.same(
    types,
    ['dialled: transfer', 'dialler: shareP', 'dialled: shareV', 'dialler: abort'],
    'it got as far as the confirmation',
  )
  t.match(await transferOf(sender, offered.id), { state: 'offered', attemptsLeft: 2, failed: 1 })
  t.same(await contentsOf(receiver), NOTHING)
})

t.test('who ends the connection as soon as it stands ends nothing else', async (t) => {
  const [, receiver] = await senderAndReceiver(t)
  for (const end of ['resetAndDestroy', 'destroy', 'end'] as const) {
    const server = createTls(
      { ...tlsOptions(madeIdentity()), requestCert: true, rejectUnauthorized: false },
      (socket) => {
        socket.on('error', () => undefined)
        if (end === 'resetAndDestroy') lastOf(socket)?.resetAndDestroy()
        else socket[end]()
      },
    )
    const raw = new Map<string, Socket>()
    server.on('connection', (socket: Socket) => raw.set(`${socket.remotePort}`, socket))
    const lastOf = ({ remotePort }: { remotePort?: number | undefined }) => raw.get(`${remotePort}`)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const { port } = server.address() as AddressInfo
    const began = performance.now()
    const failed = await failureOf(
      receiver.call('transfers.receive', { address: `127.0.0.1:${port}`, code: '604218' }),
    )
    t.match(failed, /^(transferFailed|unreachable|notTallyd)$/, `${end}: ${failed}`)
    t.ok(performance.now() - began < 25_000, `${end}: it is told`)
    t.equal((await receiver.call('transfers.list')).transfers.length, 0, `${end}: it goes on`)
  }
})

t.test('unpaired, blocked, or locked: what was offered is there no more', async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  await pairByCode(receiver, sender)
  const { offered } = await sender.call('transfers.send', { ...ALL, to: receiver.name })
  await untilState(receiver, offered.id, 'offered')
  await until(async () => (await receiver.call('requests.list')).requests.length === 1, 'its owner is asked')
  await receiver.call('devices.block', { device: sender.name })
  t.same((await receiver.call('requests.list')).requests, [], 'nobody is asked any more')
  t.equal(await failureOf(receiver.call('transfers.accept', {})), 'noSuchTransfer')
  const passphrase = 'a passphrase for this test'
  await sender.call('vault.protect', { key: 'passphrase', passphrase })
  const { offered: second, code } = await sender.call('transfers.send', ALL)
  await sender.call('vault.lock')
  t.match(await transferOf(sender, second.id), { state: 'declined', why: 'cancelledBySender' })
  t.equal(
    await failureOf(receiver.call('transfers.receive', { address: sender.address, code: code! })),
    'deviceBlocked',
  )
})

t.test('a code for pairing is none for a transfer, nor the other way round', async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  const { invited } = await sender.call('pairing.invite')
  const { offered, code } = await sender.call('transfers.send', ALL)
  const [pairing, sending] = [invited.code, code!]
  if (pairing === sending) return t.comment('drawn the same: nothing to see in this run')
  t.equal(
    await failureOf(receiver.call('transfers.receive', { address: sender.address, code: pairing })),
    'wrongCode',
  )
  t.equal(
    await failureOf(receiver.call('pairing.join', { address: sender.address, code: sending })),
    'wrongCode',
  )
  t.match(await transferOf(sender, offered.id), { state: 'offered' })
})

t.test('a paired device gets nothing that is for another one', async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  await pairByCode(receiver, sender)
  const { offered } = await sender.call('transfers.send', { ...ALL, to: receiver.name })
  const stranger = await rogueReceiver(t, sender.port)
  await closed(stranger.socket)
  gotNothing(t, stranger, ['abort'])
  await untilState(receiver, offered.id, 'offered')
})

t.test('10,000 connections that are none do not cancel it', async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  const { offered, code } = await sender.call('transfers.send', { ...ALL, seconds: 180 })
  let done = 0
  const junk = async (worker: number) => {
    while (done < 10_000) {
      const at = done++
      // Most are no TLS at all; some shake hands and then ask for what is sent, or say nothing.
      if (at % 50 === 0) await shaken(sender.port)
      else await thrown(sender.port, worker)
    }
  }
  const flood = Promise.all(Array.from({ length: 40 }, (_, worker) => junk(worker)))
  await until(() => done > 3_000, 'the flood is there', 60_000)
  // In a crowd it may have to be asked for more than once.
  const fetch = () =>
    receiver.call('transfers.receive', { address: sender.address, code: code! }).catch(() => null)
  let got = await fetch()
  const began = done
  while (got === null && done < 10_000) got = await fetch()
  t.comment(`fetched at ${began} of 10,000`)
  t.ok(done < 10_000, 'it was fetched in the middle of it')
  await flood
  t.match(await transferOf(sender, offered.id), { state: 'accepted', failed: 0 })
  await receiver.call('transfers.commit', { id: got!.received!.id })
  t.same(await contentsOf(receiver), EVERYTHING)
})

/** A TCP connection with bytes that are nothing. */
function thrown(port: number, worker: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(Buffer.alloc(64, worker)))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
    socket.resume()
  })
}

/** A TLS connection that asks for a transfer, and says nothing more. */
async function shaken(port: number): Promise<void> {
  const identity = madeIdentity()
  const head =
    'GET /v1/transfer HTTP/1.1\r\nHost: device\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
  await fateOf(strangersOptions(port, identity), head, 500)
}
