// GET /widgets/FORMAT over a real socket: one widget, a stream of them, who is refused, and a thousand who follow.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { FORMATS } from '../../../src/daemon/views/widgets/formats.ts'
import { post, type Teardown, until } from '../../harness/daemon.ts'
import { webSocket } from '../../harness/web-socket.ts'
import { served } from './served.ts'

const STATUS = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'daemon.status' })
/** Longer than the board rests after a change. */
const RESTED_MS = 300

interface Following {
  readonly socket: Socket
  /** What came after the head. */
  text(): string
}

/** Asks in HTTP/1.0, as `tallyctl` does: the body is the stream, without chunks. */
async function following(t: Teardown, path: string, format: string): Promise<Following> {
  const socket = connect(path)
  socket.on('error', () => undefined)
  t.teardown(() => socket.destroy())
  let all = ''
  socket.setEncoding('utf8').on('data', (data: string) => {
    all += data
  })
  socket.write(`GET /widgets/${format}?follow=1 HTTP/1.0\r\nHost: tallyd\r\n\r\n`)
  await until(() => /\r\n\r\n[\s\S]/.test(all) || socket.closed, 'the first widget')
  return { socket, text: () => all.slice(all.indexOf('\r\n\r\n') + 4) }
}

async function asked(path: string, address: string): Promise<{ status: number; body: string }> {
  const socket = connect(path)
  socket.write(`GET ${address} HTTP/1.0\r\nHost: tallyd\r\n\r\n`)
  let all = ''
  for await (const part of socket.setEncoding('utf8')) all += part
  return { status: Number(all.slice(9, 12)), body: all.slice(all.indexOf('\r\n\r\n') + 4) }
}

t.test('one widget in every format', async (t) => {
  const { path, views } = await served(t)
  views.calls = 5
  for (const { name } of FORMATS) {
    const { status, body } = await asked(path, `/widgets/${name}`)
    t.equal(status, 200, name)
    t.ok(body.includes('◔ $5.00'), name)
    t.ok(body.endsWith('\n'), name)
  }
  const { widgets } = JSON.parse((await asked(path, '/widgets')).body)
  t.same(
    widgets,
    FORMATS.map(({ name, says }) => ({ name, says })),
  )
})

t.test('what is not known is refused with what is', async (t) => {
  const { path } = await served(t)
  for (const name of ['xmobar', '__proto__', 'constructor', 'WAYBAR', '%00', 'x'.repeat(90)]) {
    const { status, body } = await asked(path, `/widgets/${name}`)
    t.equal(status, 404, name)
    t.match(JSON.parse(body).error.message, /there are waybar, swiftbar, tmux, /)
  }
  for (const query of ['x=1', 'follow=2', 'follow', 'follow=1&follow=1', 'follow=1&tz=UTC', '__proto__=1']) {
    const { status, body } = await asked(path, `/widgets/waybar?${query}`)
    t.equal(status, 400, query)
    t.match(JSON.parse(body).error.message, /follow/)
  }
  t.equal((await asked(path, '/widgets/')).status, 404)
  const browser = connect(path)
  browser.write('GET /widgets/plain HTTP/1.0\r\nHost: tallyd\r\nOrigin: https://evil.example\r\n\r\n')
  t.match(String((await once(browser, 'data'))[0]), /^HTTP\/1\.1 403 /)
  browser.destroy()
})

t.test('where the glance cannot be computed nobody is left waiting', async (t) => {
  const { path, views, listener } = await served(t)
  views.glance = () => {
    throw new Error('no')
  }
  t.equal((await asked(path, '/widgets/plain')).status, 500)
  t.equal((await asked(path, '/widgets/plain?follow=1')).status, 500)
  t.equal(listener.followers(), 0)
})

t.test('followed: the first at once, one a change, nothing in between', async (t) => {
  const { path, views, bus, listener } = await served(t)
  const { socket, text } = await following(t, path, 'plain')
  t.equal(text(), '◔ $0.00\n')
  views.calls = 3
  bus.emit('usageChanged')
  await until(() => text() === '◔ $0.00\n◔ $3.00\n', 'the change')
  await sleep(RESTED_MS)
  const computed = views.glances
  bus.emit('usageChanged')
  bus.emit('requestsChanged')
  await sleep(RESTED_MS)
  t.ok(views.glances > computed, 'it was looked at')
  t.equal(text(), '◔ $0.00\n◔ $3.00\n', 'what is the same is not sent')
  socket.destroy()
  await until(() => listener.followers() === 0, 'it is gone')
  const before = views.glances
  bus.emit('usageChanged')
  await sleep(50)
  t.equal(views.glances, before, 'nothing is computed for nobody')
  t.equal(bus.listenerCount('usageChanged'), 0)
})

t.test('a request that waits is a change', async (t) => {
  const { path, requests } = await served(t)
  const { text } = await following(t, path, 'i3blocks')
  t.notMatch(text(), 'color')
  const request = {
    kind: 'pairing',
    digits: '482913',
    from: { id: 'a'.repeat(64), name: 'laptop', address: '10.0.0.2' },
    direction: 'mutual',
    ours: false,
    openedAt: '2026-11-20T12:00:00Z',
    expiresAt: '2026-11-20T12:05:00Z',
  } as const
  requests.add(request, { approve: () => undefined, deny: () => undefined })
  await until(() => text().includes('warning'), 'the warning')
  t.notMatch(text(), '482913')
})

t.test('many changes become few texts, the last of them true', async (t) => {
  const { path, views, bus } = await served(t)
  const { text } = await following(t, path, 'plain')
  for (let change = 1; change <= 200; change++) {
    views.calls = change
    bus.emit('usageChanged')
    await sleep(2)
  }
  await until(() => text().endsWith('◔ $200.00\n'), 'the last one')
  const lines = text().trim().split('\n').length
  t.ok(lines <= 2 + Math.ceil(2_000 / 250), `${lines} texts of 200 changes`)
})

t.test('one glance and one text for all who follow', async (t) => {
  const { path, views, bus } = await served(t)
  const many = await Promise.all(Array.from({ length: 40 }, () => following(t, path, 'waybar')))
  await sleep(RESTED_MS)
  const before = views.glances
  views.calls = 7
  bus.emit('usageChanged')
  await Promise.all(many.map(({ text }) => until(() => text().includes('$7.00'), 'the change')))
  t.equal(views.glances, before + 1)
})

t.test('a thousand who follow leave room for everybody else', async (t) => {
  const { path, views, bus, listener } = await served(t)
  const crowd = spawnFollowers(t, path, 1_000)
  await until(() => listener.followers() === 1_000, 'all of them', 60_000)
  t.equal(listener.connections(), 0, 'none takes a place')
  t.equal((await post(path, STATUS)).status, 200)
  const client = await webSocket(t, path)
  await client.ask('events.subscribe', { event: 'usage.changed', params: { range: 'today' } })
  await client.notified(1)
  views.calls = 9
  bus.emit('usageChanged')
  await client.notified(2)
  crowd.kill('SIGKILL')
  await until(() => listener.followers() === 0, 'those who died are noticed', 60_000)
})

t.test('so many follow and no more', async (t) => {
  const { path, listener } = await served(t, { followers: { most: 2 } })
  const first = await following(t, path, 'waybar')
  await following(t, path, 'plain')
  const refused = await asked(path, '/widgets/plain?follow=1')
  t.equal(refused.status, 503)
  t.match(JSON.parse(refused.body), { error: { code: -32004 } })
  t.equal((await asked(path, '/widgets/plain')).status, 200, 'one widget is always to be had')
  first.socket.destroy()
  await until(() => listener.followers() === 1, 'one has gone')
  t.match((await following(t, path, 'plain')).text(), '$')
})

t.test('curl as the docs write it', async (t) => {
  const { path, views, bus } = await served(t)
  if (spawnSync('curl', ['--version']).status !== 0) {
    t.pass('not run', { skip: 'there is no curl here' })
    return
  }
  const ran = spawn('curl', ['-sN', '--unix-socket', path, 'http://tallyd/widgets/tmux?follow=1'])
  t.teardown(() => ran.kill('SIGKILL'))
  let out = ''
  ran.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  await until(() => out === '◔ $0.00\n', 'the first')
  views.calls = 2
  bus.emit('usageChanged')
  await until(() => out === '◔ $0.00\n◔ $2.00\n', 'the second')
})

t.test('a stop ends the streams', async (t) => {
  const { path, listener } = await served(t)
  const { socket } = await following(t, path, 'plain')
  const ended = once(socket, 'close')
  const began = performance.now()
  await listener.close()
  await ended
  t.ok(performance.now() - began < 1_500, 'without being cut off')
})

/** They connect from another process, as bars do. */
function spawnFollowers(t: Teardown, path: string, count: number): ChildProcess {
  const code = `
    const { connect } = require('node:net')
    const open = () => {
      const socket = connect(${JSON.stringify(path)})
      socket.on('error', () => undefined)
      socket.on('close', () => setTimeout(open, 20))
      socket.on('data', () => undefined)
      socket.write('GET /widgets/waybar?follow=1 HTTP/1.0\\r\\nHost: tallyd\\r\\n\\r\\n')
    }
    for (let n = 0; n < ${count}; n++) open()`
  const child = spawn(process.execPath, ['-e', code], { stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}
