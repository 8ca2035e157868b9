// The 32 places of the control listener: dead clients lose theirs, slow ones keep it, and who waited longest makes room.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { createPlaces } from '../../../src/daemon/listeners/places.ts'
import { endOf, post, type Teardown, temporaryFolder, until } from '../../harness/daemon.ts'
import { webSocket } from '../../harness/web-socket.ts'
import { served } from './served.ts'

const STATUS = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'daemon.status' })
const USAGE = { event: 'usage.changed', params: { range: 'today' } }
const PLACES = 32

const answers = async (path: string) => (await post(path, STATUS).catch(() => undefined))?.status === 200

/** A real process with `count` WebSockets, which can be stopped as ctrl-z does. */
async function clients(t: Teardown, path: string, count: number, event?: string): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('stopped-clients.js', import.meta.url))
  const words = [program, path, String(count), ...(event === undefined ? [] : [event])]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = endOf(child)
  t.teardown(() => {
    child.kill('SIGKILL')
    return ended
  })
  await once(child.stdout!, 'data')
  return child
}

async function opened(t: Teardown, path: string): Promise<Socket> {
  const socket = connect(path)
  socket.on('error', () => undefined)
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** An HTTP connection that made a call and was kept alive. */
async function keptAlive(t: Teardown, path: string): Promise<Socket> {
  const socket = await opened(t, path)
  socket.write(`POST /rpc HTTP/1.1\r\nHost: tallyd\r\nContent-Length: ${STATUS.length}\r\n\r\n${STATUS}`)
  await once(socket, 'data')
  return socket
}

t.test('stopped clients lose their places', async (t) => {
  const { path } = await served(t, { timeouts: { beatMs: 150 } })
  const child = await clients(t, path, PLACES)
  await sleep(1_000)
  t.notOk(await answers(path), 'all places are taken, and living clients keep them')
  child.kill('SIGSTOP')
  await until(() => answers(path), 'the owner gets in', 5_000)
})

t.test('a stopped client with a value queued for it loses its place too, but later', async (t) => {
  const { path, views, bus, listener } = await served(t, { timeouts: { beatMs: 250 } })
  views.padding = 'x'.repeat(600_000)
  const reading = await clients(t, path, 1, 'usage.changed')
  const idle = await clients(t, path, 1)
  reading.kill('SIGSTOP')
  idle.kill('SIGSTOP')
  views.calls++
  bus.emit('usageChanged')
  await until(() => listener.connections() < 2, 'the idle one is gone')
  await sleep(250)
  t.equal(listener.connections(), 1, 'the other may only be slow')
  await until(() => listener.connections() === 0, 'it is gone')
  t.equal(bus.listenerCount('usageChanged'), 0, 'nothing is computed for it')
})

t.test('a slow reader keeps its place', async (t) => {
  // A beat that a busy machine does not skip: both ends are in this process.
  const { path, views, bus, listener } = await served(t, { timeouts: { beatMs: 400 } })
  views.padding = 'x'.repeat(600_000)
  const client = await webSocket(t, path)
  await client.ask('events.subscribe', USAGE)
  const raw = (client.socket as unknown as { _socket: Socket })._socket
  const began = Date.now()
  while (Date.now() - began < 8_000) {
    views.calls++
    bus.emit('usageChanged')
    raw.pause()
    await sleep(720)
    raw.resume()
    await sleep(120)
  }
  if (!t.equal(listener.connections(), 1)) return
  t.match(await client.ask('daemon.status'), { result: { ready: true } })
})

t.test('32 kept-alive connections do not lock the owner out', async (t) => {
  const { path } = await served(t, { timeouts: { restMs: 100 } })
  const held: Socket[] = []
  for (let count = 0; count < PLACES; count++) held.push(await keptAlive(t, path))
  await sleep(200)
  const closed = held.map((socket, at) => once(socket, 'close').then(() => at))
  t.ok(await answers(path), 'a new connection gets in')
  t.equal(await Promise.race(closed), 0, 'the one that waited longest made room')
  await sleep(50)
  t.equal(held.filter((socket) => socket.destroyed).length, 1, 'and no other')
})

t.test('those that have not asked anything are bounded by themselves', async (t) => {
  const path = join(temporaryFolder(t), 's')
  const server = createServer()
  const places = createPlaces(server, { most: 1, newcomers: 2, restMs: 60_000 })
  const admitted: boolean[] = []
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    admitted.push(places.admit(socket))
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.teardown(() => server.close())
  const [first, second] = [await opened(t, path), await opened(t, path)]
  await until(() => places.taken() === 2, 'two newcomers')
  const third = await opened(t, path)
  await once(third, 'close')
  const ask = (socket: Socket) => {
    socket.write('GET / HTTP/1.1\r\nHost: tallyd\r\n\r\n')
    return once(socket, 'data')
  }
  await ask(first)
  const fourth = await opened(t, path)
  await until(() => places.taken() === 3, 'who has asked has left room for another newcomer')
  await ask(second)
  t.same(admitted, [true, false], 'the only place is taken')
  fourth.destroy()
  await until(() => places.taken() === 2, 'gone')
})

t.test('who works does not make room', async (t) => {
  let release: () => void = () => undefined
  const working = new Promise<void>((resolve) => {
    release = resolve
  })
  const { path } = await served(t, {
    timeouts: { restMs: 50 },
    handlers: {
      'usage.rescan': () =>
        working.then(() => ({ rescanned: { files: 0, changed: 0, lines: 0, tookMs: 0 } })),
    },
  })
  const rescan = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'usage.rescan' })
  const calls = Array.from({ length: PLACES - 1 }, () => post(path, rescan))
  await sleep(200)
  const client = await webSocket(t, path)
  await sleep(200)
  t.notOk(await answers(path))
  t.equal(client.socket.readyState, client.socket.OPEN)
  release()
  t.same(new Set((await Promise.all(calls)).map(({ status }) => status)), new Set([200]))
})
