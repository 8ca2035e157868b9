// `doctor.device` between real devices: every step of the way, and for each what is said where it fails.
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { DialError, OWN_ADDRESS } from '../../../src/daemon/devices/dial.ts'
import { nowhere, stepsOf } from '../../../src/daemon/devices/trial-steps.ts'
import type { Teardown } from '../../harness/daemon.ts'
import { type Device, devices, failureOf, pairByCode } from '../../harness/devices.ts'

t.setTimeout(150_000)

const config = () => ({ discovery: { mode: 'off' as const } })

async function pairOf(t: Teardown): Promise<readonly [Device, Device]> {
  const [desk, laptop] = (await devices(t, 2, { config })) as [Device, Device]
  await pairByCode(desk, laptop)
  return [desk, laptop]
}

const steps = async (desk: Device, name = 'device-1') =>
  (await desk.call('doctor.device', { device: name })).checks

t.test('every step, then the first that fails', async (t) => {
  const [desk, laptop] = await pairOf(t)
  t.match(await steps(desk), [
    { level: 'ok', code: 'devicePaired', subject: 'name' },
    { level: 'ok', code: 'deviceAddress', says: `${laptop.address} (as paired)` },
    { level: 'ok', code: 'deviceConnection', says: `${laptop.address} answers` },
    { level: 'ok', code: 'deviceTls' },
    { level: 'ok', code: 'deviceCertificate' },
    { level: 'ok', code: 'deviceToken', says: 'taken' },
    { level: 'ok', code: 'deviceClock' },
    { level: 'ok', code: 'deviceVersion', says: /^tallyd \d+\.\d+\.\d+, as here$/ },
  ])
  t.equal(await failureOf(steps(desk, 'nobody')), 'noSuchDevice')
  const { checks } = await desk.call('doctor.run')
  t.match(
    checks.find(({ subject }) => subject === 'device-1'),
    { level: 'ok', code: 'device', says: /^live, tallyd \d/ },
  )
  t.same(
    checks.filter(({ code }) => code.startsWith('clockOf')),
    [],
  )
  const { entries } = await laptop.call('audit.list', {})
  t.same(
    entries.filter(({ what }) => what === 'refused'),
    [],
    'nobody is turned away by it',
  )

  const file = join(laptop.home, 'devices.json')
  await laptop.end()
  t.match((await steps(desk)).slice(2), [
    {
      level: 'broken',
      code: 'refusedThere',
      subject: 'connection',
      next: /on device-1, run: tallyctl start/,
    },
  ])

  const roster = readFileSync(file, 'utf8')
  writeFileSync(
    file,
    roster.replace(/("grantHash":\s*")[^"]+/g, (_all, key: string) => `${key}${'0'.repeat(64)}`),
  )
  t.not(readFileSync(file, 'utf8'), roster)
  await laptop.start()
  t.match((await steps(desk)).at(-1), {
    level: 'broken',
    code: 'halfPaired',
    subject: 'token',
    next: "pair again: tallyctl pair 'device-1'",
  })
})

t.test('another device at its address, something else, silence, and the end of the pairing', async (t) => {
  const [desk, laptop] = await pairOf(t)
  await laptop.end()
  const lan = { address: '127.0.0.1', port: laptop.port }
  const [thief] = (await devices(t, 1, { config: () => ({ ...config(), lan }) })) as [Device]
  await thief.call('sharing.set', { mode: 'always' })
  t.match((await steps(desk)).slice(2), [
    { level: 'ok', code: 'deviceConnection' },
    { level: 'ok', code: 'deviceTls' },
    {
      level: 'broken',
      code: 'wrongCertificate',
      subject: 'certificate',
      next: /unpair 'device-1', then pair again/,
    },
  ])
  await thief.end()

  for (const [says, listener] of [
    ['notTallyd', createServer((socket) => socket.on('error', () => undefined).end('220 mail\r\n'))],
    ['silentTls', createServer((socket) => socket.on('error', () => undefined))],
  ] as const) {
    const sockets = new Set<Socket>()
    listener.on('connection', (socket) => sockets.add(socket))
    await once(listener.listen(laptop.port, '127.0.0.1'), 'listening')
    t.match((await steps(desk)).slice(2), [
      { level: 'ok', code: 'deviceConnection' },
      { level: 'broken', code: says, subject: 'TLS', next: /^on device-1, / },
    ])
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => listener.close(resolve))
  }

  await laptop.start()
  await desk.call('devices.unpair', { device: 'device-1' })
  t.match(await steps(desk), [
    { level: 'broken', code: 'deviceNotPaired', next: "run: tallyctl pair 'device-1'" },
  ])
  await desk.call('devices.block', { device: 'device-1' })
  t.match(await steps(desk), [{ level: 'broken', code: 'deviceBlocked', next: /unblock 'device-1'/ }])
})

t.test('what each failure of a connection is called', async (t) => {
  const failed = (code: string | null, isConnected = false, address = '192.168.1.31:4765') =>
    stepsOf([{ address, isConnected, failure: new DialError('unreachable', 'why', code) }], 'laptop').at(-1)
  t.match(failed('EHOSTUNREACH'), { level: 'broken', code: 'noRoute', next: /in one network/ })
  t.match(failed('ENOTFOUND', false, 'laptop.lan:4765'), {
    code: 'noSuchHost',
    next: /getent hosts laptop\.lan;/,
  })
  t.match(failed('ETIMEDOUT'), { code: 'silent', next: /TCP port 4765/ })
  t.match(failed(null), { code: 'silent' })
  t.match(failed('EPERM'), { code: 'unreachable', says: /EPERM/ })
  const own = new DialError('notTallyd', OWN_ADDRESS)
  t.match(stepsOf([{ address: 'a:1', isConnected: true, failure: own }], 'laptop').at(-1), {
    code: 'notTallyd',
    says: 'a:1 is this device itself',
  })
  t.match(nowhere('laptop'), { level: 'broken', code: 'noAddress', next: /share always/ })
})

t.test('an address that fails beside one that leads there is a warning', async (t) => {
  const attempts = [
    { address: 'a:1', isConnected: false, failure: new DialError('unreachable', 'why', 'ECONNREFUSED') },
    { address: 'b:1', isConnected: true, failure: null },
  ]
  t.match(stepsOf(attempts, 'laptop'), [
    { level: 'ok', code: 'deviceConnection', says: 'b:1 answers' },
    { level: 'ok', code: 'deviceTls' },
    { level: 'ok', code: 'deviceCertificate' },
    { level: 'warning', code: 'refusedThere', says: /^a:1/ },
  ])
})
