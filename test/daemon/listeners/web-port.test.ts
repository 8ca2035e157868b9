// Where the web listener is when its port is taken, and what is said of it.
import { once } from 'node:events'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../../harness/daemon.ts'
import { freePort } from '../../harness/devices.ts'
import { ask, webServed } from './web-served.ts'

/** Somebody else has the port; where it was taken already, it is taken. */
async function squatted(t: Test, port: number): Promise<void> {
  const server = createServer((socket) => socket.end())
  t.teardown(() => server.close())
  await new Promise<void>((resolve) => {
    server.once('error', () => resolve())
    server.listen({ port, host: '127.0.0.1' }, resolve)
  })
}

t.test('the usual port moves once, and the new one is remembered', async (t) => {
  const home = temporaryFolder(t)
  await squatted(t, 4766)
  const first = await webServed(t, {}, { home, isUsualPort: true })
  t.ok(first.port > 0 && first.port !== 4766, String(first.port))
  t.equal(first.url, `http://127.0.0.1:${first.port}`)
  t.match(first.listener.checks(), [{ level: 'ok', says: /because port 4766 was taken/ }])
  await first.listener.stop()
  const second = await webServed(t, {}, { home, isUsualPort: true })
  t.equal(second.port, first.port)
  await second.listener.stop()
  await squatted(t, first.port)
  const third = await webServed(t, {}, { home, isUsualPort: true })
  t.match(third.listener.state(), { url: null, port: null, problem: /the port is taken/ })
})

t.test(
  'a port that is named in the config never moves: it is said, and no browser is sent there',
  async (t) => {
    const port = await freePort()
    await squatted(t, port)
    const { listener } = await webServed(t, { port })
    t.match(listener.state(), { url: null, port: null, problem: new RegExp(`the port is taken: ${port}`) })
    t.match(listener.checks(), [{ level: 'broken', next: /web\.port/ }])
    await t.rejects(listener.launch(), { error: 'webClosed', message: /the port is taken/ })
  },
)

t.test('off is off', async (t) => {
  const { listener } = await webServed(t, { mode: 'off' })
  t.match(listener.state(), { url: null, port: null, problem: null })
  await t.rejects(listener.launch(), { error: 'webClosed', message: /web\.mode/ })
})

t.test('it is on loopback alone, IPv6 too, unless it is asked to be more', async (t) => {
  const { port } = await webServed(t)
  t.equal((await ask(port, { path: '/' })).status, 404)
  // Another machine's packets come to another address of ours: there nobody listens.
  const { networkInterfaces } = await import('node:os')
  const outside = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
  for (const { address } of outside) {
    const server = createServer()
    await once(server.listen({ port, host: address }), 'listening')
    server.close()
    t.pass(`${address}:${port} is free for others`)
  }
  if (outside.length === 0) t.comment('no other address here: left out')
})

t.test('for the network without a name of its own the doctor warns', async (t) => {
  const { listener, url } = await webServed(t, { lan: true })
  t.match(url, /^https:\/\/[a-z0-9-]+\.local:/)
  t.match(listener.checks(), [{ level: 'warning', next: /web\.names/ }])
})
