// What `tallyctl doctor` says of this machine's firewall: only where a port is open to the network and somebody does not come
// through. The daemon is shut in and cannot look; no rule is read, because that needs root.
import { existsSync, readFileSync } from 'node:fs'
import type { Status } from '../../contract/daemon.ts'
import type { Check, ShownCheck } from '../../contract/doctor.ts'
import type { CheckCode } from '../../contract/doctor-words.ts'
import { quoted } from '../../contract/shell-words.ts'
import type { Run } from '../service/program.ts'

export type Firewall = 'ufw' | 'firewalld' | 'nftables' | 'macOS'

export interface FirewallFacts {
  /** Those that are on. */
  readonly active: readonly Firewall[]
  /** TCP ports of ours that are open to the network. */
  readonly ports: readonly number[]
  /** Words of what the daemon found. */
  readonly codes: readonly string[]
  /** The Node that runs tallyd, which macOS asks about. */
  readonly node: string
}

const subject = 'firewall'
/** What a firewall in the way looks like. */
const SIGNS: readonly CheckCode[] = [
  'unreachable',
  'noAddress',
  'silent',
  'interfaceDeaf',
  'unseenFromOutside',
  'discoveryAlone',
]
const SYSTEMCTL_MS = 3_000
const MACOS = '/usr/libexec/ApplicationFirewall/socketfilterfw'

/** Nothing where no port is open to others. */
export function checkFirewall({ active, ports, codes, node }: FirewallFacts): Check[] {
  if (ports.length === 0) return []
  const names = active.join(', ')
  const open = ports.map((port) => `TCP ${port}`).join(', ')
  const isSuspect = codes.some((code) => (SIGNS as readonly string[]).includes(code))
  if (active.length === 0) return []
  if (!isSuspect) {
    const says = `${names} ${active.length === 1 ? 'is' : 'are'} on; nothing speaks against it`
    return [{ level: 'ok', code: 'firewall', subject, says }]
  }
  const says = `${names} ${active.length === 1 ? 'is' : 'are'} on and may keep others from ${open} and UDP 5353`
  const next = active.map((firewall) => COMMANDS[firewall](ports, node)).join('; or ')
  return [{ level: 'warning', code: 'firewallInTheWay', subject, says, next }]
}

const COMMANDS: Readonly<Record<Firewall, (ports: readonly number[], node: string) => string>> = {
  ufw: (ports) =>
    `run: ${[...ports.map((port) => `${port}/tcp`), '5353/udp'].map((rule) => `sudo ufw allow ${rule}`).join(' && ')}`,
  firewalld: (ports) =>
    `run: sudo firewall-cmd --permanent --add-service=mdns ${ports.map((port) => `--add-port=${port}/tcp`).join(' ')} && sudo firewall-cmd --reload`,
  nftables: (ports) =>
    `see: sudo nft list ruleset; its input chain in /etc/nftables.conf needs: tcp dport { ${ports.join(', ')} } accept; udp dport 5353 accept`,
  macOS: (_ports, node) => `run: sudo ${MACOS} --add ${quoted(node)} --unblockapp ${quoted(node)}`,
}

/** Ports of a daemon that others may come to. */
export function openPorts({ listeners: { lan, web } }: Status): number[] {
  const ports = [lan.open ? lan.port : null, web.lan ? web.port : null, web.plainHttpPort]
  return ports.filter((port) => port !== null)
}

/** What is on, as far as anybody may know; asks nobody where no port is open. Never throws. */
export async function firewallChecks(
  status: Status | null,
  checks: readonly ShownCheck[],
  run: Run,
  platform: string = process.platform,
): Promise<Check[]> {
  const ports = status === null ? [] : openPorts(status)
  if (ports.length === 0) return []
  const active = platform === 'darwin' ? await onMacOS(run) : await onLinux(run)
  return checkFirewall({ active, ports, codes: checks.map(({ code }) => code), node: process.execPath })
}

async function onMacOS(run: Run): Promise<Firewall[]> {
  const { out } = await run([MACOS, '--getglobalstate'], SYSTEMCTL_MS)
  return /State = [12]/.test(out) ? ['macOS'] : []
}

async function onLinux(run: Run): Promise<Firewall[]> {
  const { out } = await run(['systemctl', 'is-active', 'firewalld', 'nftables'], SYSTEMCTL_MS)
  const [firewalld, nftables] = out.split('\n')
  const active: Firewall[] = []
  // ufw's unit is active even where ufw is off; its own file is the truth, and may be read by all.
  if (isUfwOn()) active.push('ufw')
  if (firewalld === 'active') active.push('firewalld')
  if (nftables === 'active') active.push('nftables')
  return active
}

function isUfwOn(path = '/etc/ufw/ufw.conf'): boolean {
  try {
    return existsSync(path) && /^ENABLED=yes\s*$/im.test(readFileSync(path, 'utf8'))
  } catch {
    return false
  }
}
