// A whole life of a real daemon's web listener, and then a search for every secret in it: in files, logs and arguments.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { BUNDLE, tallyctl } from '../../ctl/client.ts'
import { daemon, temporaryFolder, until } from '../../harness/daemon.ts'
import { freePort } from '../../harness/devices.ts'
import { ask, bearer, rpc, secretIn } from './web-served.ts'

const FORM = ['Content-Type', 'application/x-www-form-urlencoded'] as const

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Arguments and environments of every process that we may look at. */
function processTexts(): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => `/proc/${pid}/${file}`))
    .map((path) => {
      try {
        return readFileSync(path, 'latin1')
      } catch {
        return ''
      }
    })
}

t.test('after a full run no secret lies anywhere but with its holder', async (t) => {
  const home = temporaryFolder(t)
  const port = await freePort()
  writeFileSync(join(home, 'config.json'), JSON.stringify({ web: { port } }))
  const running = await daemon(t, { home, env: { TALLYD_LOG: 'debug' } })
  await until(async () => (await running.call('daemon.status')).listeners.web.url !== null, 'it is open')
  const post = async (path: string, body: string, headers: readonly (readonly [string, string])[] = []) => {
    const reply = await ask(port, { method: 'POST', path, headers, body })
    return { ...reply, json: reply.body === '' ? {} : (JSON.parse(reply.body) as Record<string, string>) }
  }
  const form = (path: string, fields: Record<string, string>) =>
    post(path, new URLSearchParams(fields).toString(), [FORM])

  const { launched } = await running.call('web.launch')
  const launch = secretIn(launched.url)
  const session = (await post('/launch', JSON.stringify({ launch }))).json['session'] ?? ''
  await post('/launch', JSON.stringify({ launch }))
  t.equal((await post('/rpc', rpc('daemon.status'), [bearer(session)])).status, 200)
  const begun = (await form('/oauth/device_authorization', { client_id: 'tallyctl', scope: 'usage:read' }))
    .json
  const code = begun['device_code'] ?? ''
  const grant = {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: 'tallyctl',
    device_code: code,
  }
  await form('/oauth/token', grant)
  await running.call('requests.approve', { code: begun['user_code'] ?? '', newMember: 'ann' })
  let token = ''
  // Whoever polls sooner than every five seconds is told to poll less.
  for (let at = 0; at < 10 && token === ''; at++) {
    await sleep(6_000)
    token = (await form('/oauth/token', grant)).json['access_token'] ?? ''
  }
  t.equal((await post('/rpc', rpc('access.whoami'), [bearer(token)])).status, 200)
  const made = (await running.call('tokens.create', { member: 'bob', scopes: ['admin'] })).token.secret
  await post('/rpc', rpc('nothing.there', { token: made }), [bearer(made)])
  await form('/oauth/revoke', { token: made })
  await post('/rpc', rpc('access.whoami'), [bearer(made)])
  await form('/oauth/token', { ...grant, device_code: made })

  const link = /link=(.+)$/.exec(begun['verification_uri_complete'] ?? '')?.[1] ?? ''
  const secrets = { launch, session, token, made, code, link, userCode: begun['user_code'] ?? '' }
  for (const [what, secret] of Object.entries(secrets)) t.ok(secret.length >= 9, what)
  const search = (where: string, text: string) => {
    for (const [what, secret] of Object.entries(secrets)) {
      if (text.includes(secret)) t.fail(`${what} in ${where}`)
    }
  }
  const everywhere = () => {
    for (const path of filesBelow(home)) search(path, readFileSync(path, 'latin1'))
    for (const text of processTexts()) search('an argument or an environment', text)
    search('the log', running.log())
  }
  everywhere()
  await running.stop()
  everywhere()
  t.ok(filesBelow(home).length > 3, 'files were searched')
})

t.test('tallyctl web gives a browser the file, and no program the secret', async (t) => {
  const home = temporaryFolder(t)
  const programs = join(home, 'bin')
  const port = await freePort()
  mkdirSync(programs)
  writeFileSync(join(home, 'config.json'), JSON.stringify({ web: { port } }))
  const seen = join(home, 'seen')
  const opener = `#!/bin/sh\nprintf '%s\\n' "$#" "$@" > '${seen}'\ncat "$1" >> '${seen}'\n`
  for (const name of ['xdg-open', 'open']) {
    writeFileSync(join(programs, name), opener)
    chmodSync(join(programs, name), 0o755)
  }
  const running = await daemon(t, { home })
  await until(async () => (await running.call('daemon.status')).listeners.web.url !== null, 'it is open')
  const PATH = `${programs}:${process.env['PATH'] ?? ''}`
  const { exit, out } = await tallyctl(home, ['web'], { program: BUNDLE, env: { PATH, DISPLAY: ':0' } })
  t.equal(exit, 0)
  t.notMatch(out, /launch=/)
  const [count, file = '', page = ''] = readFileSync(seen, 'utf8').split('\n')
  t.equal(count, '1')
  t.match(file, /\/launch-[0-9a-f]{16}\.html$/)
  t.match(page, new RegExp(`url=http://127\\.0\\.0\\.1:${port}/#launch=[\\w-]{43}`))
  t.ok(existsSync(file), 'it waits for the browser')

  const bare = await tallyctl(home, ['web'], { program: BUNDLE })
  t.match(bare.out, new RegExp(`^http://127\\.0\\.0\\.1:${port}/#launch=[\\w-]{43}\n$`))
  t.match(bare.err, new RegExp(`ssh -L ${port}:127\\.0\\.0\\.1:${port} `))
  const printed = await tallyctl(home, ['web', '--print'], { program: BUNDLE, env: { PATH, DISPLAY: ':0' } })
  t.match(printed.out, /#launch=[\w-]{43}\n$/)
  const cert = await tallyctl(home, ['web', 'cert'], { program: BUNDLE })
  t.match(
    cert.out,
    /^-----BEGIN CERTIFICATE-----\n[\s\S]*\npin {4}sha256\/\/[A-Za-z0-9+/]{43}=\nnames {2}127\.0\.0\.1, /,
  )
  const status = await tallyctl(home, ['status'], { program: BUNDLE })
  t.match(status.out, new RegExp(`\nweb {8}http://127\\.0\\.0\\.1:${port}\n`))
  await running.stop()
  t.notOk(
    readdirSync(home).some((name) => name.startsWith('launch-')),
    'no file stays',
  )
})
