// A client and a real tallyd: from connect over approve to a token that is revoked; and HTTPS with a pin.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { EXIT } from '../../../src/contract/errors.ts'
import { daemon, type Teardown, temporaryFolder, until } from '../../harness/daemon.ts'
import { started, tallyctl } from '../client.ts'

/** A port that is free now, so that two daemons of two tests do not meet at the default one. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

/** A daemon with one call in its logs, whose web listener is open. */
async function desk(t: Teardown, web: Record<string, unknown> = {}) {
  const home = temporaryFolder(t)
  const port = await freePort()
  writeFileSync(join(home, 'config.json'), JSON.stringify({ web: { port, ...web } }))
  const log = join(home, '.claude/projects/-home-a-project/0f2c.jsonl')
  mkdirSync(join(log, '..'), { recursive: true })
  writeFileSync(
    log,
    `${JSON.stringify({
      type: 'assistant',
      timestamp: new Date().toISOString(),
      sessionId: '0f2c',
      requestId: 'req_1',
      message: {
        id: 'msg_1',
        model: 'claude-sonnet-4-5',
        role: 'assistant',
        content: [],
        usage: {
          input_tokens: 100,
          output_tokens: 50,
          cache_creation_input_tokens: 0,
          cache_read_input_tokens: 0,
        },
      },
    })}\n`,
  )
  const running = await daemon(t, { home })
  await until(async () => (await running.call('daemon.status')).ready, 'it is ready')
  await running.call('devices.rename', { device: 'self', name: 'desk' })
  const { url } = (await running.call('daemon.status')).listeners.web
  return { ...running, url: url ?? '' }
}

async function connected(t: Teardown, home: string, url: string, client: string, more: string[] = []) {
  const running = started(client, ['connect', url, '--label', 'on the fridge', '--json', ...more])
  t.teardown(() => running.child.kill('SIGKILL'))
  await until(() => running.out().includes('\n'), `the code: ${running.err()}`)
  const { code } = JSON.parse(running.out().split('\n')[0] ?? '') as { code: string }
  const requests = await tallyctl(home, ['requests'])
  const approved = await tallyctl(home, [
    'approve',
    code,
    '--new-member',
    'kitchen display',
    '--identity',
    'full',
  ])
  return { code, requests, approved, ended: await running.ended }
}

t.test('connect, approve, usage, revoke: the same figures as on the socket, and then nothing', async (t) => {
  const { home, url } = await desk(t)
  const client = temporaryFolder(t)
  const { code, requests, approved, ended } = await connected(t, home, url, client)
  t.match(requests.out, /claims to be "on the fridge" .*wants usage:read/)
  t.notOk(requests.out.includes(code), 'the code has to be read off the client')
  t.equal(approved.exit, EXIT.ok, approved.err)
  t.equal(ended.exit, EXIT.ok, ended.err)
  const { tokenId, ...who } = JSON.parse(ended.out.split('\n')[1] ?? '').connected
  t.strictSame(who, { url, member: 'kitchen display', scopes: ['usage:read'] })
  t.strictSame(readdirSync(client), ['credentials.json'])

  const here = JSON.parse((await tallyctl(home, ['usage', 'all', '--json'])).out)
  const there = JSON.parse((await tallyctl(client, ['usage', 'all', '--json', '--host', url])).out)
  t.equal(here.total.calls, 1)
  // Ranges that end now differ by the moment of asking.
  for (const each of [here, there]) each.range = null
  t.strictSame(there, here)
  t.match((await tallyctl(client, ['--host', url])).out, /^today /)
  t.match((await tallyctl(client, ['devices', '--host', url])).out, /desk/)
  t.match(
    (await tallyctl(client, ['whoami', '--host', url])).out,
    `kitchen display on desk\ntoken    ${tokenId} "on the fridge"\nmay      usage:read\n`,
  )
  const forbidden = await tallyctl(client, ['members', '--host', url])
  t.equal(forbidden.exit, EXIT.refused)
  t.match(forbidden.err, /may not ask members\.list: it needs admin; /)

  const watching = started(client, ['watch', '--json', '--host', url])
  t.teardown(() => watching.child.kill('SIGKILL'))
  await until(() => watching.out() !== '', 'a value')
  t.equal((await tallyctl(home, ['tokens', 'revoke', tokenId])).exit, EXIT.ok)
  const cut = await watching.ended
  t.equal(cut.exit, EXIT.refused)
  t.match(cut.err, /does not take this token: it was revoked/)
  const after = await tallyctl(client, ['usage', '--host', url])
  t.equal(after.exit, EXIT.refused)
  t.equal(after.out, '')
  t.match(after.err, `run: npx tallyctl connect ${url}\n`)
})

t.test('logout revokes the token there and forgets it here', async (t) => {
  const { home, url } = await desk(t)
  const client = temporaryFolder(t)
  t.equal((await connected(t, home, url, client)).ended.exit, EXIT.ok)
  const token = Object.values<{ token: string }>(
    JSON.parse(readFileSync(join(client, 'credentials.json'), 'utf8')).credentials,
  )[0]?.token
  t.equal((await tallyctl(client, ['logout', url])).exit, EXIT.ok)
  t.strictSame(JSON.parse((await tallyctl(home, ['tokens', '--json'])).out), { tokens: [] })
  const env = { TALLYD_TOKEN: token ?? '' }
  t.match(await tallyctl(client, ['whoami', '--host', url], { env }), { exit: EXIT.refused })
})

t.test('HTTPS: with the pin that web cert prints, which is saved; without it nothing is sent', async (t) => {
  const { home, url } = await desk(t, { lan: true, names: ['localhost'] })
  t.match(url, /^https:\/\/localhost:\d+$/)
  const client = temporaryFolder(t)
  const { certificate } = JSON.parse((await tallyctl(home, ['web', 'cert', '--json'])).out)
  const refused = await tallyctl(client, ['connect', url])
  t.equal(refused.exit, EXIT.refused)
  t.match(refused.err, /not one that is trusted/)
  const { ended } = await connected(t, home, url, client, ['--pin', certificate.pin])
  t.equal(ended.exit, EXIT.ok, ended.err)
  const usage = await tallyctl(client, ['usage', '--host', url])
  t.equal(usage.exit, EXIT.ok, usage.err)
  const other = await tallyctl(client, ['usage', '--host', url, '--pin', `sha256//${'A'.repeat(43)}=`])
  t.equal(other.exit, EXIT.refused)
  // The authority's certificate does as well as the pin.
  const file = join(client, 'ca.pem')
  writeFileSync(file, certificate.pem)
  const fresh = temporaryFolder(t)
  const env = { NODE_EXTRA_CA_CERTS: file, TALLYD_TOKEN: `tallyd_${'x'.repeat(43)}` }
  const trusted = await tallyctl(fresh, ['whoami', '--host', url], { env })
  t.match(trusted.err, /does not take this token/)
})
