// The logins of one device against an issuer that the test plays: what is on the disk, what is asked, and what is told of it.
import t from 'tap'
import { TallyError } from '../../../src/contract/errors.ts'
import type { Ask } from '../../../src/daemon/logins/issuer.ts'
import { isLoginData, type LoginData } from '../../../src/daemon/logins/login-data.ts'
import { Logins } from '../../../src/daemon/logins/logins.ts'
import { mintToken } from '../../../src/daemon/tokens/token.ts'

const failing = (error: string) => ({ error }) as never
const URL_THERE = 'https://desk.local:4766'
const DEVICE = 'd'.repeat(64)
const WANTED = {
  url: URL_THERE,
  device: DEVICE,
  address: 'desk.local:4765',
  scopes: [],
  label: 'laptop',
  takeover: false,
}

type Reply = readonly [status: number, body: unknown] | 'silent'

/** A device whose time, disk and other side the test holds. */
function held(stored: LoginData = { logins: [] }, unreadable: TallyError | null = null) {
  let [value, isRefusing, clock] = [stored, false, 0]
  let written = Promise.resolve()
  let release: () => void = () => undefined
  const timers: { at: number; act: () => void }[] = []
  const asked: { path: string; form: URLSearchParams; rpc: string }[] = []
  const replies: Record<string, Reply> = {
    '/oauth/device_authorization': [
      200,
      { device_code: 'secret-device-code', user_code: 'WDJB-MJHT', expires_in: 600, interval: 5 },
    ],
    '/oauth/token': [400, { error: 'authorization_pending' }],
    '/oauth/revoke': [200, {}],
    '/v1/rpc': [200, { jsonrpc: '2.0', id: 1, result: { you: {} } }],
  }
  const ask: Ask = async (_issuer, { path, body, headers }) => {
    asked.push({ path, form: new URLSearchParams(body), rpc: headers['authorization'] ?? '' })
    const reply = replies[path]!
    if (reply === 'silent') throw new TallyError('unreachable', 'desk.local:4765 (no answer)')
    return { status: reply[0], body: Buffer.from(JSON.stringify(reply[1])) }
  }
  const recorded: string[] = []
  const open = () => {
    const logins = new Logins({
      document: {
        get value() {
          return value
        },
        async update(change) {
          await written
          const next = change(structuredClone(value))
          if (isRefusing) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
          value = next as LoginData
        },
      },
      ask,
      unreadable,
      record: (what) => void recorded.push(what),
      changed: () => undefined,
      now: () => clock,
      ticks: () => clock,
      wake(ms, act) {
        const timer = { at: clock + ms, act }
        timers.push(timer)
        return () => void (timers.includes(timer) && timers.splice(timers.indexOf(timer), 1))
      },
    })
    logins.start()
    return logins
  }
  return {
    open,
    asked,
    recorded,
    replies,
    disk: () => value.logins,
    /** Whether the disk takes its time. */
    hold(is: boolean) {
      release()
      if (is) {
        written = new Promise((resolve) => {
          release = resolve
        })
      }
    },
    refuse: (is: boolean) => {
      isRefusing = is
    },
    /** Lets so many milliseconds pass, and everything that is due happen. */
    async pass(ms: number) {
      const until = clock + ms
      for (;;) {
        await new Promise(setImmediate)
        const due = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
        if (due === undefined) break
        timers.splice(timers.indexOf(due), 1)
        clock = Math.max(clock, due.at)
        due.act()
      }
      clock = until
      await new Promise(setImmediate)
    },
  }
}

function granted(token: string): Reply {
  return [
    200,
    { access_token: token, token_type: 'Bearer', scope: 'usage:read', token_id: '0a1b2c3d', member: 'ann' },
  ]
}

/** One that is logged in, with its token. */
async function claimed() {
  const world = held()
  const logins = world.open()
  const token = mintToken()
  await logins.begin(WANTED)
  world.replies['/oauth/token'] = granted(token)
  await world.pass(5_000)
  return { ...world, logins, token }
}

t.test('asked, shown, granted: written down, then used once', async (t) => {
  const world = held()
  const logins = world.open()
  const begun = await logins.begin({ ...WANTED, scopes: ['usage:read'], takeover: true })
  t.match(begun, {
    state: 'asking',
    code: { userCode: 'WDJB-MJHT', verificationUri: `${URL_THERE}/approve` },
    member: null,
  })
  t.match(Object.fromEntries(world.asked[0]!.form), {
    client_id: 'tallyctl',
    label: 'laptop',
    scope: 'usage:read',
    takeover: 'true',
  })
  await world.pass(4_999)
  t.equal(world.asked.length, 1, 'it waits for its interval')
  await world.pass(1)
  t.equal(world.asked.length, 2)
  t.same(world.disk(), [], 'nothing of an attempt is kept')
  const token = mintToken()
  world.replies['/oauth/token'] = granted(token)
  await world.pass(5_000)
  t.match(logins.list(), [{ state: 'claimed', member: 'ann', tokenId: '0a1b2c3d', code: null }])
  t.match(world.disk(), [{ token, confirmed: true, leaving: false }])
  t.equal(world.asked.at(-1)!.rpc, `Bearer ${token}`)
  t.same(world.recorded, ['loggedIn'])
  t.notOk(JSON.stringify(logins.list()).includes(token), 'it is never told')
  t.notOk(JSON.stringify(logins.list()).includes('secret-device-code'))
})

t.test('a disk that refuses: the token is given back, and the attempt says so', async (t) => {
  const world = held()
  const logins = world.open()
  await logins.begin(WANTED)
  world.refuse(true)
  const token = mintToken()
  world.replies['/oauth/token'] = granted(token)
  await world.pass(5_000)
  t.match(logins.list(), [{ state: 'failed', problem: { code: 'stateUnwritable' } }])
  t.equal(world.asked.at(-1)!.form.get('token'), token)
  t.same(world.disk(), [])
})

t.test('a restart between the writing and the first use: it is used then', async (t) => {
  const { replies, pass, disk, asked, open, logins } = await claimed()
  logins.stop()
  const unused = held({ logins: disk().map((each) => ({ ...each, confirmed: false })) })
  unused.replies['/v1/rpc'] = 'silent'
  const again = unused.open()
  await unused.pass(0)
  t.match(again.list(), [{ state: 'claimed', problem: { code: 'unreachable' } }])
  t.match(again.checks(), [{ level: 'warning', says: /could not be used yet/ }])
  unused.replies['/v1/rpc'] = replies['/v1/rpc']!
  await unused.pass(1_000)
  t.match(again.list(), [{ state: 'claimed', problem: null }])
  t.match(again.checks(), [{ level: 'ok', says: 'as ann' }])
  t.match(unused.disk(), [{ confirmed: true }])
  const before = asked.length
  open()
  await pass(60_000)
  t.equal(asked.length, before, 'what was used is asked nothing at a start')
})

t.test('logged out: revoked there, then forgotten here', async (t) => {
  const { logins, asked, pass, disk, token, recorded } = await claimed()
  const ending = logins.end(URL_THERE, { force: false })
  await pass(0)
  t.same(await ending, { url: URL_THERE, tokenId: '0a1b2c3d', revoked: true })
  t.equal(asked.at(-1)!.form.get('token'), token)
  t.same(disk(), [])
  t.same(logins.list(), [])
  t.same(recorded, ['loggedIn', 'loggedOut'])
  await t.rejects(logins.end(URL_THERE, { force: false }), failing('notLoggedIn'))
})

t.test(
  'logged out while the other side is away: it opens nothing more here, and is given back later',
  async (t) => {
    const { logins, replies, pass, disk, token } = await claimed()
    replies['/oauth/revoke'] = 'silent'
    const ending = logins.end(URL_THERE, { force: false })
    await pass(5_000)
    t.match(await ending, { revoked: false })
    await t.rejects(logins.call(URL_THERE, { method: 'usage.summary' }), failing('notLoggedIn'))
    t.match(disk(), [{ leaving: true, token }])
    t.match(logins.checks(), [
      { level: 'warning', says: /not given back there yet/, next: /logout .* --force/ },
    ])
    logins.stop()

    const later = held({ logins: disk() })
    later.replies['/oauth/revoke'] = 'silent'
    const again = later.open()
    t.match(again.list(), [{ state: 'leaving' }])
    await later.pass(1_000)
    later.replies['/oauth/revoke'] = [200, {}]
    await later.pass(60_000)
    t.same(later.disk(), [])
    t.equal(later.asked.at(-1)!.form.get('token'), token)
  },
)

t.test('by force it is forgotten although the other side did not answer', async (t) => {
  const { logins, replies, pass, disk } = await claimed()
  replies['/oauth/revoke'] = 'silent'
  const ending = logins.end(URL_THERE, { force: true })
  await pass(5_000)
  t.match(await ending, { revoked: false })
  await pass(0)
  t.same(disk(), [])
  t.same(logins.list(), [])
})

t.test('a disk that refuses a logout: it is still logged in', async (t) => {
  const { logins, disk, refuse } = await claimed()
  refuse(true)
  await t.rejects(logins.end(URL_THERE, { force: false }), failing('stateUnwritable'))
  t.match(logins.list(), [{ state: 'claimed' }])
  t.match(disk(), [{ leaving: false }])
})

t.test('revoked there: the next call finds out, and it is forgotten', async (t) => {
  const { logins, replies, disk, pass, recorded } = await claimed()
  replies['/v1/rpc'] = [401, {}]
  await t.rejects(logins.call(URL_THERE, { method: 'usage.summary' }), failing('unauthorized'))
  await pass(0)
  t.same(disk(), [])
  t.same(recorded, ['loggedIn', 'loggedOut'])
})

t.test('another token for the same device takes the place of the one before', async (t) => {
  const { logins, replies, pass, disk, asked } = await claimed()
  await logins.begin({ ...WANTED, url: 'https://desk.lan:4766' })
  t.match(
    logins.list().map(({ state }) => state),
    ['claimed', 'asking'],
  )
  const second = mintToken()
  replies['/oauth/token'] = granted(second)
  await pass(5_000)
  t.match(disk(), [{ url: 'https://desk.lan:4766', token: second }])
  t.equal(disk().length, 1)
  t.notOk(
    asked.some(({ path }) => path === '/oauth/revoke'),
    'there it ended with the new one',
  )
})

t.test(
  'another device at the same place: what the one before gave is forgotten, for it is there no more',
  async (t) => {
    const { logins, replies, pass, disk, asked } = await claimed()
    const [other, second] = ['e'.repeat(64), mintToken()]
    await logins.begin({ ...WANTED, device: other })
    replies['/oauth/token'] = granted(second)
    await pass(6_000)
    t.match(disk(), [{ device: other, token: second }])
    t.match(
      logins.list().map(({ state }) => state),
      ['claimed'],
    )
    t.notOk(asked.some(({ path }) => path === '/oauth/revoke'))
  },
)

t.test(
  'another device at that URL, elsewhere: the token of the one before is given back to it',
  async (t) => {
    const { logins, replies, pass, disk, token, asked } = await claimed()
    const [other, second] = ['e'.repeat(64), mintToken()]
    await logins.begin({ ...WANTED, device: other, address: 'desk.local:9999' })
    replies['/oauth/token'] = granted(second)
    await pass(6_000)
    t.match(disk(), [{ device: other, token: second }])
    t.equal(disk().length, 1)
    t.ok(asked.some(({ form }) => form.get('token') === token))
  },
)

t.test('a second attempt at the same address ends the first', async (t) => {
  const world = held()
  const logins = world.open()
  const first = await logins.begin(WANTED)
  const second = await logins.begin(WANTED)
  t.match(
    logins.list().map(({ id }) => id),
    [second.id],
  )
  t.not(first.id, second.id)
})

t.test('an attempt that is stopped leaves the login beside it as it is', async (t) => {
  const { logins, disk } = await claimed()
  const { id } = await logins.begin(WANTED)
  t.match(await logins.end(URL_THERE, { id, force: false }), { tokenId: null, revoked: true })
  t.match(logins.list(), [{ state: 'claimed' }])
  t.match(disk(), [{ leaving: false }])
})

t.test('what ends it is told, in words', async (t) => {
  for (const [error, code] of [
    ['access_denied', 'access_denied'],
    ['claimed_by_other', 'claimed_by_other'],
    ['expired_token', 'expired_token'],
    ['invalid_grant', 'invalid_grant'],
    ['invalid_client', 'invalid_client'],
  ] as const) {
    const world = held()
    const logins = world.open()
    await logins.begin(WANTED)
    world.replies['/oauth/token'] = [400, { error }]
    await world.pass(5_000)
    t.match(logins.list(), [{ state: 'failed', problem: { code, says: /\w{4}/ } }])
    const before = world.asked.length
    await world.pass(600_000)
    t.equal(world.asked.length, before, 'nothing is asked any more')
  }
})

t.test('answers that cannot be used', async (t) => {
  for (const [status, body, error] of [
    [200, { device_code: 'x y', user_code: 'A', expires_in: 600 }, 'notTallyd'],
    [200, { device_code: 'x', user_code: '<b>', expires_in: 600 }, 'notTallyd'],
    [200, { device_code: 'x', user_code: 'A', expires_in: -1 }, 'notTallyd'],
    [200, 'text', 'notTallyd'],
    [400, { error: 'invalid_client' }, 'notAllowed'],
    [503, {}, 'notAllowed'],
    [429, {}, 'tooMany'],
  ] as const) {
    const world = held()
    world.replies['/oauth/device_authorization'] = [status, body]
    await t.rejects(world.open().begin(WANTED), failing(error), JSON.stringify([status, body]))
  }
  const world = held()
  const logins = world.open()
  await logins.begin(WANTED)
  world.replies['/oauth/token'] = [200, { access_token: 'no token of ours', token_type: 'Bearer' }]
  await world.pass(5_000)
  t.match(logins.list(), [{ state: 'failed', problem: { code: 'unusable_token' } }])
  t.same(world.disk(), [])
})

t.test('whatever is handed out, the logins that there are stay readable', async (t) => {
  const scopes = Array.from({ length: 40 }, (_, at) => `scope-${at}`).join(' ')
  for (const more of [{ member: '' }, { scope: scopes }, { member: 'x'.repeat(10_000) }, { token_id: 7 }]) {
    const { logins, replies, pass, disk, token } = await claimed()
    const [status, body] = granted(mintToken()) as [number, object]
    await logins.begin({
      ...WANTED,
      url: 'https://evil.lan:4766',
      device: 'e'.repeat(64),
      address: 'evil.lan:1',
    })
    replies['/oauth/token'] = [status, { ...body, ...more }]
    await pass(6_000)
    t.ok(isLoginData({ logins: disk() }), JSON.stringify(more).slice(0, 40))
    t.ok(
      disk().some((each) => each.token === token),
      'the one of before is there',
    )
  }
})

t.test('logged out while the token is written: a restart does not bring it back', async (t) => {
  const world = held()
  const logins = world.open()
  await logins.begin(WANTED)
  world.replies['/oauth/token'] = granted(mintToken())
  world.replies['/oauth/revoke'] = 'silent'
  world.hold(true)
  await world.pass(5_000)
  const ending = logins.end(URL_THERE, { force: false })
  world.hold(false)
  await world.pass(6_000)
  t.match(await ending, { revoked: false })
  t.match(world.disk(), [{ leaving: true }])
})

t.test(
  'of two that are held at a URL the one that is in use is named, and both are given back',
  async (t) => {
    const { logins, replies, pass, token } = await claimed()
    replies['/oauth/revoke'] = 'silent'
    const second = mintToken()
    await logins.begin({ ...WANTED, device: 'e'.repeat(64), address: 'desk.local:9999' })
    replies['/oauth/token'] = [200, { ...(granted(second) as [number, object])[1], token_id: 'ffffffff' }]
    await pass(6_000)
    t.match(
      logins.list().map(({ state }) => state),
      ['leaving', 'claimed'],
    )
    const away = logins.end(URL_THERE, { force: false })
    await pass(6_000)
    t.match(await away, { tokenId: 'ffffffff', revoked: false })
    replies['/oauth/revoke'] = [200, {}]
    const there = logins.end(URL_THERE, { force: false })
    await pass(1)
    t.match(await there, { revoked: true })
    t.same(logins.list(), [])
    t.ok(token)
  },
)

t.test('before this device becomes another one everything is given back, or forgotten', async (t) => {
  for (const reply of [[200, {}] as const, 'silent' as const]) {
    const { logins, replies, pass, disk } = await claimed()
    replies['/oauth/revoke'] = reply
    await logins.begin({ ...WANTED, url: 'https://other.lan:4766', device: 'e'.repeat(64) })
    const ending = logins.endAll()
    await pass(6_000)
    await ending
    await pass(1)
    t.same(disk(), [])
    t.same(logins.list(), [])
  }
})

t.test('where the logins cannot be read nobody is asked for a yes', async (t) => {
  const world = held({ logins: [] }, new TallyError('stateUnreadable'))
  await t.rejects(world.open().begin(WANTED), failing('stateUnreadable'))
  t.same(world.asked, [])
})

t.test('what a call brings back is passed on, and bounded', async (t) => {
  const { logins, replies } = await claimed()
  const call = () => logins.call(URL_THERE, { method: 'usage.summary' })
  replies['/v1/rpc'] = [200, { jsonrpc: '2.0', id: 1, result: { total: 1 } }]
  t.same(await call(), { result: { total: 1 } })
  const message = `\u001b[31m${'x'.repeat(5_000)}`
  replies['/v1/rpc'] = [
    200,
    { jsonrpc: '2.0', id: 1, error: { code: -32031, message, data: { next: 'rm -rf' } } },
  ]
  const { error } = await call()
  t.equal(error?.code, -32031)
  t.equal(error?.message.length, 300)
  t.notOk(error?.message.includes('\u001b'))
  t.same(Object.keys(error ?? {}), ['code', 'message'], 'what to do next is never taken from there')
  replies['/v1/rpc'] = [200, []]
  await t.rejects(call(), failing('notTallyd'))
  replies['/v1/rpc'] = 'silent'
  await t.rejects(call(), failing('unreachable'))
  t.match(logins.list(), [{ state: 'claimed' }], 'silence ends nothing')
})
