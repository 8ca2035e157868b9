// Neighbours that mean harm: malformed, endless and untrue multicast DNS.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { dayOf, tagOf } from '../../src/daemon/devices/discovery/tag.ts'
import { until } from '../harness/daemon.ts'
import { type Host, type HostDaemon, hostTest, type Running } from './network.ts'

const LIAR = join(dirname(fileURLToPath(import.meta.url)), 'liar.js')
const CLOCK_TICKS = 100

function lie(host: Host, what: string, argument: string | number = ''): Running {
  return host.start(process.execPath, [LIAR, what, String(argument)])
}

/** Resident bytes, and processor time in milliseconds. */
function costs({ child }: HostDaemon): { readonly bytes: number; readonly cpuMs: number } {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return {
    bytes: Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1024,
    cpuMs: ((Number(stat[11]) + Number(stat[12])) * 1000) / CLOCK_TICKS,
  }
}

async function isFound(by: Host, name: string): Promise<boolean> {
  const { seen } = (await by.avahi(name)).browse()
  await until(
    () => seen.some(({ event, address }) => event === '=' && address === '10.77.0.1'),
    'found',
    12_000,
  )
  return true
}

async function shared(host: Host): Promise<HostDaemon> {
  const daemon = await host.daemon()
  await daemon.call('sharing.set', { mode: 'always' })
  await until(async () => /^found by/.test((await daemon.discovery())[0]!), 'it is up', 10_000)
  return daemon
}

hostTest('malformed packets are passed over', async (t, net) => {
  const [a, liar] = [net.host(1), net.host(3)]
  const daemon = await shared(a)
  await lie(liar, 'garbage', 1_000).ended
  t.ok(await isFound(net.host(2), 'stranger'), 'still found')
  t.equal(daemon.child.exitCode, null)
  t.equal(daemon.output(), '', 'nothing was worth a line')
})

hostTest('an endless flood costs little and ends with the flood', async (t, net) => {
  const [a, liar] = [net.host(1), net.host(3)]
  const daemon = await shared(a)
  await sleep(1_000)
  const before = costs(daemon)
  const flood = lie(liar, 'flood', 10_000)
  await flood.ended
  const after = costs(daemon)
  const { sent } = JSON.parse(flood.output()) as { sent: number }
  t.ok(sent > 20_000, `${sent} packets in 10 s`)
  t.ok(after.cpuMs - before.cpuMs < 2_000, `${after.cpuMs - before.cpuMs} ms of processor time`)
  t.ok(after.bytes - before.bytes < 30e6, `${Math.round((after.bytes - before.bytes) / 1e6)} MB more`)
  t.match(await daemon.discovery(), [/flooded/])
  await sleep(5_500)
  t.ok(await isFound(net.host(2), 'stranger'), 'found again')
})

hostTest('a crowd that does not exist is bounded, and hinders no pairing', async (t, net) => {
  const [a, b, liar] = [net.host(1), net.host(2), net.host(3)]
  const [one, two] = [await shared(a), await b.daemon()]
  const before = costs(one)
  await lie(liar, 'crowd', 1_500).ended
  t.match((await one.discovery()).join(), /; 2\d\d other devices seen/)
  t.ok(
    costs(one).bytes - before.bytes < 30e6,
    `${Math.round((costs(one).bytes - before.bytes) / 1e6)} MB more`,
  )
  const { invited } = await one.call('pairing.invite', {})
  const { paired } = await two.call('pairing.join', {
    address: `10.77.0.1:${invited.port}`,
    code: invited.code,
  })
  t.equal(paired.id, (await one.call('identity.show')).identity.id)
})

hostTest('who poses as a paired device receives 0 application bytes', async (t, net) => {
  const [a, b, liar] = [net.host(1), net.host(2), net.host(3)]
  const [one, two] = [await a.daemon(), await b.daemon()]
  const { invited } = await one.call('pairing.invite', {})
  await two.call('pairing.join', { address: `10.77.0.1:${invited.port}`, code: invited.code })
  const { identity } = await one.call('identity.show')
  const isLive = async () => (await two.call('devices.list')).devices[1]!.freshness === 'live'
  await until(isLive, 'paired and live')
  const posing = lie(liar, 'pose', tagOf(identity.id!, dayOf(Date.now())))
  await one.end()
  await until(() => posing.output().includes('connected'), 'it was dialled', 30_000)
  await sleep(6_000)
  t.match(posing.output(), /"refused":/, 'the handshake was refused')
  t.notMatch(posing.output(), /"bytes":[1-9]/, 'no byte came through')
  const { devices } = await two.call('devices.list')
  t.equal(devices[1]!.freshness, 'cached')
  t.equal(devices[1]!.problem?.code, 'unreachable', 'what a liar shows is not what is said of the device')
  const again = await a.daemon({}, one.home)
  await until(isLive, 'the true one is found beside the liar', 30_000)
  t.equal(again.child.exitCode, null)
})

hostTest('every name contested: slower and slower, and said', async (t, net) => {
  const [a, liar] = [net.host(1), net.host(3)]
  const contest = lie(liar, 'contest')
  const daemon = await a.daemon()
  await daemon.call('sharing.set', { mode: 'always' })
  const before = costs(daemon)
  await until(async () => (await daemon.discovery()).join().includes('claims every name'), 'said', 40_000)
  await sleep(10_000)
  const tries = contest.output().split('\n').length
  t.ok(tries < 60, `${tries} answers to probes`)
  t.ok(costs(daemon).cpuMs - before.cpuMs < 3_000)
})
