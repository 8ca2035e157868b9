// Which interfaces are used, and what counts as being on the same network.
import t from 'tap'
import {
  choose,
  type Facts,
  isOnLink,
  readInterfaces,
} from '../../../../src/daemon/devices/discovery/interfaces.ts'
import { addressData } from '../../../../src/daemon/devices/discovery/rdata.ts'

const facts = (name: string, unreal: string | null, more: Partial<Facts> = {}): Facts => ({
  name,
  index: 2,
  loopback: false,
  unreal,
  addresses: [
    { address: '10.0.0.7', family: 4, bits: 24 },
    { address: 'fe80::7', family: 6, bits: 64 },
  ],
  ...more,
})
const all = [
  facts('lo', null, { loopback: true }),
  facts('eth0', null),
  facts('docker0', 'a bridge'),
  facts('tun0', 'a tunnel'),
  facts('wlan0', null, { addresses: [] }),
]
const names = (chosen: ReturnType<typeof choose>) => chosen.used.map(({ name }) => name)

t.test('the real ones, unless the config lists others', async (t) => {
  const chosen = choose(all, [])
  t.same(names(chosen), ['eth0'])
  t.same(chosen.left, [
    { name: 'docker0', why: 'a bridge' },
    { name: 'tun0', why: 'a tunnel' },
  ])
  t.same(names(choose(all, ['tun0'])), ['tun0'])
  t.same(names(choose(all, ['lo'])), [], 'never loopback')
})

t.test('a listener with one address is found at that one', async (t) => {
  t.same(choose(all, [], '10.0.0.7').used, [
    { name: 'eth0', index: 2, addresses: [{ address: '10.0.0.7', family: 4, bits: 24 }] },
  ])
  t.same(names(choose(all, [], '10.0.0.8')), [])
})

t.test('on the same network', async (t) => {
  const on = facts('eth0', null, {
    addresses: [
      { address: '10.0.0.7', family: 4, bits: 22 },
      { address: '2001:db8::7', family: 6, bits: 64 },
    ],
  })
  for (const address of ['10.0.0.1', '10.0.3.255', '2001:db8::9', 'fe80::1']) {
    t.ok(isOnLink(on, addressData(address)), address)
  }
  for (const address of ['10.0.4.1', '127.0.0.1', '8.8.8.8', '2001:db8:0:1::9', '::1']) {
    t.notOk(isOnLink(on, addressData(address)), address)
  }
})

t.test('what this computer has', async (t) => {
  const found = readInterfaces()
  t.ok(found.some(({ loopback }) => loopback))
  for (const { name, index, addresses } of found) {
    if (process.platform === 'linux') t.ok(index > 0, name)
    for (const { address } of addresses) t.notMatch(address, /%/)
  }
})
