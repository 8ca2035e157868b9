// A login between two real daemons: bound to the laptop's certificate, claimed by a member of the desk, ended from either side.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../../harness/daemon.ts'
import { failureOf } from '../../harness/devices.ts'
import { approve, type Both, claimed, deskAndLaptop, wanted } from './two.ts'

const call = ({ laptop, url }: Both, method: string) =>
  laptop.call('logins.call', { url, method, params: {} })

async function login(both: Both, newMember = 'ann'): Promise<void> {
  await both.laptop.call('logins.begin', await wanted(both))
  await approve(both, { newMember })
  await claimed(both)
}

/** Which member of the desk has claimed the laptop. */
async function claimant({ desk, laptop }: Both): Promise<string | null> {
  const [id, { members }] = [await laptop.id(), await desk.call('members.list')]
  return members.find(({ devices }) => devices.includes(id))?.name ?? null
}

t.test('unclaimed, claimed, used, unclaimed', async (t) => {
  const both = await deskAndLaptop(t)
  const { desk, laptop, url } = both
  t.equal(await claimant(both), null)
  t.equal(await failureOf(call(both, 'access.whoami')), 'notLoggedIn')
  const { login: begun } = await laptop.call('logins.begin', await wanted(both))
  t.match(begun, { state: 'asking', code: { verificationUri: `${url}/approve` } })
  t.match((await desk.call('requests.list')).requests, [
    { kind: 'enrolment', from: { id: await laptop.id(), name: laptop.name }, claimedBy: null },
  ])
  await approve(both, { newMember: 'ann' })
  await claimed(both)
  t.equal(await claimant(both), 'ann')
  t.match(await call(both, 'access.whoami'), {
    answer: { result: { you: { asker: 'token', member: 'ann', claimedBy: 'ann' } } },
  })
  const { answer } = await call(both, 'usage.summary')
  t.match(answer, { result: { total: { calls: desk.calls } } })
  t.match(await call(both, 'members.list'), { answer: { error: { message: /may not call/ } } })

  // It is used at once, so that nothing ends it as unused, and outlives a restart.
  t.ok((await desk.call('tokens.list')).tokens[0]?.lastUsedAt)
  await laptop.end('SIGKILL')
  await laptop.start()
  t.match(await call(both, 'access.whoami'), { answer: { result: {} } })

  t.match(await laptop.call('logins.end', { url }), { ended: { revoked: true } })
  t.equal(await claimant(both), null)
  t.same((await desk.call('tokens.list')).tokens, [])
  t.equal(await failureOf(call(both, 'access.whoami')), 'notLoggedIn')
  const kinds = async (device: typeof desk) =>
    (await device.call('audit.list')).entries.map(({ what }) => what)
  const atDesk = await kinds(desk)
  t.ok(atDesk.includes('deviceClaimed'))
  t.ok(atDesk.includes('deviceReleased'))
  t.match(await kinds(laptop), ['auditBegun', 'loggedIn', 'loggedOut'])
})

t.test(
  'another member: a distinct refusal, recorded; with takeover and the owner it takes the place',
  async (t) => {
    const both = await deskAndLaptop(t)
    const { desk, laptop, url } = both
    await login(both, 'ann')
    await laptop.call('logins.begin', await wanted(both))
    await desk.call('members.add', { name: 'bob' })
    t.equal(await failureOf(approve(both, { member: 'bob' })), 'claimedByOther')
    await until(async () => {
      const { logins } = await laptop.call('logins.list')
      return logins.some(({ problem }) => problem?.code === 'claimed_by_other')
    }, 'the laptop hears that it is claimed by another member')
    t.ok((await desk.call('audit.list')).entries.some(({ what }) => what === 'claimRefused'))
    t.match(
      await call(both, 'access.whoami'),
      { answer: { result: { you: { member: 'ann' } } } },
      'ann keeps it',
    )

    await laptop.call('logins.begin', { ...(await wanted(both)), takeover: true })
    await approve(both, { member: 'bob' })
    await until(async () => (await claimant(both)) === 'bob', 'bob has it')
    await until(async () => {
      const { logins } = await laptop.call('logins.list')
      return logins.some((each) => each.state === 'claimed' && each.member === 'bob')
    }, 'and the laptop has his token')
    t.match(await call(both, 'access.whoami'), { answer: { result: { you: { member: 'bob' } } } })
    t.equal((await desk.call('tokens.list')).tokens.length, 1)
    t.same(
      (await laptop.call('logins.list')).logins.map((each) => each.url === url && each.state),
      ['claimed'],
    )
  },
)

t.test('logged out while the desk is away: it is given back when the desk is there again', async (t) => {
  const both = await deskAndLaptop(t)
  const { desk, laptop, url } = both
  await login(both)
  await desk.end('SIGKILL')
  t.match(await laptop.call('logins.end', { url }), { ended: { revoked: false } })
  t.equal(await failureOf(call(both, 'access.whoami')), 'notLoggedIn')
  await laptop.end('SIGKILL')
  await laptop.start()
  t.match((await laptop.call('logins.list')).logins, [{ state: 'leaving' }])
  await desk.start()
  t.equal(await claimant(both), 'ann', 'it does not know yet')
  await until(async () => (await claimant(both)) === null, 'it is released', 60_000)
  await until(async () => (await laptop.call('logins.list')).logins.length === 0, 'and forgotten')
})

t.test('revoked at the desk: the laptop finds out when it asks', async (t) => {
  const both = await deskAndLaptop(t)
  await login(both)
  const [token] = (await both.desk.call('tokens.list')).tokens
  await both.desk.call('tokens.revoke', { id: token!.id })
  t.equal(await failureOf(call(both, 'usage.summary')), 'unauthorized')
  await until(async () => (await both.laptop.call('logins.list')).logins.length === 0, 'it is forgotten')
})

t.test('only the certificate that was told is asked: another device there hears nothing', async (t) => {
  const both = await deskAndLaptop(t)
  const { laptop, desk, url } = both
  const before = (await desk.call('requests.list')).requests.length
  const begin = laptop.call('logins.begin', { url, device: 'e'.repeat(64), address: desk.address })
  t.equal(await failureOf(begin), 'notTallyd')
  t.equal((await desk.call('requests.list')).requests.length, before)
  t.equal(
    await failureOf(laptop.call('logins.begin', { url, device: await laptop.id(), address: 'x' })),
    'invalidParams',
  )
  const own = { url, device: await desk.id(), address: desk.address }
  t.equal(await failureOf(desk.call('logins.begin', own)), 'notTallyd', 'nobody logs in at itself')
})

t.test('the token stands in logins.json and nowhere else; the device code nowhere', async (t) => {
  const both = await deskAndLaptop(t, { TALLYD_LOG: 'debug' })
  await login(both)
  await call(both, 'access.whoami')
  // So that nothing is being written while it is looked at.
  await Promise.all([both.laptop.end(), both.desk.end()])
  const { home } = both.laptop
  const texts = (folder: string) =>
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ path, text: readFileSync(path, 'latin1') }))
  const own = texts(home)
  const token = /tallyd_[\w-]{43}/.exec(own.find(({ path }) => path.endsWith('logins.json'))?.text ?? '')?.[0]
  t.ok(token, 'there is a token to look for')
  for (const each of [...own, ...texts(both.desk.home)]) {
    if (/logins(\.previous)?\.json$/.test(each.path)) {
      t.equal(statSync(each.path).mode & 0o777, 0o600)
      t.notOk(/device_?code/i.test(each.text))
    } else t.notOk(each.text.includes(token!), each.path)
  }
  for (const { daemon } of [both.laptop, both.desk]) {
    t.notOk(daemon.log().includes(token!))
    t.notMatch(daemon.log(), /[A-Z]{4}-[A-Z]{4}/, 'no user code in a log')
  }
})
