// The control listener over real sockets: who may speak, how much, how long.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { lstatSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { listenControl } from '../../../src/daemon/listeners/control.ts'
import type { Feeds } from '../../../src/daemon/listeners/feeds.ts'
import { createLog } from '../../../src/daemon/store/log.ts'
import { post, until } from '../../harness/daemon.ts'
import { UPGRADE, webSocket } from '../../harness/web-socket.ts'
import { served } from './served.ts'

const feeds: Feeds = { open: () => () => undefined, close: () => undefined }

const STATUS = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'daemon.status' })

t.test('one call', async (t) => {
  const { path } = await served(t)
  const { status, body } = await post(path, STATUS)
  t.equal(status, 200)
  t.match(JSON.parse(body), { jsonrpc: '2.0', id: 1, result: { ready: true } })
  t.equal(lstatSync(path).mode & 0o777, 0o600)
  const bare = await post(path, STATUS, { 'content-type': 'application/x-www-form-urlencoded' })
  t.equal(bare.status, 200, 'curl -d without a header')
})

t.test('curl as the docs write it', async (t) => {
  const { path } = await served(t)
  if (spawnSync('curl', ['--version']).status !== 0) {
    t.pass('not run', { skip: 'there is no curl here' })
    return
  }
  const ran = spawn('curl', ['-s', '--unix-socket', path, 'http://tallyd/rpc', '--json', STATUS])
  let out = ''
  for await (const part of ran.stdout) out += part
  t.match(JSON.parse(out), { id: 1, result: { version: String } })
})

t.test('broken JSON and notifications', async (t) => {
  const { path } = await served(t)
  const broken = await post(path, '{"jsonrpc"')
  t.equal(broken.status, 200)
  t.match(JSON.parse(broken.body), { id: null, error: { code: -32700 } })
  const empty = await post(path, '')
  t.match(JSON.parse(empty.body), { error: { code: -32700 } })
  const quiet = await post(path, '{"jsonrpc":"2.0","method":"daemon.hello"}')
  t.same(quiet, { status: 204, body: '' })
})

t.test('browsers and foreign hosts are refused', async (t) => {
  const { path } = await served(t)
  const matrix: readonly [string, Record<string, string>, number][] = [
    ['tallyd', {}, 200],
    ['localhost', { host: 'localhost' }, 200],
    ['localhost with a port', { host: 'LOCALHOST:80' }, 200],
    ['another host', { host: 'evil.example' }, 403],
    ['a host that begins like ours', { host: 'tallyd.evil.example' }, 403],
    ['an address', { host: '127.0.0.1' }, 403],
    ['an origin', { origin: 'http://tallyd' }, 403],
    ['a null origin', { origin: 'null' }, 403],
    ['a referer', { referer: 'http://tallyd/' }, 403],
  ]
  for (const [what, headers, status] of matrix) {
    t.equal((await post(path, STATUS, headers)).status, status, `POST with ${what}`)
    const opened = webSocket(t, path, headers).then(
      () => 200,
      (error: Error) => (/403/.test(error.message) ? 403 : error.message),
    )
    t.equal(await opened, status, `WebSocket with ${what}`)
  }
})

t.test('refused upgrades leave nothing open', async (t) => {
  const { path } = await served(t)
  for (let count = 0; count < 40; count++) {
    await t.rejects(webSocket(t, path, { origin: 'http://evil.example' }), /403/)
  }
  t.equal((await post(path, STATUS)).status, 200, 'more than there are places')
})

t.test('other addresses', async (t) => {
  const { path } = await served(t)
  t.match(await raw(path, 'GET /rpc HTTP/1.1\r\nHost: tallyd\r\n\r\n'), /^HTTP\/1.1 426 /)
  t.match(await raw(path, 'GET /x HTTP/1.1\r\nHost: tallyd\r\n\r\n'), /^HTTP\/1.1 404 /)
  t.match(
    await raw(path, 'PUT /rpc HTTP/1.1\r\nHost: tallyd\r\nContent-Length: 0\r\n\r\n'),
    /^HTTP\/1.1 404 /,
  )
  t.match(
    await raw(path, 'POST /rpc HTTP/1.1\r\nHost:\r\nContent-Length: 0\r\n\r\n'),
    /^HTTP\/1.1 403 /,
    'empty host',
  )
  t.match(await raw(path, 'rubbish\r\n\r\n'), /^HTTP\/1.1 400 /)
})

t.test('64 KiB are the most', async (t) => {
  const { path } = await served(t)
  const fits = STATUS.padEnd(64 * 1024)
  t.equal((await post(path, fits)).status, 200)
  const large = await post(path, `${fits} `)
  t.equal(large.status, 413)
  t.match(JSON.parse(large.body), { error: { code: -32600, message: /64 KiB/ } })
  const client = await webSocket(t, path)
  client.socket.send(`${fits} `)
  t.equal(await client.closed, 1009, 'a WebSocket is closed with "message too big"')
  const plain = await webSocket(t, path)
  t.equal(plain.socket.extensions, '', 'nothing is compressed')
})

t.test('32 connections that ask are the most; who does not ask takes no place', async (t) => {
  const { path, listener } = await served(t)
  const sockets = await Promise.all(Array.from({ length: 32 }, () => open(path)))
  for (const each of sockets) {
    each.write(UPGRADE)
    await once(each, 'data')
  }
  t.equal(await post(path, STATUS).catch(() => 'closed'), 'closed')
  const silent = await Promise.all(Array.from({ length: 64 }, () => open(path)))
  t.teardown(() => {
    for (const each of [...sockets, ...silent]) each.destroy()
  })
  await until(() => listener.connections() === 32 + 64, 'all are there')
  for (const each of silent) each.destroy()
  await until(() => listener.connections() === 32, 'the silent ones are gone')
  t.ok(sockets.every((each) => !each.destroyed))
  sockets[0]!.destroy()
  await until(
    async () => (await post(path, STATUS).catch(() => undefined))?.status === 200,
    'a place is free again',
  )
})

t.test('a slow drip ends', async (t) => {
  const timeouts = { headersMs: 300, requestMs: 600, lookMs: 100 }
  const { path } = await served(t, { timeouts })
  const silent = await open(path)
  const headers = await open(path)
  const body = await open(path)
  headers.write('POST /rpc HTTP/1.1\r\nHost: tallyd\r\n')
  body.write('POST /rpc HTTP/1.1\r\nHost: tallyd\r\nContent-Length: 1000\r\n\r\n')
  const drip = setInterval(() => {
    headers.write('X: 1\r\n')
    body.write(' ')
  }, 50)
  t.teardown(() => clearInterval(drip))
  const ends = [silent, headers, body].map(
    (each) => new Promise((resolve) => each.resume().once('close', resolve)),
  )
  const began = Date.now()
  await Promise.all(ends)
  t.ok(Date.now() - began < 5_000, 'all three were cut off')
})

t.test('a WebSocket speaks the same methods', async (t) => {
  const { path } = await served(t)
  const client = await webSocket(t, path)
  t.match(await client.ask('daemon.status'), { result: { ready: true } })
  t.match(await client.ask('daemon.status', { x: 1 }), { error: { code: -32602 } })
  client.socket.send('{')
  const broken = await new Promise((resolve) =>
    client.socket.once('message', (data) => resolve(JSON.parse(String(data)))),
  )
  t.match(broken, { id: null, error: { code: -32700 } })
  client.socket.send(Buffer.from(STATUS), { binary: true })
  const binary = await new Promise((resolve) =>
    client.socket.once('message', (data) => resolve(JSON.parse(String(data)))),
  )
  t.match(binary, { error: { code: -32700 } }, 'binary messages are not JSON')
})

t.test('a flood over a WebSocket is answered in full and in order', async (t) => {
  const { path } = await served(t)
  const client = await webSocket(t, path)
  const answers = await Promise.all(Array.from({ length: 2_000 }, () => client.ask('daemon.hello')))
  t.equal(answers.filter(({ result }) => result !== undefined).length, 2_000)
})

t.test('closing waits for the answer and tells the WebSockets', async (t) => {
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const { path, listener } = await served(t, {
    handlers: {
      'usage.rescan': () => held.then(() => ({ rescanned: { files: 0, changed: 0, lines: 0, tookMs: 0 } })),
    },
  })
  const client = await webSocket(t, path)
  const asked = post(path, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'usage.rescan' }))
  await sleep(50)
  const closing = listener.close()
  t.equal(await client.closed, 1001)
  release()
  t.match(JSON.parse((await asked).body), { result: { rescanned: {} } })
  await closing
  t.notOk(lstatSync(path, { throwIfNoEntry: false }), 'the socket is gone')
})

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket))
    socket.on('error', reject)
  })
}

async function raw(path: string, text: string): Promise<string> {
  const socket = await open(path)
  socket.write(text)
  return new Promise((resolve) => socket.once('data', (data) => resolve(String(data))))
}

/** Sends bytes as they are and returns the status line of the answer. */
async function statusLineOf(path: string, request: string): Promise<string> {
  const socket = connect(path)
  let answer = ''
  socket.on('data', (data) => {
    answer += String(data)
  })
  socket.write(request)
  await until(() => answer.includes('\r\n'), 'an answer')
  socket.destroy()
  return answer.split('\r\n')[0]!
}

t.test('no trick with the head gets a browser in', async (t) => {
  const { path } = await served(t)
  const request = (target: string, headers: string) =>
    `POST ${target} HTTP/1.1\r\n${headers}Content-Length: ${STATUS.length}\r\n\r\n${STATUS}`
  t.match(await statusLineOf(path, request('/rpc', 'Host: tallyd\r\n')), ' 200 ')
  const many = `Host: tallyd\r\n${'a: b\r\n'.repeat(2100)}Origin: http://evil\r\n`
  t.match(await statusLineOf(path, request('/rpc', many)), ' 403 ', 'an Origin behind 2,100 headers')
  t.match(
    await statusLineOf(path, request('/rpc', 'Host: tallyd\r\nHost: evil.com\r\n')),
    ' 403 ',
    'two hosts',
  )
  t.match(
    await statusLineOf(path, request('http://evil.com/rpc', 'Host: tallyd\r\n')),
    ' 403 ',
    'a target with a host',
  )
  t.match(await statusLineOf(path, request('/rpc', 'Host: tallyd:99999999\r\n')), ' 403 ', 'no port')
})

t.test('a listener whose socket was replaced leaves the other one alone', async (t) => {
  const { path, listener } = await served(t)
  rmSync(path)
  const other = createServer().listen(path)
  await once(other, 'listening')
  t.notOk(listener.isOurs())
  await listener.close()
  t.ok(lstatSync(path).isSocket())
  other.close()
})

t.test('a socket that cannot be made is an error of the table', async (t) => {
  const { path } = await served(t)
  const context = {
    dispatcher: { answer: async () => undefined },
    feeds,
    log: createLog('off'),
    metrics: async () => '',
  }
  const listen = (at: string) => listenControl({ ...context, path: at, loaded: async () => undefined })
  await t.rejects(listen(path), { error: 'alreadyRunning', message: path })
  await t.rejects(listen(`${path}/below`), { error: 'stateUnwritable', message: /below \(E/ })
})
