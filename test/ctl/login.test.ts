// `tallyctl login`, `--host` by a login, `whoami` and `logout`, as a person and a script use them, between two real daemons.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { approve, type Both, deskAndLaptop, wanted } from '../daemon/logins/two.ts'
import { until } from '../harness/daemon.ts'
import { type Running, started, tallyctl } from './client.ts'

/** Waits for the code, as the owner of the desk does who is told it. */
async function codeShown(running: Running): Promise<string> {
  const shown = () => /\b[A-Z]{4}-[A-Z]{4}\b/.exec(running.out() + running.err())?.[0]
  await until(() => shown() !== undefined, 'a code is shown')
  return shown()!
}

async function login(both: Both, words: readonly string[] = []): Promise<Running> {
  const running = started(both.laptop.home, ['login', both.url, ...words])
  await codeShown(running)
  return running
}

t.test('a person logs in, asks, looks, and logs out', { timeout: 120_000 }, async (t) => {
  const both = await deskAndLaptop(t)
  const { desk, laptop, url } = both
  const ctl = (...words: string[]) => tallyctl(laptop.home, words)
  t.match(await ctl('--host', url, 'usage', 'all'), { exit: EXIT.refused, err: /there is no token for/ })

  const running = await login(both)
  t.match(running.err(), new RegExp(`to let this machine in, open {3}${url}/approve`))
  t.match(running.err(), /tallyctl approve [A-Z]{4}-[A-Z]{4} --new-member NAME/)
  await approve(both, { newMember: 'ann', identity: 'full' })
  const { exit, out } = await running.ended
  t.equal(exit, EXIT.ok)
  t.equal(out, `logged in at ${url} as "ann": usage:read\n`)

  t.match(await ctl('whoami'), {
    exit: EXIT.ok,
    out: new RegExp(`claimed {2}at ${url} by "ann", may usage:read`),
  })
  t.match(await ctl('whoami', '--host', url), { exit: EXIT.ok, out: /ann on device-0/ })
  const usage = await ctl('--host', url, 'usage', 'all', '--json')
  t.equal(JSON.parse(usage.out).total.calls, desk.calls)
  t.match(await ctl('--host', url), { exit: EXIT.ok, out: /today/ }, 'the glance asks several things at once')
  t.match(await ctl('--host', url, 'members'), {
    exit: EXIT.refused,
    err: /it needs admin; .*tallyctl login .* --scope admin/,
  })
  const watched = await tallyctl(laptop.home, ['--host', url, 'watch'], { timeoutMs: 20_000 })
  t.match(watched, { exit: EXIT.refused, err: /hears nothing by itself.*tallyctl connect/ })

  t.match(await ctl('logout', url), { exit: EXIT.ok, out: `this device is logged out at ${url}\n` })
  t.same((await desk.call('tokens.list')).tokens, [])
  t.match(await ctl('logout', url), { exit: EXIT.usage, err: /no token for .* is saved here/ })
  t.notMatch((await ctl('whoami')).out, /claimed/)
})

t.test(
  'a script: codes as JSON; another member, takeover, denial and Ctrl-C',
  { timeout: 120_000 },
  async (t) => {
    const both = await deskAndLaptop(t)
    const { desk, laptop, url } = both
    const first = await login(both, ['--json', '--label', 'my laptop', '--scope', 'usage:read'])
    t.match((await desk.call('requests.list')).requests, [{ from: { name: 'my laptop' } }])
    await approve(both, { newMember: 'ann' })
    const lines = (await first.ended).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    t.match(lines, [
      { code: /^[A-Z]{4}-[A-Z]{4}$/, verificationUri: `${url}/approve`, expiresAt: /Z$/ },
      { loggedIn: { url, member: 'ann', scopes: ['usage:read'] } },
    ])

    await desk.call('members.add', { name: 'bob' })
    const second = await login(both)
    await approve(both, { member: 'bob' }).catch(() => undefined)
    t.match(await second.ended, { exit: EXIT.refused, err: /another member has claimed.*--takeover/ })

    const third = await login(both, ['--takeover'])
    const [asked] = (await desk.call('requests.list')).requests
    t.match(asked, { claimedBy: 'ann', takeover: true })
    await desk.call('requests.deny', { id: asked!.id })
    t.match(await third.ended, { exit: EXIT.refused, err: /the request was denied/ })

    const fourth = await login(both)
    fourth.child.kill('SIGINT')
    t.match(await fourth.ended, { exit: EXIT.failed, err: /nothing was saved/ })
    const { logins } = await laptop.call('logins.list')
    t.match(
      logins.filter(({ state }) => state === 'claimed').map(({ member }) => member),
      ['ann'],
      'what was there before stays',
    )
  },
)

t.test('where it cannot be: closed, itself, no daemon here', async (t) => {
  const both = await deskAndLaptop(t)
  const { desk, laptop, url } = both
  t.match(await tallyctl(desk.home, ['login', url]), { exit: EXIT.failed, err: /is this device itself/ })
  await desk.call('sharing.set', { mode: 'off' })
  const closed = await tallyctl(laptop.home, ['login', url])
  t.match(closed, { exit: EXIT.refused, err: /LAN listener is closed.*tallyctl share always/ })
  await desk.call('sharing.set', { mode: 'always' })
  writeFileSync(join(laptop.home, 'credentials.json'), 'garbage', { mode: 0o600 })
  await laptop.call('logins.begin', await wanted(both))
  t.match(await tallyctl(laptop.home, ['logout', url]), { err: /credentials.json/ })
  t.same((await laptop.call('logins.list')).logins, [], 'a bad file of tokens keeps nobody logged in')
  rmSync(join(laptop.home, 'credentials.json'))
  t.match(await tallyctl(laptop.home, ['--host', url, 'usage']), {
    err: /tallyctl connect .* tallyctl login/,
  })
  await laptop.end()
  t.match(await tallyctl(laptop.home, ['--host', url, 'usage']), { err: /run: npx tallyctl start; else/ })
  t.match(await tallyctl(laptop.home, ['login', url]), { exit: EXIT.noDaemon, err: /not running/ })
  t.match(await tallyctl(laptop.home, ['logout', url]), { err: /tallyctl start/ })
})
