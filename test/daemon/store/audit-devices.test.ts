// What real devices record of what happens between them, and that nothing secret is ever among it.
import { readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../../harness/daemon.ts'
import { type Device, devices, pairByCode } from '../../harness/devices.ts'
import { webSocket } from '../../harness/web-socket.ts'

async function kinds(device: Device): Promise<string[]> {
  return (await device.call('audit.list')).entries.map(({ what }) => what)
}

function logOf({ home }: Device): string {
  return readFileSync(join(home, 'audit.jsonl'), 'utf8')
}

/** Every token and key that a device holds. */
function secretsOf({ home }: Device): string[] {
  const state =
    readFileSync(join(home, 'devices.json'), 'utf8') + readFileSync(join(home, 'identity.json'), 'utf8')
  return [
    ...state.matchAll(
      /tallyd_[A-Za-z0-9_-]{43}|"grantHash":"([0-9a-f]{64})"|-----BEGIN PRIVATE KEY-----\\n(.{30})/g,
    ),
  ].map(([whole, hash, key]) => hash ?? key ?? whole)
}

t.test('every step of a pairing by code is recorded on both sides, and no code, token or key', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  const codes: string[] = []
  const invite = async () => {
    const { invited } = await two.call('pairing.invite')
    codes.push(invited.code)
    return invited.code
  }
  const code = await invite()
  const wrong = code === '123456' ? '654321' : '123456'
  codes.push(wrong)
  await t.rejects(one.call('pairing.join', { address: two.address, code: wrong }))
  await one.call('pairing.join', { address: two.address, code })
  await until(async () => (await kinds(two)).includes('paired'), 'the other side has written it down')
  await invite()
  await two.call('pairing.cancel')
  const burnt = await invite()
  const other = burnt === '123456' ? '654321' : '123456'
  for (let i = 0; i < 3; i++) await t.rejects(one.call('pairing.join', { address: two.address, code: other }))
  await until(async () => (await kinds(two)).includes('invitationBurnt'), 'the burnt invitation is recorded')
  t.same(await kinds(two), [
    'auditBegun',
    'invited',
    'attemptCounted',
    'wrongCode',
    'attemptCounted',
    'paired',
    'invited',
    'invitationCancelled',
    'invited',
    ...Array.from({ length: 3 }, () => ['attemptCounted', 'wrongCode']).flat(),
    'invitationBurnt',
  ])
  t.same((await kinds(one)).slice(0, 3), ['auditBegun', 'wrongCode', 'paired'])
  const { entries } = await two.call('audit.list')
  const paired = entries.find(({ what }) => what === 'paired')
  t.same(paired?.subject, { id: await one.id(), name: one.name, address: one.address })
  t.match(entries.find(({ what }) => what === 'wrongCode')?.subject, {
    id: await one.id(),
    address: '127.0.0.1',
  })
  for (const device of [one, two]) {
    const log = logOf(device)
    const secrets = secretsOf(device)
    t.ok(secrets.length >= 3, `${secrets.length} secrets are looked for`)
    for (const secret of secrets) t.notOk(log.includes(secret))
    for (const each of codes) t.notOk(log.includes(`${each}"`) || log.includes(` ${each}`), each)
    t.match(await device.call('audit.verify'), { verified: { intact: true } })
  }
})

t.test(
  'renames, unpairing here and there, sharing and a failed pin are recorded; and it survives a restart',
  async (t) => {
    const [one, two] = (await devices(t, 2)) as [Device, Device]
    await pairByCode(one, two)
    await one.call('devices.rename', { device: two.name, name: 'studio' })
    await two.call('sharing.set', { mode: 'off' })
    await two.call('sharing.set', { mode: 'window', seconds: 60 })
    await two.call('sharing.set', { mode: 'always' })
    await one.call('devices.unpair', { device: 'studio' })
    await until(async () => (await kinds(two)).includes('unpairedThere'), 'the other one has heard')
    const about = (await one.call('audit.list')).entries.filter(({ what }) =>
      ['renamed', 'unpaired'].includes(what),
    )
    t.same(
      about.map(({ what, subject, detail }) => [what, subject.name, detail]),
      [
        ['renamed', 'studio', `was ${two.name}`],
        ['unpaired', 'studio', null],
      ],
    )
    t.same(
      (await two.call('audit.list')).entries
        .filter(({ what }) => what === 'sharingChanged')
        .map(({ detail }) => detail),
      ['off', 'open for 60 s', 'always'],
    )
    await two.call('identity.renew')
    t.ok((await kinds(two)).includes('identityRenewed'))
    const { verified } = await two.call('audit.verify')
    await two.end('SIGKILL')
    await two.start()
    const head = `${verified.head?.seq}:${verified.head?.hash}`
    t.match(await two.call('audit.verify', { head }), { verified: { intact: true, kept: 'found' } })
  },
)

t.test(
  'a device that comes with another certificate than the pinned one is recorded as a failed pin',
  async (t) => {
    const [one, two] = (await devices(t, 2)) as [Device, Device]
    await pairByCode(one, two)
    // It was set up anew: at the same address, with another identity.
    await two.call('sharing.set', { mode: 'always' })
    await two.call('identity.renew')
    await until(async () => (await kinds(one)).includes('pinFailed'), 'the failed pin is recorded')
    const { entries } = await one.call('audit.list')
    t.match(entries.find(({ what }) => what === 'pinFailed')?.subject, { name: two.name })
  },
)

t.test('refusals at the LAN listener are recorded with their address, and coalesced', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await two.call('sharing.set', { mode: 'always' })
  for (let i = 0; i < 20; i++) {
    await new Promise<void>((resolve) => {
      const socket = connectTcp(two.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'))
      socket.on('error', () => undefined)
      socket.on('close', () => resolve())
    })
  }
  await until(async () => (await kinds(two)).includes('refused'), 'the refusal is recorded')
  const refused = (await two.call('audit.list')).entries.filter(({ what }) => what === 'refused')
  t.equal(refused.length, 1, '20 of one address are one entry, and one more with their count when it ends')
  t.match(refused[0], { subject: { address: '127.0.0.1' }, detail: 'no TLS handshake' })
  await two.end()
  const counted = logOf(two)
    .split('\n')
    .filter((line) => line.includes('"refused"'))
  t.match(JSON.parse(counted.at(-1) ?? ''), { count: 19 })
  t.equal(counted.length, 2)
  t.ok(one)
})

t.test('audit.added brings the newest entries, and audit.list what came after one', async (t) => {
  const [one] = (await devices(t, 1)) as [Device]
  const client = await webSocket(t, one.daemon.socket)
  await client.ask('events.subscribe', { event: 'audit.added' })
  await one.call('sharing.set', { mode: 'always' })
  await until(
    () => JSON.stringify(client.notifications.at(-1)?.params.value ?? null).includes('sharingChanged'),
    'the subscriber hears of it',
  )
  const { entries } = await one.call('audit.list', { after: 1 })
  t.same(
    entries.map(({ seq, what }) => [seq, what]),
    [[2, 'sharingChanged']],
  )
  t.same((await one.call('audit.list', { since: new Date(Date.now() + 60_000).toISOString() })).entries, [])
  await t.rejects(one.call('audit.list', { since: '2026-02-30 nonsense' }))
})
