// tallyctl connect, as a process of its own, against a tallyd elsewhere that says what the test tells it to.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { temporaryFolder, until } from '../harness/daemon.ts'
import { started, tallyctl } from './client.ts'
import {
  DEVICE_CODE,
  type FakeHost,
  fakeHost,
  HANDED_OUT,
  type HostOptions,
  json,
  TOKEN,
  USER_CODE,
} from './fake-host.ts'

const PENDING = 'authorization_pending'

function saved(home: string): Record<string, { token: string; pin: string | null; member: string | null }> {
  return JSON.parse(readFileSync(join(home, 'credentials.json'), 'utf8')).credentials
}

function polls({ heard }: FakeHost): number {
  return heard.filter(({ path }) => path === '/oauth/token').length
}

t.test('it shows a code, waits, saves the token for its owner alone, and uses it once', async (t) => {
  const home = temporaryFolder(t)
  const host = await fakeHost(t, { polls: [PENDING, HANDED_OUT] })
  const ran = await tallyctl(home, ['connect', host.url, '--scope', 'usage:read', '--label', 'on the fridge'])
  t.equal(ran.exit, EXIT.ok, ran.err)
  t.equal(ran.out, `connected to ${host.url} as "kitchen display": usage:read\n`)
  t.match(ran.err, `${host.url}/approve`)
  t.match(ran.err, USER_CODE)
  t.match(ran.err, '10:00 min')
  t.match(ran.err, `saved in ${home}/credentials.json; try: npx tallyctl --host ${host.url} usage`)
  t.strictSame(
    host.heard.map(({ method, path }) => `${method} ${path}`),
    [
      'GET /.well-known/oauth-authorization-server',
      'POST /oauth/device_authorization',
      'POST /oauth/token',
      'POST /oauth/token',
      'POST /rpc',
    ],
  )
  t.strictSame(host.heard[1]?.form, { client_id: 'tallyctl', label: 'on the fridge', scope: 'usage:read' })
  t.strictSame(host.heard[2]?.form, {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: DEVICE_CODE,
    client_id: 'tallyctl',
  })
  t.match(JSON.parse(host.heard[4]?.body ?? ''), { method: 'access.whoami' })
  t.equal(statSync(join(home, 'credentials.json')).mode & 0o777, 0o600)
  t.match(saved(home), {
    [host.url]: { token: TOKEN, pin: null, member: 'kitchen display', tokenId: '0a1b2c3d' },
  })
  t.strictSame(readdirSync(home), ['credentials.json'], 'no daemon, no log, nothing else')
  t.notOk(`${ran.out}${ran.err}`.includes(TOKEN), 'the token is not shown')
  t.notOk(`${ran.out}${ran.err}`.includes(DEVICE_CODE))
})

t.test(
  'the label is the short name of this machine; a second connect replaces the token and gives the first back',
  async (t) => {
    const home = temporaryFolder(t)
    const host = await fakeHost(t)
    await tallyctl(home, ['connect', host.url])
    t.strictSame(host.heard[1]?.form, { client_id: 'tallyctl', label: hostname().split('.')[0] })
    const again = await tallyctl(home, ['connect', `${host.url}/`])
    t.equal(again.exit, EXIT.ok)
    t.match(again.err, 'the token before it, 0a1b2c3d, was revoked there')
    t.equal(Object.keys(saved(home)).length, 1)
    t.match(host.heard.at(-1), { path: '/oauth/revoke', form: { token: TOKEN } })
  },
)

t.test('--json: the code at once, and who is connected when it happened', async (t) => {
  const home = temporaryFolder(t)
  const host = await fakeHost(t, { polls: [PENDING, PENDING, HANDED_OUT] })
  const running = started(home, ['connect', host.url, '--json'])
  await until(() => running.out().includes('\n'), 'the first line')
  const first = JSON.parse(running.out())
  t.match(first, { code: USER_CODE, verificationUri: `${host.url}/approve` })
  t.ok(Math.abs(Date.parse(first.expiresAt) - Date.now() - 600_000) < 60_000)
  const { exit, out, err } = await running.ended
  t.equal(exit, EXIT.ok)
  t.equal(err, '')
  t.strictSame(JSON.parse(out.split('\n')[1] ?? ''), {
    connected: { url: host.url, member: 'kitchen display', scopes: ['usage:read'], tokenId: '0a1b2c3d' },
  })
})

t.test('--no-write prints the token once and saves nothing', async (t) => {
  const home = temporaryFolder(t)
  const host = await fakeHost(t)
  const plain = await tallyctl(home, ['connect', host.url, '--no-write'])
  t.equal(plain.exit, EXIT.ok)
  t.equal(plain.out, `${TOKEN}\n`)
  t.match(plain.err, /this token is secret/)
  t.notOk(plain.err.includes(TOKEN))
  const { out } = await tallyctl(home, ['connect', host.url, '--no-write', '--json'])
  t.match(JSON.parse(out.split('\n')[1] ?? ''), { connected: { url: host.url, token: TOKEN } })
  t.strictSame(readdirSync(home), [])
})

t.test('every end of a request: what happened, what to do, and nothing saved', async (t) => {
  for (const [answer, exit, says] of [
    [
      'access_denied',
      EXIT.refused,
      /^tallyctl: the request was denied; if that was a slip, run: npx tallyctl connect http:\S+\n$/m,
    ],
    [
      'expired_token',
      EXIT.timeout,
      /^tallyctl: nobody said yes within 10 min; for a new code, run: npx tallyctl connect http:\S+\n$/m,
    ],
    [
      'invalid_grant',
      EXIT.refused,
      /^tallyctl: the request is not known there any more: .*; run again: npx tallyctl connect /m,
    ],
    ['claimed_by_other', EXIT.refused, /claimed by another member/],
  ] as const) {
    const home = temporaryFolder(t)
    const host = await fakeHost(t, { polls: [answer] })
    const ran = await tallyctl(home, ['connect', host.url])
    t.equal(ran.exit, exit, answer)
    t.equal(ran.out, '')
    t.match(ran.err, says)
    t.strictSame(readdirSync(home), [])
  }
})

t.test('a tallyd that goes away and comes back is asked again', async (t) => {
  const home = temporaryFolder(t)
  const first = await fakeHost(t, { polls: [PENDING] })
  const running = started(home, ['connect', first.url])
  await until(() => polls(first) > 0, 'a question')
  await first.close()
  const second = await fakeHost(t, { port: first.port })
  t.equal((await running.ended).exit, EXIT.ok, running.err())
  t.equal(second.url, first.url)
  t.match(saved(home), { [first.url]: { token: TOKEN } })
})

t.test('Ctrl-C at any moment says that nothing was saved, and nothing was', async (t) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const home = temporaryFolder(t)
    const host = await fakeHost(t, { polls: [PENDING] })
    const running = started(home, ['connect', host.url])
    await until(() => polls(host) > 0, 'a question')
    running.child.kill(signal)
    const { exit, out, err } = await running.ended
    t.equal(exit, EXIT.failed, signal)
    t.equal(out, '')
    t.match(err, /\nnothing was saved\n$/)
    t.strictSame(readdirSync(home), [])
  }
  // While the first answer is still awaited.
  const home = temporaryFolder(t)
  const host = await fakeHost(t, { says: { '/.well-known/oauth-authorization-server': () => undefined } })
  const running = started(home, ['connect', host.url])
  await until(() => host.heard.length > 0, 'the first question')
  running.child.kill('SIGINT')
  t.match(await running.ended, { exit: EXIT.failed, err: 'nothing was saved\n' })
})

t.test('a file of credentials that is refused is named before anybody is asked', async (t) => {
  const home = temporaryFolder(t)
  writeFileSync(join(home, 'credentials.json'), 'garbage', { mode: 0o600 })
  const host = await fakeHost(t)
  const ran = await tallyctl(home, ['connect', host.url])
  t.equal(ran.exit, EXIT.failed)
  t.match(ran.err, /credentials\.json is not used: it is not JSON; restore it from a backup, or move it away/)
  t.strictSame(host.heard, [])
  t.equal(readFileSync(join(home, 'credentials.json'), 'utf8'), 'garbage')
})

t.test('a token that cannot be saved is given back', async (t) => {
  const home = temporaryFolder(t)
  const host = await fakeHost(t, {
    says: {
      '/oauth/token': (_, response) => {
        mkdirSync(join(home, 'credentials.json'))
        json(response, 200, HANDED_OUT)
      },
    },
  })
  const ran = await tallyctl(home, ['connect', host.url])
  t.equal(ran.exit, EXIT.failed)
  t.match(ran.err, /the token could not be saved and was given back/)
  t.match(host.heard.at(-1), { path: '/oauth/revoke', form: { token: TOKEN } })
})

t.test('a token that does not open anything is said; it stays saved', async (t) => {
  const home = temporaryFolder(t)
  const host = await fakeHost(t, { says: { '/rpc': (_, response) => response.writeHead(401).end() } })
  const ran = await tallyctl(home, ['connect', host.url])
  t.equal(ran.exit, EXIT.refused)
  t.match(
    ran.err,
    /the token is saved, but could not be tried; unless it is used it ends in 10 min\ntallyctl: http:\S+ does not take/,
  )
  t.match(saved(home), { [host.url]: { token: TOKEN } })
})

const ESCAPE = '\x1b[2J\x1b]0;owned\x07\u202e'
const METADATA = '/.well-known/oauth-authorization-server'
const BEGIN = '/oauth/device_authorization'
const POLL = '/oauth/token'

/** What a server may answer, hostile or broken, by path. */
const HOSTILE: Readonly<Record<string, NonNullable<HostOptions['says']>>> = {
  'metadata of another': {
    [METADATA]: (_, response) => json(response, 200, { issuer: `https://evil.example/${ESCAPE}` }),
  },
  'metadata without anything': { [METADATA]: (_, response) => json(response, 200, {}) },
  'metadata that is a list': { [METADATA]: (_, response) => json(response, 200, [1]) },
  'metadata that is no JSON': { [METADATA]: (_, response) => response.end(`<html>${ESCAPE}`) },
  'metadata that leads elsewhere': {
    [METADATA]: (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  },
  'metadata of 100 kB': { [METADATA]: (_, response) => response.end(`"${'x'.repeat(100_000)}"`) },
  'a code that is a list': { [BEGIN]: (_, response) => json(response, 200, { device_code: ['x'] }) },
  'a code with escapes': {
    [BEGIN]: (_, response) =>
      json(response, 200, { device_code: 'x', user_code: ESCAPE, verification_uri: 'x', expires_in: 5 }),
  },
  'an error with escapes': {
    [BEGIN]: (_, response) => json(response, 400, { error: ESCAPE, error_description: ESCAPE }),
  },
  'a redirected request': {
    [BEGIN]: (_, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
  },
  'too many': { [BEGIN]: (_, response) => response.writeHead(429, { 'retry-after': '3600' }).end('{}') },
  'a poll with escapes': { [POLL]: (_, response) => json(response, 400, { error: ESCAPE }) },
  'a poll of another type': {
    [POLL]: (_, response) => json(response, 200, { ...HANDED_OUT, token_type: 'mac' }),
  },
  'a token with a line break': {
    [POLL]: (_, response) => json(response, 200, { ...HANDED_OUT, access_token: 'tallyd_x\r\nX-Y: z' }),
  },
  'a token that is a number': {
    [POLL]: (_, response) => json(response, 200, { ...HANDED_OUT, access_token: 5 }),
  },
  'a redirected poll': {
    [POLL]: (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end('{}'),
  },
}

for (const [name, says] of Object.entries(HOSTILE)) {
  t.test(`a hostile answer, ${name}: one sentence, nothing saved`, async (t) => {
    const home = temporaryFolder(t)
    const host = await fakeHost(t, { says })
    const ran = await tallyctl(home, ['connect', host.url])
    t.ok(ran.exit !== 0 && ran.exit !== null, `exit ${ran.exit}`)
    t.equal(ran.out, '')
    t.match(ran.err.trimEnd().split('\n').at(-1), /^tallyctl: [^\n]+; [^\n]+$/)
    t.notMatch(ran.err, /[\x00-\x09\x0b-\x1f\x7f\u202e]/)
    t.notMatch(ran.err, /undefined|NaN|\[object|TypeError|at .*\.js/)
    t.ok(ran.err.length < 1500, 'it is short')
    t.notOk(existsSync(join(home, 'credentials.json')))
  })
}

t.test('endpoints and an address to visit that are elsewhere are not taken', async (t) => {
  for (const where of [
    'device_authorization_endpoint',
    'token_endpoint',
    'revocation_endpoint',
    'verification_uri',
  ]) {
    const home = temporaryFolder(t)
    const other = await fakeHost(t)
    const host: FakeHost = await fakeHost(t, {
      says: {
        [METADATA]: (_, response) =>
          json(response, 200, {
            issuer: host.url,
            device_authorization_endpoint: `${host.url}${BEGIN}`,
            token_endpoint: `${host.url}${POLL}`,
            revocation_endpoint: `${host.url}/oauth/revoke`,
            [where]: `${other.url}/oauth/token`,
          }),
        ...(where === 'verification_uri'
          ? {
              [BEGIN]: (_, response) =>
                json(response, 200, {
                  device_code: 'x',
                  user_code: USER_CODE,
                  verification_uri: `${other.url}/approve`,
                  expires_in: 9,
                }),
            }
          : {}),
      },
    })
    const ran = await tallyctl(home, ['connect', host.url])
    t.equal(ran.exit, EXIT.failed, where)
    t.match(
      ran.err,
      /^tallyctl: what answers there is not tallyd: an address that http:\S+ gives is not its own; /,
    )
    t.strictSame(other.heard, [])
  }
})

t.test('an issuer under another name is named', async (t) => {
  const host = await fakeHost(t)
  const ran = await tallyctl(temporaryFolder(t), ['connect', `http://localhost:${host.port}`])
  t.equal(ran.exit, EXIT.failed)
  t.match(ran.err, `what answers at http://localhost:${host.port} calls itself ${host.url}; there, `)
})

t.test('scopes, labels and pins that cannot be are refused before anything is sent', async (t) => {
  const home = temporaryFolder(t)
  const host = await fakeHost(t)
  for (const [words, says] of [
    [['--scope', 'everything'], /--scope is everything, but must be one of usage:read, /],
    [['--label', 'x'.repeat(65)], /--label takes 1 to 64 characters/],
    [['--pin', 'abc'], /--pin takes sha256\/\/ and 44 characters/],
    [['--host', host.url], /tallyctl connect is about this machine alone, and takes no --host/],
  ] as const) {
    const ran = await tallyctl(home, ['connect', host.url, ...words])
    t.equal(ran.exit, EXIT.usage)
    t.match(ran.err, says)
  }
  t.strictSame(host.heard, [])
})

t.test(
  'no secret stands in an argument, an address or a header where it does not belong',
  { skip: existsSync('/proc/self/cmdline') ? false : 'no /proc here' },
  async (t) => {
    const home = temporaryFolder(t)
    const host = await fakeHost(t, { polls: [PENDING] })
    const running = started(home, ['connect', host.url])
    await until(() => polls(host) > 0, 'a question')
    const about = `${readFileSync(`/proc/${running.child.pid}/cmdline`)}${readFileSync(`/proc/${running.child.pid}/environ`)}`
    for (const secret of [TOKEN, DEVICE_CODE, USER_CODE]) t.notOk(about.includes(secret))
    for (const { path, authorization } of host.heard) {
      t.notOk(path.includes(DEVICE_CODE))
      t.equal(authorization, undefined)
    }
    running.child.kill('SIGKILL')
    await running.ended
    t.strictSame(readdirSync(home), [])
  },
)
