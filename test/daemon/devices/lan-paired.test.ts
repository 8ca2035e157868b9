// After pairing: who is unpaired is cut off, tokens open nothing elsewhere, and who is off is not forgotten.
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { dial } from '../../../src/daemon/devices/dial.ts'
import { until } from '../../harness/daemon.ts'
import { type Device, devices, joinByCode, pairByCode } from '../../harness/devices.ts'
import { ask, type Holdings, holdingsOf } from '../../harness/paired-client.ts'
import { madeIdentity } from '../../harness/stranger.ts'

async function paired(t: Test): Promise<[Device, Device]> {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  return [one, two]
}

async function live(t: Test, { identity, member }: Holdings): Promise<WebSocket> {
  const [host, port] = member.address!.split(':') as [string, string]
  const { socket: tls } = await dial({ host, port: Number(port), pin: member }, { identity, now: Date.now })
  const socket = new WebSocket('ws://device/v1/live', {
    createConnection: () => tls,
    headers: { authorization: `Bearer ${member.token}` },
  })
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

t.test('unpairing cuts open connections, survives a restart, and the other side hears of it', async (t) => {
  const [one, two] = await paired(t)
  const holdings = await holdingsOf(two, one)
  const socket = await live(t, holdings)
  const closed = once(socket, 'close')
  const began = performance.now()
  await one.call('devices.unpair', { device: two.name })
  await closed
  t.ok(performance.now() - began < 1_000, `cut off after ${Math.round(performance.now() - began)} ms`)
  t.match(await one.row(two), { state: 'unpaired', problem: null, all: { calls: two.calls } })
  await until(
    async () => (await two.row(one))?.problem?.code === 'unpairedThere',
    'the other side hears of it',
  )
  t.match(await two.row(one), { state: 'unpaired', freshness: 'cached', all: { calls: one.calls } })

  await one.call('sharing.set', { mode: 'always' })
  t.equal((await ask(holdings)).status, 410)
  await one.end('SIGKILL')
  await one.start()
  const asks = () =>
    ask(holdings).then(
      ({ status }) => status,
      () => 0,
    )
  await until(async () => (await asks()) !== 0, 'the listener is open again')
  t.equal(await asks(), 410, 'after a restart')
  t.match(await two.row(one), { problem: { code: 'unpairedThere' } })
})

t.test('a device that was off when it was unpaired hears of it when it comes back', async (t) => {
  const [one, two] = await paired(t)
  await two.end()
  await one.call('devices.unpair', { device: two.name })
  await one.call('sharing.set', { mode: 'always' })
  await two.start()
  await until(async () => (await two.row(one))?.state === 'unpaired', 'it hears of it')
  t.match(await two.row(one), { problem: { code: 'unpairedThere' }, all: { calls: one.calls } })
})

t.test('a notice counts only from the certificate that it concerns', async (t) => {
  const [one, two] = await paired(t)
  const { member } = await holdingsOf(two, one)
  const stranger = { identity: madeIdentity(), member }
  const asked = { path: '/v1/unpair', method: 'POST', body: '{"version":1,"unpair":true}', token: null }
  await ask(stranger, asked)
  t.match(await one.row(two), { state: 'paired', freshness: 'live' })
})

t.test('a token opens nothing without the certificate that it was issued to', async (t) => {
  const [one, two, third] = (await devices(t, 3)) as [Device, Device, Device]
  await pairByCode(one, two)
  await pairByCode(one, third)
  const [twos, thirds] = [await holdingsOf(two, one), await holdingsOf(third, one)]
  t.equal((await ask(twos)).status, 200, 'the control')
  t.equal((await ask({ ...twos, identity: madeIdentity() })).status, 403, 'a thief')
  t.equal((await ask(thirds, { token: twos.member.token })).status, 401, 'another paired device')
  t.equal((await ask(twos, { token: null })).status, 401, 'none')
  t.equal((await ask(twos, { token: `tallyd_${'A'.repeat(43)}` })).status, 401, 'a made one')
})

t.test('pairing again replaces the tokens', async (t) => {
  const [one, two] = await paired(t)
  const before = await holdingsOf(two, one)
  await joinByCode(one, two)
  await until(async () => (await holdingsOf(two, one)).member.token !== before.member.token, 'it has another')
  t.equal((await ask(before)).status, 401, 'the old one died')
  t.equal((await ask(await holdingsOf(two, one))).status, 200)
})

t.test('pairing again with less ends what was open with more', async (t) => {
  const [one, two] = await paired(t)
  const socket = await live(t, await holdingsOf(two, one))
  const closed = once(socket, 'close')
  // As one sees it: it only reads from now on.
  await joinByCode(one, two, 'read')
  const late = setTimeout(() => socket.emit('close', 'never'), 3_000)
  const [code] = await closed
  clearTimeout(late)
  t.not(code, 'never', 'the old live connection was ended')
  await until(async () => (await one.row(two))?.freshness === 'live', 'what was agreed goes on')
  t.match(await one.row(two), { direction: 'read' })
})

t.test('a device that is off shows its last numbers and their age, also after a restart', async (t) => {
  const [one, two] = await paired(t)
  await two.end()
  const isCached = async () => (await one.row(two))?.problem?.code === 'unreachable'
  await until(isCached, 'it is missed')
  const row = await one.row(two)
  t.match(row, { freshness: 'cached', asOf: /^20/, all: { calls: two.calls } })
  for (const end of ['SIGTERM', 'SIGKILL'] as const) {
    await one.end(end)
    await one.start()
    const { devices: rows, total } = await one.call('devices.list', { timeZone: 'UTC' })
    t.match(
      rows.find(({ name }) => name === two.name),
      { freshness: 'cached', all: { calls: two.calls } },
    )
    t.equal(total.all.calls, one.calls + two.calls, 'the total has them')
    await until(async () => (await one.row(two))?.asOf === row?.asOf, 'their age')
    await until(isCached, 'it is missed again')
  }
  await two.start()
  two.spend()
  await until(async () => (await one.row(two))?.all.calls === two.calls, 'it comes back')
})
