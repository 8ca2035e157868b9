// `tallyctl displays …`: what is printed once, who is listed, and what the owner hears while a display tries codes.
import { encodeQR } from 'qr'
import decodeQR from 'qr/decode.js'
import t from 'tap'
import { qrLines } from '../../src/ctl/terminal/qr.ts'
import { Screen } from '../../src/ctl/terminal/screen.ts'
import { started, tallyctl } from './client.ts'
import { answers, fakeDaemon, MODELS, status, WEB } from './fake-daemon.ts'

const TOKEN = {
  id: '0a1b2c3d',
  member: 'kitchen',
  label: 'kitchen',
  scopes: ['dashboard:read'],
  identity: 'redacted',
  origin: 'created',
  device: null,
  createdAt: '2026-11-20T12:00:00Z',
  createdBy: 'owner',
  lastUsedAt: null,
  expiresAt: null,
}
const WIDE = { ...TOKEN, id: '11111111', member: 'ci', scopes: ['dashboard:read', 'usage:read'] }
const PIN = 'sha256//EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEX='

function household(
  more: object = {},
  web: object = { url: 'https://desk.local:4766', port: 4766, lan: true },
) {
  const { listeners, ...rest } = status()
  return answers(MODELS, {
    'daemon.status': () => ({ ...rest, listeners: { ...listeners, web: { ...WEB, ...web } } }),
    'web.cert': () => ({ certificate: { pem: 'a\n', pin: PIN, names: ['desk.local'] } }),
    'tokens.list': () => ({ tokens: [TOKEN, WIDE] }),
    'tokens.create': () => ({ token: { ...TOKEN, secret: 'tallyd_EXAMPLE' } }),
    'tokens.revoke': () => ({ revoked: TOKEN }),
    ...more,
  })
}

t.test('displays: those that can do nothing else', async (t) => {
  const { home } = await fakeDaemon(t, household())
  const { out } = await tallyctl(home, ['displays'])
  t.match(
    out,
    /^id +display +label +identity +last used +expires\n0a1b2c3d +kitchen +kitchen +redacted +never +never\n$/,
  )
  const none = await fakeDaemon(t, household({ 'tokens.list': () => ({ tokens: [WIDE] }) }))
  t.match(await tallyctl(none.home, ['displays']), {
    out: 'no displays yet\n',
    err: /displays add NAME.*\n.*displays pair NAME/,
  })
})

t.test(
  'displays add: address, pin and token, once; where it is for this machine alone it says so',
  async (t) => {
    const { home, calls } = await fakeDaemon(t, household())
    const { exit, out, err } = await tallyctl(home, [
      'displays',
      'add',
      'kitchen',
      '--identity',
      'none',
      '--expires',
      '30d',
    ])
    t.equal(exit, 0)
    t.equal(
      out,
      `endpoint   https://desk.local:4766/dashboard/v1/snapshot\npin        ${PIN}\ntoken      tallyd_EXAMPLE\n`,
    )
    t.match(err, 'shown this once')
    t.strictSame(calls.find(({ method }) => method === 'tokens.create')?.params, {
      member: 'kitchen',
      scopes: ['dashboard:read'],
      label: 'kitchen',
      identity: 'none',
      expiresIn: 2_592_000,
    })
    const json = JSON.parse((await tallyctl(home, ['displays', 'add', 'kitchen', '--json'])).out)
    t.match(json, { endpoint: /snapshot$/, pin: PIN, token: { secret: 'tallyd_EXAMPLE' } })
    const local = await fakeDaemon(t, household({}, { url: 'http://127.0.0.1:4766', port: 4766 }))
    const alone = await tallyctl(local.home, ['displays', 'add', 'kitchen'])
    t.notMatch(alone.out, 'pin')
    t.match(alone.err, 'for this machine alone')
    const plain = await fakeDaemon(
      t,
      household({}, { url: 'http://127.0.0.1:4766', port: 4766, plainHttp: true, plainHttpPort: 4767 }),
    )
    const open = await tallyctl(plain.home, ['displays', 'add', 'kitchen'])
    t.match(open.out, /^or {9}http:\/\/.+\.local:4767\/dashboard\/v1\/snapshot {3}\(unencrypted\)$/m)
    t.notMatch(open.err, 'for this machine alone')
    const off = await fakeDaemon(t, household({}, { url: null }))
    const closed = await tallyctl(off.home, ['displays', 'add', 'kitchen'])
    t.not(closed.exit, 0)
    t.notOk(
      off.calls.some(({ method }) => method === 'tokens.create'),
      'nothing is made that nobody can reach',
    )
  },
)

t.test('displays add: the QR code can be read back off the terminal', async (t) => {
  const text = JSON.stringify({
    endpoint: 'https://desk.local:4766/dashboard/v1/snapshot',
    pin: PIN,
    token: `tallyd_${'A'.repeat(43)}`,
  })
  const plain = new Screen({ NO_COLOR: '1' }, '')
  const lines = await qrLines(text, plain, 100)
  t.ok(lines !== null)
  t.equal(await qrLines(text, plain, 40), null, 'too narrow')
  // Each character is two modules: which of them are light.
  const light = new Map([
    ['█', [1, 1]],
    ['▀', [1, 0]],
    ['▄', [0, 1]],
    [' ', [0, 0]],
  ])
  const rows = (lines ?? []).flatMap((line) =>
    [0, 1].map((half) => [...line].map((each) => light.get(each)?.[half] === 1)),
  )
  const scale = 4
  const [width, height] = [rows[0]!.length * scale, rows.length * scale]
  const data = new Uint8Array(width * height * 4)
  for (let at = 0; at < width * height; at++) {
    const isLight =
      rows[Math.floor(Math.floor(at / width) / scale)]![Math.floor((at % width) / scale)] === true
    data.fill(isLight ? 255 : 0, at * 4, at * 4 + 3)
    data[at * 4 + 3] = 255
  }
  t.equal(decodeQR({ width, height, data }), text)
  t.match((await qrLines(text, new Screen({ FORCE_COLOR: '1' }, ''), 100))?.[0], '\x1b[97;40m')
  t.ok(encodeQR(text, 'raw').length > 20)
})

t.test('displays remove: by name or id', async (t) => {
  const { home, calls } = await fakeDaemon(t, household())
  for (const word of ['kitchen', '0a1b2c3d']) {
    t.match(await tallyctl(home, ['displays', 'remove', word]), {
      exit: 0,
      out: /1 token of .+ revoked$/m,
      err: /1 token of it stay/,
    })
    t.strictSame(calls.findLast(({ method }) => method === 'tokens.revoke')?.params, { id: '0a1b2c3d' })
  }
  for (const word of ['ci', '11111111', 'hall']) {
    t.match(await tallyctl(home, ['displays', 'remove', word]), { exit: 2, err: /no display is called/ })
  }
})

const WINDOW = {
  id: 'w',
  state: 'waiting',
  member: 'kitchen',
  expiresAt: '2026-11-20T12:05:00Z',
  attempts: 5,
  rejected: 0,
  token: null,
}

async function pairing(t: Parameters<typeof fakeDaemon>[0], words: readonly string[]) {
  let subscribed = () => undefined as unknown
  const ready = new Promise((resolve) => {
    subscribed = () => resolve(undefined)
  })
  const daemon = await fakeDaemon(t, {
    ...household({
      'displays.pair': () => ({ pairing: WINDOW, code: '604218', url: 'https://desk.local:4766' }),
    }),
    'displays.cancel': () => ({ cancelled: { existed: true } }),
    'events.subscribe': () => {
      subscribed()
      return { subscribed: { subscription: 1, event: 'displays.changed' } }
    },
  })
  const running = started(daemon.home, ['displays', 'pair', 'kitchen', ...words])
  await ready
  const tell = (more: object) => daemon.send('displays.changed', { pairing: { ...WINDOW, ...more } })
  return { daemon, running, tell }
}

t.test('displays pair: every wrong code is told, and the token at the end', async (t) => {
  const { running, tell } = await pairing(t, [])
  tell({ rejected: 1 })
  tell({ rejected: 3 })
  tell({ rejected: 3, state: 'claimed', token: '0a1b2c3d' })
  const { exit, out, err } = await running.ended
  t.equal(exit, 0)
  t.equal(out, 'code   604 218      for 5 min, one use\nkitchen has its token (0a1b2c3d)\n')
  t.match(err, 'rejected (1/5)\nrejected (2/5)\nrejected (3/5)\n')
})

t.test('displays pair: five wrong codes end it with the command that opens it again', async (t) => {
  const { running, tell } = await pairing(t, [])
  tell({ rejected: 5, state: 'burnt' })
  const { exit, err } = await running.ended
  t.not(exit, 0)
  t.match(err, /rejected \(5\/5\)\n.*5 wrong codes came.*run: npx tallyctl displays pair/)
})

t.test('displays pair --json, and Ctrl-C takes the code back', async (t) => {
  const { running, tell } = await pairing(t, ['--json'])
  tell({ state: 'claimed', token: '0a1b2c3d' })
  const lines = (await running.ended).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.match(lines, [
    { code: '604218', url: /^https/, expiresAt: WINDOW.expiresAt },
    { claimed: { token: '0a1b2c3d', member: 'kitchen' } },
  ])
  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    const other = await pairing(t, [])
    other.running.child.kill(signal)
    const { exit, err } = await other.running.ended
    t.equal(exit, 1, signal)
    t.match(err, 'the code is taken back')
    t.equal(other.daemon.calls.at(-1)?.method, 'displays.cancel')
  }
})

t.test('displays pair: who ends it before the code is shown leaves no window open', async (t) => {
  let isAsked = false
  const daemon = await fakeDaemon(t, {
    ...household({
      'displays.pair': () => {
        isAsked = true
        // The answer is on its way; the client has not seen it yet.
        setImmediate(() => running.child.kill('SIGINT'))
        return { pairing: WINDOW, code: '604218', url: 'https://desk.local:4766' }
      },
    }),
    'displays.cancel': () => ({ cancelled: { existed: true } }),
    'events.subscribe': () => ({ subscribed: { subscription: 1, event: 'displays.changed' } }),
  })
  const running = started(daemon.home, ['displays', 'pair', 'kitchen'])
  const { exit } = await running.ended
  t.ok(isAsked)
  t.equal(exit, 1)
  t.ok(daemon.calls.some(({ method }) => method === 'displays.cancel'))
})
