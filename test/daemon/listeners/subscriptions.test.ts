// Subscriptions over real WebSockets: at once, only what changed, coalesced, and a slow reader harms nobody.

import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { until } from '../../harness/daemon.ts'
import { type Notification, webSocket } from '../../harness/web-socket.ts'
import { served } from './served.ts'

const USAGE = { event: 'usage.changed', params: { range: 'today' } }
const callsOf = (notification: Notification | undefined) =>
  (notification?.params.value as { total: { calls: number } } | undefined)?.total.calls

t.test('the value comes at once and again when it changed', async (t) => {
  const { path, views, bus } = await served(t)
  const client = await webSocket(t, path)
  const order: string[] = []
  client.socket.on('message', (data) =>
    order.push('id' in JSON.parse(String(data)) ? 'answer' : 'notification'),
  )
  const answer = await client.ask('events.subscribe', USAGE)
  t.match(answer.result, { subscribed: { subscription: 1, event: 'usage.changed' } })
  await client.notified(1)
  t.same(order, ['answer', 'notification'], 'the number is known before the value')
  t.match(client.notifications[0], {
    jsonrpc: '2.0',
    method: 'events.changed',
    params: { subscription: 1, event: 'usage.changed', value: { total: { calls: 0 } } },
  })
  await sleep(100)
  views.calls = 5
  const before = performance.now()
  bus.emit('usageChanged')
  await client.notified(2)
  t.equal(callsOf(client.notifications[1]), 5)
  t.ok(client.notifications[1]!.at - before < 40, 'without a timer')
  await sleep(100)
  bus.emit('usageChanged')
  bus.emit('statusChanged')
  await sleep(150)
  t.equal(client.notifications.length, 2, 'an equal value is not sent again')
})

t.test('many changes become few notifications, the last of them true', async (t) => {
  const { path, views, bus } = await served(t)
  const client = await webSocket(t, path)
  await client.ask('events.subscribe', USAGE)
  await client.notified(1)
  views.costMs = 10
  const began = performance.now()
  while (performance.now() - began < 500) {
    views.calls++
    bus.emit('usageChanged')
    await sleep(1)
  }
  await until(() => callsOf(client.notifications.at(-1)) === views.calls, 'the last value')
  t.ok(
    // 10 ms of work and 30 ms of rest: 13 values, the one of subscribing, and the last.
    client.notifications.length <= 15,
    `${client.notifications.length} for ${views.calls} changes in half a second`,
  )
  t.ok(client.notifications.length >= 5, 'but they do come')
})

t.test('one computed value for all who ask the same', async (t) => {
  const { path, views, bus } = await served(t)
  const clients = await Promise.all(Array.from({ length: 8 }, () => webSocket(t, path)))
  for (const client of clients) await client.ask('events.subscribe', USAGE)
  await Promise.all(clients.map((client) => client.notified(1)))
  await sleep(100)
  const before = views.summaries
  views.calls = 1
  bus.emit('usageChanged')
  await Promise.all(clients.map((client) => client.notified(2)))
  t.equal(views.summaries, before + 1)
})

t.test('errors and limits', async (t) => {
  const { path, views } = await served(t)
  const client = await webSocket(t, path)
  t.match(await client.ask('events.subscribe', { event: 'nothing' }), { error: { code: -32602 } })
  for (let count = 1; count <= 16; count++) {
    const params = { event: 'usage.changed', params: { agents: [`a${count}`] } }
    t.match(await client.ask('events.subscribe', params), { result: { subscribed: { subscription: count } } })
  }
  t.match(await client.ask('events.subscribe', USAGE), { error: { code: -32004 } }, 'the seventeenth')
  t.match(await client.ask('events.unsubscribe', { subscription: 3 }), {
    result: { unsubscribed: { existed: true } },
  })
  t.match(await client.ask('events.unsubscribe', { subscription: 3 }), {
    result: { unsubscribed: { existed: false } },
  })
  t.match(await client.ask('events.subscribe', USAGE), { result: { subscribed: { subscription: 17 } } })
  views.summary = () => {
    throw new Error('no')
  }
  await client.ask('events.unsubscribe', { subscription: 1 })
  t.match(await client.ask('events.subscribe', USAGE), { error: { code: -32603 } })
})

t.test('subscriptions end with their connection', async (t) => {
  const { path, views, bus } = await served(t)
  const client = await webSocket(t, path)
  await client.ask('events.subscribe', USAGE)
  t.equal(bus.listenerCount('usageChanged'), 1)
  await client.ask('events.unsubscribe', { subscription: 1 })
  t.equal(bus.listenerCount('usageChanged'), 0, 'after unsubscribe')
  await client.ask('events.subscribe', USAGE)
  client.socket.terminate()
  await until(() => bus.listenerCount('usageChanged') === 0, 'after the connection closed')
  const before = views.summaries
  bus.emit('usageChanged')
  await sleep(80)
  t.equal(views.summaries, before, 'nothing is computed for nobody')
})

/** Bytes in buffers that somebody still holds. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().arrayBuffers
}

t.test('a reader that does not read misses values and slows nobody', async (t) => {
  const { path, views, bus } = await served(t)
  views.padding = 'x'.repeat(500_000)
  const slow = connect(path)
  slow.on('error', () => undefined)
  t.teardown(() => slow.destroy())
  slow.write(
    'GET /rpc HTTP/1.1\r\nHost: tallyd\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n',
  )
  await new Promise((resolve) => slow.once('data', resolve))
  slow.write(masked(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'events.subscribe', params: USAGE })))
  slow.pause()
  const quick = await webSocket(t, path)
  await quick.ask('events.subscribe', USAGE)
  await quick.notified(1)
  const heap = heldBytes()
  const delays: number[] = []
  for (let count = 2; count <= 40; count++) {
    await sleep(60)
    views.calls++
    const before = performance.now()
    bus.emit('usageChanged')
    await quick.notified(count)
    delays.push(quick.notifications[count - 1]!.at - before)
  }
  t.equal(callsOf(quick.notifications.at(-1)), views.calls, 'the quick one has every value')
  t.comment(`median ${delays.sort((a, b) => a - b)[19]!.toFixed(1)} ms`)
  t.ok(heldBytes() - heap < 10e6, 'nothing piles up for the slow one')
  let text = ''
  slow.on('data', (data) => {
    text += String(data)
  })
  slow.resume()
  await until(() => text.includes(`"total":{"calls":${views.calls},`), 'the slow one gets the newest value')
  const received = text.split('"events.changed"').length - 1
  t.ok(received < 10, `${received} of ${views.calls + 1} values`)
})

t.test('a reader who reads hears of each event', async (t) => {
  const { path, views, bus } = await served(t)
  const client = await webSocket(t, path)
  await client.ask('events.subscribe', USAGE)
  await client.notified(1)
  const delays: number[] = []
  for (let count = 2; count <= 61; count++) {
    await sleep(60)
    views.calls++
    const before = performance.now()
    bus.emit('usageChanged')
    await client.notified(count)
    delays.push(client.notifications[count - 1]!.at - before)
  }
  delays.sort((a, b) => a - b)
  t.comment(`median ${delays[30]!.toFixed(2)} ms, largest ${delays.at(-1)!.toFixed(2)} ms`)
  t.equal(callsOf(client.notifications.at(-1)), views.calls)
})

/** A client's text frame (RFC 6455 §5.2), masked with zeros. */
function masked(text: string): Buffer {
  const payload = Buffer.from(text)
  const header =
    payload.length < 126
      ? [0x81, 0x80 | payload.length]
      : [0x81, 0x80 | 126, payload.length >> 8, payload.length & 255]
  return Buffer.concat([Buffer.from([...header, 0, 0, 0, 0]), payload])
}
