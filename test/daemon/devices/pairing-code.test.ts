// Pairing by code, between real daemons and against strangers: attempts, their counting, and what both show afterwards.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { proveCode, settle } from '../../../src/daemon/devices/ceremonies.ts'
import { type CeremonyClient, ceremonyWith, guessedShare } from '../../harness/ceremony-client.ts'
import { daemon, temporaryFolder, until } from '../../harness/daemon.ts'
import { type Device, devices, failureOf, freePort, joinByCode, pairByCode } from '../../harness/devices.ts'

const another = (code: string) => (code === '000000' ? '111111' : '000000')

async function three(t: Test): Promise<[Device, Device, Device]> {
  return (await devices(t, 3)) as [Device, Device, Device]
}

async function invited(device: Device): Promise<string> {
  return (await device.call('pairing.invite')).invited.code
}

async function invitation(device: Device) {
  return (await device.call('pairing.show')).invitation
}

t.test('two devices, one total, on both sides', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  for (const [reader, giver] of [
    [one, two],
    [two, one],
  ] as const) {
    t.match(await reader.row(giver), {
      state: 'paired',
      direction: 'mutual',
      freshness: 'live',
      problem: null,
      all: { calls: giver.calls, tokens: giver.calls * 101 },
    })
    const { total } = await reader.call('devices.list', { timeZone: 'UTC' })
    t.equal(total.all.calls, one.calls + two.calls)
  }
})

t.test('three wrong codes burn an invitation', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  const code = await invited(two)
  const join = (typed: string) => failureOf(one.call('pairing.join', { address: two.address, code: typed }))
  for (const attemptsLeft of [2, 1, 0]) {
    t.equal(await join(another(code)), 'wrongCode')
    await until(
      async () => (await invitation(two))?.attemptsLeft === attemptsLeft,
      `${attemptsLeft} are left`,
    )
  }
  t.match(await invitation(two), { state: 'burnt', failed: 3, wrongFrom: ['127.0.0.1'] })
  t.equal(await join(code), 'notInvited')
  t.equal((await two.call('devices.list')).devices.length, 1)
})

t.test(
  'an attempt is counted when the share arrives: hanging up after the answer saves nobody',
  async (t) => {
    const [one, two] = (await devices(t, 2)) as [Device, Device]
    const code = await invited(two)
    for (const attemptsLeft of [2, 1, 0]) {
      const { socket } = await guess(t, two)
      const counted = await invitation(two)
      t.equal(counted?.attemptsLeft, attemptsLeft, 'counted before the answer')
      t.equal(counted?.failed, 2 - attemptsLeft, 'and not yet known to have failed')
      socket.terminate()
    }
    await until(async () => (await invitation(two))?.state === 'burnt', 'it is burnt')
    t.match(await invitation(two), { state: 'burnt', failed: 3, wrongFrom: ['127.0.0.1'] })
    t.equal(await failureOf(one.call('pairing.join', { address: two.address, code })), 'notInvited')
  },
)

t.test('connections, and shares that are no points, do not count', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  const code = await invited(two)
  const offTheCurve = Buffer.alloc(65, 1)
  offTheCurve[0] = 4
  for (const share of [offTheCurve, Buffer.alloc(65), Buffer.alloc(65, 0xff)]) {
    const { line, socket } = await ceremonyWith(t, two.port)
    line.send({ type: 'shareP', version: 1, direction: 'mutual', share: share.toString('base64url') })
    t.match(await line.next(performance.now() + 5_000), { message: { type: 'abort', reason: 'badShare' } })
    socket.terminate()
  }
  const { socket } = await ceremonyWith(t, two.port)
  socket.terminate()
  t.equal((await invitation(two))?.attemptsLeft, 3)
  await one.call('pairing.join', { address: two.address, code })
  t.match(await one.row(two), { state: 'paired' })
})

t.test(
  'a share that comes while another attempt is in flight waits for its turn, and is not counted',
  async (t) => {
    const [one, two] = (await devices(t, 2)) as [Device, Device]
    const code = await invited(two)
    const first = await guess(t, two)
    const second = await ceremonyWith(t, two.port)
    second.line.send(guessedShare())
    t.match(await second.line.next(performance.now() + 5_000), { message: { type: 'abort', reason: 'busy' } })
    t.equal(await failureOf(one.call('pairing.join', { address: two.address, code })), 'pairingFailed')
    t.match(await invitation(two), { state: 'waiting', attemptsLeft: 2 })
    first.socket.terminate()
    const join = () => failureOf(one.call('pairing.join', { address: two.address, code }))
    await until(async () => (await join()) === 'it worked', 'the attempt is over')
    t.match(await one.row(two), { state: 'paired' })
  },
)

t.test('a code works once', async (t) => {
  const [one, two, third] = await three(t)
  const code = await invited(two)
  await one.call('pairing.join', { address: two.address, code })
  t.equal(await failureOf(third.call('pairing.join', { address: two.address, code })), 'notInvited')
  await until(async () => (await invitation(two))?.state === 'paired', 'the other side wrote it down')
  t.match(await invitation(two), { paired: { name: one.name } })
})

t.test('a restart, a cancellation and a new invitation end an invitation', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await two.call('sharing.set', { mode: 'always' })
  const join = (code: string) => failureOf(one.call('pairing.join', { address: two.address, code }))
  const killed = await invited(two)
  await two.end('SIGKILL')
  await two.start()
  t.equal(await invitation(two), null)
  t.equal(await join(killed), 'notInvited')
  const cancelled = await invited(two)
  await two.call('pairing.cancel')
  t.equal(await join(cancelled), 'notInvited')
  const [older, newer] = [await invited(two), await invited(two)]
  if (older !== newer) t.equal(await join(older), 'wrongCode')
  t.equal(await join(newer), 'it worked')
})

t.test('taking an invitation back ends the attempt in flight', async (t) => {
  const [two] = (await devices(t, 1)) as [Device]
  await invited(two)
  const { line } = await guess(t, two)
  await two.call('pairing.cancel')
  t.same(await line.next(performance.now() + 2_000), { type: 'closed' })
})

t.test('once the code is proven, neither a cancellation nor a new invitation ends the pairing', async (t) => {
  const [, two] = (await devices(t, 2)) as [Device, Device]
  const code = await invited(two)
  const { identity, peer, line } = await ceremonyWith(t, two.port)
  const channel = {
    own: identity.fingerprintBytes,
    peer: Buffer.from(peer.fingerprint, 'hex'),
    exporter: peer.exporter,
  }
  const deadline = performance.now() + 20_000
  const { flow } = await proveCode(line, channel, code, 'mutual', deadline)
  // Its own part of the settlement comes only after it has found the code right.
  t.equal((await line.peek(deadline)).type, 'received')
  t.match(await two.call('pairing.cancel'), { cancelled: { existed: false } })
  await invited(two)
  await settle({ line, flow, name: 'stranger', port: null, deadline })
  await until(async () => (await two.call('devices.list')).devices.length === 2, 'the device is written down')
  t.match(await invitation(two), { state: 'waiting', attemptsLeft: 3 }, 'and the new invitation stands')
  const kinds = (await two.call('audit.list')).entries.map(({ what }) => what)
  t.notOk(kinds.includes('invitationCancelled'))
})

t.test('directions: what only one side gives goes only one way', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await joinByCode(one, two, 'read')
  await until(async () => (await one.row(two))?.freshness === 'live', 'one reads')
  t.match(await one.row(two), { direction: 'read', all: { calls: two.calls } })
  t.match(await two.row(one), { direction: 'give', freshness: 'never', all: { calls: 0 } })
})

t.test('a device without any logs pairs like any other', async (t) => {
  const [one] = (await devices(t, 1)) as [Device]
  const home = temporaryFolder(t)
  const config = { device: { name: 'bare' }, lan: { address: '127.0.0.1', port: await freePort() } }
  writeFileSync(join(home, 'config.json'), JSON.stringify(config))
  const bare = await daemon(t, { home })
  await bare.call('pairing.join', { address: one.address, code: await invited(one) })
  const isLive = async () => (await one.row({ name: 'bare' }))?.freshness === 'live'
  await until(isLive, 'what it has, which is nothing, is known', 30_000)
  const list = () => bare.call('devices.list', { timeZone: 'UTC' })
  await until(
    async () => (await list()).total.all.calls === one.calls,
    'its total is that of the other',
    30_000,
  )
})

t.test('a device does not pair with itself', async (t) => {
  const [one] = (await devices(t, 1)) as [Device]
  const code = await invited(one)
  t.equal(await failureOf(one.call('pairing.join', { address: one.address, code })), 'notTallyd')
})

/** A stranger's guess, as soon as no other attempt is in flight; resolves when it is answered. */
async function guess(t: Test, device: Device): Promise<CeremonyClient> {
  for (;;) {
    const client = await ceremonyWith(t, device.port)
    client.line.send(guessedShare())
    const event = await client.line.next(performance.now() + 5_000)
    const message = event.type === 'received' ? event.message : null
    if (message?.type === 'shareV') return client
    if (message?.type !== 'abort' || message.reason !== 'busy') throw new Error(JSON.stringify(event))
  }
}
