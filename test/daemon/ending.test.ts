// The orderly end of a daemon that has much to do: subscribers, a device that hangs, a transfer that waits, clients that read nothing.
import { appendFileSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { until } from '../harness/daemon.ts'
import { type Device, devices, freePort, pairByCode } from '../harness/devices.ts'
import { inPlaceOf } from '../harness/odd-peer.ts'
import { holdingsOf } from '../harness/paired-client.ts'
import { webSocket } from '../harness/web-socket.ts'
import { callLines } from './usage/usage-home.ts'
import { MINIO } from './vault/transfer/two-devices.ts'

t.setTimeout(180_000)

/** What docs/service.md promises, in milliseconds. */
const LONGEST_MS = 5_000
const SUBSCRIBERS = 20

/** Says `words` and reads nothing of the answer. */
function deaf(t: Test, socket: Socket, words: string): void {
  socket.on('error', () => undefined)
  socket.pause()
  socket.write(words)
  t.teardown(() => socket.destroy())
}

/** A device with everything that could hold its end. */
async function busy(t: Test) {
  const web = await freePort()
  const [one, two] = (await devices(t, 2, {
    config: (at) => (at === 0 ? { web: { port: web } } : { web: { mode: 'off' } }),
  })) as [Device, Device]
  await pairByCode(one, two)
  const holdings = await holdingsOf(two, one)
  await two.end('SIGKILL')
  // It takes every connection and answers no question.
  const peer = await inPlaceOf(t, two, holdings, () => undefined)
  await until(() => peer.asked() > 0, 'it is asked', 30_000)
  await one.call('secrets.add', { name: 'minio', secret: MINIO })
  await one.call('transfers.send', { secrets: ['minio'], configs: [] })
  const clients = []
  for (let count = 0; count < SUBSCRIBERS; count++) {
    const client = await webSocket(t, one.daemon.socket)
    await client.ask('events.subscribe', { event: 'usage.changed', params: { range: 'all' } })
    clients.push(client)
  }
  const host = `Host: 127.0.0.1:${web}`
  for (let count = 0; count < 4; count++) {
    deaf(t, connect(web, '127.0.0.1'), `GET / HTTP/1.1\r\n${host}\r\n\r\n`.repeat(20))
    deaf(t, connect(web, '127.0.0.1'), `POST /rpc HTTP/1.1\r\n${host}\r\nContent-Length: 1000\r\n\r\n{`)
  }
  deaf(t, connect(one.daemon.socket), 'POST /rpc HTTP/1.1\r\nHost: tallyd\r\nContent-Length: 10\r\n\r\n')
  return { one, clients, log: join(one.home, '.claude/projects/p/late.jsonl') }
}

/** Socket, lock, its claim and what is for prompts only. */
const leftovers = ({ home }: Device) =>
  readdirSync(home).filter((name) => /sock|lock|^last\.|^launch-/.test(name))

t.test('SIGTERM: goodbyes, doors closed, everything written, within five seconds', async (t) => {
  const { one, clients, log } = await busy(t)
  // Counted, and not written to the disk yet.
  appendFileSync(log, callLines(101, 105))
  await until(
    async () => (await one.call('usage.summary', { range: 'all' })).total.calls >= one.calls + 5,
    'it is counted',
  )
  const began = performance.now()
  const ended = await one.end('SIGTERM')
  const took = performance.now() - began
  t.comment(`ended after ${Math.round(took)} ms`)
  t.same(ended, { code: 0, signal: null })
  t.ok(took < LONGEST_MS)
  t.same(
    await Promise.all(clients.map(({ closed }) => closed)),
    Array(SUBSCRIBERS).fill(1001),
    'each is told',
  )
  t.same(leftovers(one), [])
  t.ok(existsSync(join(one.home, 'checkpoint.bin')))
  // Its log is gone: what was counted stands in the checkpoint alone.
  rmSync(log)
  await one.start()
  await until(async () => (await one.call('daemon.status')).ready, 'ready')
  t.equal((await one.row(one))?.all.calls, one.calls + 5)
  const { transfers } = await one.call('transfers.list')
  t.same(transfers, [], 'what waited is over')
})

t.test('a second signal, of either kind, ends it at once, and nothing is lost', async (t) => {
  for (const [first, second] of [
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGTERM'],
    ['SIGTERM', 'SIGINT'],
  ] as const) {
    const { one, log } = await busy(t)
    appendFileSync(log, callLines(101, 105))
    const ended = one.end(first)
    await new Promise((resolve) => setTimeout(resolve, 20))
    const began = performance.now()
    process.kill(one.daemon.pid, second)
    const how = await ended
    t.ok(performance.now() - began < 1_000, `${first}, ${second}: at once`)
    t.equal(how.code, 1, 'which is no orderly end')
    await one.start()
    await until(async () => (await one.call('daemon.status')).ready, 'ready')
    t.equal((await one.row(one))?.all.calls, one.calls + 5, 'the logs still have it')
  }
})
