// When a firewall is worth a word, and which command opens it.
import t from 'tap'
import { checkFirewall, firewallChecks, openPorts } from '../../src/ctl/commands/firewall-checks.ts'
import { status } from './fake-daemon.ts'

const facts = { active: ['ufw'], ports: [4765], codes: ['unreachable'], node: '/usr/bin/node' } as const

t.test('only where a port is open, one is on, and somebody does not come through', async (t) => {
  t.same(checkFirewall({ ...facts, ports: [] }), [], 'nothing is open')
  t.same(checkFirewall({ ...facts, active: [] }), [], 'none is on')
  t.match(checkFirewall({ ...facts, codes: ['device', 'discovery'] }), [
    { level: 'ok', code: 'firewall', says: 'ufw is on; nothing speaks against it' },
  ])
  for (const code of ['unreachable', 'noAddress', 'interfaceDeaf', 'unseenFromOutside', 'discoveryAlone']) {
    t.match(checkFirewall({ ...facts, codes: ['device', code] }), [
      { level: 'warning', code: 'firewallInTheWay', says: /TCP 4765 and UDP 5353/ },
    ])
  }
})

t.test('the command of each', async (t) => {
  const next = (active: Parameters<typeof checkFirewall>[0]['active'], ports: number[] = [4765]) =>
    checkFirewall({ ...facts, active, ports })[0]?.next
  t.equal(
    next(['ufw'], [4765, 4766]),
    'run: sudo ufw allow 4765/tcp && sudo ufw allow 4766/tcp && sudo ufw allow 5353/udp',
  )
  t.equal(
    next(['firewalld']),
    'run: sudo firewall-cmd --permanent --add-service=mdns --add-port=4765/tcp && sudo firewall-cmd --reload',
  )
  t.match(next(['nftables']), /nft list ruleset.*tcp dport \{ 4765 \} accept; udp dport 5353 accept/)
  t.match(next(['macOS']), /socketfilterfw --add '\/usr\/bin\/node' --unblockapp '\/usr\/bin\/node'/)
})

t.test('what is asked of the machine', async (t) => {
  const base = status()
  const open = {
    ...base,
    listeners: {
      ...base.listeners,
      lan: { open: true, port: 4765, mode: 'always', until: null, problem: null },
    },
  } as typeof base
  t.same(openPorts(open), [4765])
  t.same(
    openPorts({
      ...open,
      listeners: {
        ...open.listeners,
        web: { ...open.listeners.web, lan: true, port: 4766, plainHttpPort: 4767 },
      },
    }),
    [4765, 4766, 4767],
  )
  const asked: string[] = []
  const run = (out: string) => async (words: readonly string[]) => {
    asked.push(words.join(' '))
    return { status: 3, out, err: '', isMissing: false }
  }
  t.same(await firewallChecks(base, [], run('active\nactive\n'), 'linux'), [])
  t.same(await firewallChecks(null, [], run('active\nactive\n'), 'linux'), [])
  t.same(asked, [], 'nobody, where no port is open')
  const found = [{ level: 'ok', code: 'discoveryAlone', subject: 'discovery', says: '' }] as const
  t.match(await firewallChecks(open, found, run('active\ninactive\n'), 'linux'), [
    { code: 'firewallInTheWay', says: /^(ufw, )?firewalld/ },
  ])
  t.match(await firewallChecks(open, found, run('Firewall is enabled. (State = 1)\n'), 'darwin'), [
    { says: /^macOS is on/ },
  ])
  t.same(await firewallChecks(open, found, run('Firewall is disabled. (State = 0)\n'), 'darwin'), [])
})
