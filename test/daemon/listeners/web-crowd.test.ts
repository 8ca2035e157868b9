// A hundred clients that poll while tokens are made, rotated and revoked; and somebody else's processes on the same machine.
import { spawn } from 'node:child_process'
import { chmodSync, copyFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { temporaryFolder, until } from '../../harness/daemon.ts'
import { rpc, webServed } from './web-served.ts'

t.setTimeout(300_000)

interface Poller {
  readonly secret: string
  readonly line: WebSocket
  /** Statuses of polls that began after `mark` was called, and of all. */
  readonly since: number[]
  readonly all: number[]
  mark(): void
}

function poll(agent: Agent, port: number, secret: string): Promise<number> {
  const body = rpc('access.whoami')
  const headers = { authorization: `Bearer ${secret}`, 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve) => {
    const asked = request(
      { host: '127.0.0.1', port, path: '/rpc', method: 'POST', headers, agent },
      (answer) => {
        answer.resume()
        answer.once('close', () => resolve(answer.statusCode ?? 0))
      },
    )
    asked.once('error', () => resolve(0))
    asked.end(body)
  })
}

async function poller(t: Test, port: number, secret: string): Promise<Poller> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const line = new WebSocket(`ws://127.0.0.1:${port}/rpc`)
  let [isOver, isMarked] = [false, false]
  t.teardown(() => {
    isOver = true
    line.terminate()
    agent.destroy()
  })
  line.on('error', () => undefined)
  await new Promise((resolve) => line.once('open', resolve))
  const authorized = new Promise((resolve) => line.once('message', resolve))
  line.send(JSON.stringify({ authorization: `Bearer ${secret}` }))
  await authorized
  const [all, since]: [number[], number[]] = [[], []]
  void (async () => {
    while (!isOver) {
      const counts = isMarked
      const status = await poll(agent, port, secret)
      all.push(status)
      if (counts) since.push(status)
    }
  })()
  const mark = () => {
    isMarked = true
  }
  return { secret, line, all, since, mark }
}

t.test('while 100 clients poll: those whose token ended are cut off, and only those', async (t) => {
  const { port, tokens } = await webServed(t)
  const order = {
    label: undefined,
    expiresIn: undefined,
    origin: 'created',
    device: null,
    by: 'owner',
    exists: 'either',
    scopes: ['usage:read'],
  } as const
  const made = await Promise.all(
    ['ann', 'ann', 'bob', 'cid'].map((member) => tokens.create({ ...order, member })),
  )
  const pollers: Poller[] = []
  for (let at = 0; at < 100; at++) pollers.push(await poller(t, port, made[at % 4]!.secret))
  const of = (...which: number[]) => pollers.filter((_, at) => which.includes(at % 4))
  await until(() => pollers.every(({ all }) => all.includes(200)), 'everybody was served', 60_000)

  await tokens.create({ ...order, member: 'dan' })
  await tokens.revoke(made[0]!.id, { by: 'owner', force: true })
  await tokens.rotate('bob', { label: undefined, expiresIn: undefined, scopes: undefined, by: 'owner' })
  for (const each of pollers) each.mark()

  const [ended, staying] = [of(0, 2), of(1, 3)]
  await until(
    () => ended.every(({ line }) => line.readyState === WebSocket.CLOSED),
    'their lines are cut',
    60_000,
  )
  await until(() => pollers.every(({ since }) => since.length > 0), 'everybody has polled again', 60_000)
  t.ok(
    ended.every(({ since }) => since.every((status) => status === 401 || status === 429)),
    'they get nothing any more',
  )
  t.ok(
    ended.every(({ all }) => !all.includes(0)),
    'and were answered',
  )
  t.ok(
    staying.every(({ line }) => line.readyState === WebSocket.OPEN),
    'the other lines stay',
  )
  t.same([...new Set(staying.flatMap(({ all }) => all))], [200], 'the others never noticed')
})

const isRoot = process.getuid?.() === 0

t.test(
  'a second user: 401 on every data route, and no credential to find',
  { skip: isRoot ? false : 'only root can be somebody else' },
  async (t) => {
    const { port, home, paths, session, token, listener } = await webServed(t)
    await session()
    await token('admin')
    const { file } = await listener.launch()
    const script = `
    const fs = require('node:fs')
    const seen = { uid: process.getuid(), statuses: [], read: [] }
    for (const path of ${JSON.stringify([home, file, paths.tokens, paths.run])}) {
      try { fs.readdirSync(path); seen.read.push(path) } catch {}
      try { fs.readFileSync(path); seen.read.push(path) } catch {}
    }
    const call = async (method, path, body) => {
      const answer = await fetch('http://127.0.0.1:${port}' + path, { method, body })
      const text = await answer.text()
      seen.statuses.push([method + ' ' + path, answer.status, /"result"|member|session|access_token/.test(text)])
    }
    ;(async () => {
      await call('POST', '/rpc', JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'usage.summary' }))
      await call('POST', '/rpc', JSON.stringify([{ jsonrpc: '2.0', id: 1, method: 'daemon.hello' }]))
      await call('GET', '/rpc')
      await call('GET', '/metrics')
      await call('GET', '/dashboard/v1/snapshot')
      await call('POST', '/launch', JSON.stringify({ launch: 'A'.repeat(43) }))
      console.log(JSON.stringify(seen))
    })()`
    // A Node where everybody may run it, and without what the test runner puts into every Node that a test starts.
    const shared = temporaryFolder(t)
    chmodSync(shared, 0o755)
    const node = join(shared, 'node')
    copyFileSync(process.execPath, node)
    chmodSync(node, 0o755)
    const child = spawn('/usr/bin/env', ['-i', node, '-e', script], { uid: 65_534, gid: 65_534, cwd: '/' })
    let [out, err] = ['', '']
    child.stdout.on('data', (text) => {
      out += text
    })
    child.stderr.on('data', (text) => {
      err += text
    })
    await new Promise((resolve) => child.once('close', resolve))
    t.equal(err, '')
    t.same(JSON.parse(out), {
      uid: 65_534,
      statuses: [
        ['POST /rpc', 401, false],
        ['POST /rpc', 401, false],
        ['GET /rpc', 426, false],
        ['GET /metrics', 401, false],
        ['GET /dashboard/v1/snapshot', 401, false],
        ['POST /launch', 403, false],
      ],
      read: [],
    })
  },
)
