// Real hosts on a real network, as far as one kernel goes: a network namespace each, joined by veth to a bridge that has a
// namespace of its own. Needs root; everything is removed when the test ends.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { MethodName, Params, Result } from '../../src/contract/methods.ts'
import { call, DAEMON, type Ended, endOf, isolatedEnv, type Teardown, until } from '../harness/daemon.ts'

const TOOLS = ['ip', 'avahi-daemon', 'avahi-browse', 'avahi-resolve', 'dbus-daemon', 'tcpdump'] as const

/** Why there can be no hosts here; null if there can. */
function reasonToSkip(): string | null {
  if (process.env['TALLYD_HOSTS'] !== '1') return 'needs hosts: run npm run test:hosts as root'
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux'
  const missing = TOOLS.filter((tool) => spawnSync('which', [tool]).status !== 0)
  return missing.length === 0 ? null : `needs ${missing.join(', ')}`
}

/** A test that runs only where there can be hosts; elsewhere it says why it does not. */
export function hostTest(name: string, run: (t: Test, net: Network) => Promise<unknown>): Promise<unknown> {
  const skip = reasonToSkip()
  return t.test(name, skip === null ? {} : { skip }, async (t) => run(t, new Network(t)))
}

export interface Running {
  readonly child: ChildProcess
  readonly output: () => string
  readonly ended: Promise<Ended>
  end(signal?: NodeJS.Signals): Promise<Ended>
}

// Daemons, Avahi and the protocol's own waits take their time, all the more on a busy computer.
t.setTimeout(180_000)

let made = 0

export class Network {
  readonly #t: Teardown
  readonly #switch: string
  readonly folder: string

  constructor(t: Teardown) {
    this.#t = t
    this.folder = mkdtempSync('/tmp/th-')
    t.teardown(() => rmSync(this.folder, { recursive: true, force: true }))
    this.#switch = namespace(t)
    ip('-n', this.#switch, 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0')
    ip('-n', this.#switch, 'link', 'set', 'br0', 'up')
  }

  /** Another network, which nothing connects to the first. */
  other(): Network {
    return new Network(this.#t)
  }

  /** A host, with no interface yet. */
  bare(): Host {
    const host = new Host(this.#t, namespace(this.#t), this)
    ip('-n', host.namespace, 'link', 'set', 'lo', 'up')
    return host
  }

  /** A host with `eth0` at 10.77.0.N. */
  host(n: number): Host {
    const host = this.bare()
    host.plug('eth0', `10.77.0.${n}/24`)
    return host
  }

  /** Joins an interface of `host` to this network. */
  join(host: Host, name: string, address: string | null): void {
    const end = `p${process.pid % 10_000}-${++made}`
    const peer = ['peer', 'name', name, 'netns', host.namespace]
    ip('-n', this.#switch, 'link', 'add', end, 'type', 'veth', ...peer)
    ip('-n', this.#switch, 'link', 'set', end, 'master', 'br0', 'up')
    // Waiting for duplicate IPv6 addresses takes seconds, and is not ours to test.
    spawnSync('ip', ['netns', 'exec', host.namespace, 'sysctl', '-qw', `net.ipv6.conf.${name}.accept_dad=0`])
    if (address !== null) ip('-n', host.namespace, 'addr', 'add', address, 'dev', name)
    ip('-n', host.namespace, 'link', 'set', name, 'up')
  }
}

export class Host {
  readonly namespace: string
  readonly #t: Teardown
  readonly #network: Network

  constructor(t: Teardown, namespace: string, network: Network) {
    this.#t = t
    this.namespace = namespace
    this.#network = network
  }

  plug(name: string, address: string | null, network = this.#network): void {
    network.join(this, name, address)
  }

  unplug(name: string): void {
    ip('-n', this.namespace, 'link', 'delete', name)
  }

  ip(...words: readonly string[]): string {
    return ip('-n', this.namespace, ...words)
  }

  /** Starts a program here; it is ended with the test. */
  start(command: string, words: readonly string[], env: NodeJS.ProcessEnv = process.env): Running {
    const child = spawn('ip', ['netns', 'exec', this.namespace, command, ...words], { env })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    const ended = endOf(child)
    this.#t.teardown(async () => {
      child.kill('SIGKILL')
      await ended
    })
    const end = (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal)
      return ended
    }
    return { child, ended, end, output: () => output }
  }

  /** What the program said; killed after `ms`. */
  async run(command: string, words: readonly string[], env?: NodeJS.ProcessEnv, ms = 5_000): Promise<string> {
    const running = this.start(command, words, env)
    const late = setTimeout(() => void running.end('SIGKILL'), ms)
    await running.ended
    clearTimeout(late)
    return running.output()
  }

  async daemon(
    config: object = {},
    home = mkdtempSync('/tmp/td-'),
    env: Readonly<Record<string, string>> = {},
  ): Promise<HostDaemon> {
    this.#t.teardown(() => rmSync(home, { recursive: true, force: true, maxRetries: 3 }))
    const discovery = { interfaces: ['eth0', 'eth1'] }
    writeFileSync(join(home, 'config.json'), JSON.stringify({ discovery, ...config }))
    const running = this.start(process.execPath, [DAEMON], isolatedEnv(home, env))
    const socket = join(home, 'tallyd.sock')
    const answers = () =>
      call(socket, 'daemon.hello').then(
        () => true,
        () => false,
      )
    await until(answers, `the daemon answers: ${running.output()}`, 30_000)
    return {
      ...running,
      home,
      call: (method, ...[params]) => call(socket, method, params),
      async discovery() {
        const { checks } = await call(socket, 'doctor.run')
        return checks
          .filter(({ subject, code }) => subject === 'discovery' && code !== 'seenFromOutside')
          .map(({ says }) => says)
      },
    }
  }

  /** Avahi, with a message bus of its own so that its tools reach it. */
  async avahi(name = 'stranger'): Promise<Avahi> {
    const folder = mkdtempSync(join(this.#network.folder, 'avahi-'))
    const bus = join(folder, 'bus')
    writeFileSync(join(folder, 'bus.conf'), busConfig(bus))
    writeFileSync(join(folder, 'avahi.conf'), avahiConfig(name))
    const env = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${bus}` }
    this.start('dbus-daemon', ['--nofork', '--nosyslog', `--config-file=${join(folder, 'bus.conf')}`], env)
    await until(() => spawnSync('test', ['-S', bus]).status === 0, 'the bus is there')
    const shell = 'mkdir -p /run/avahi-daemon && mount -t tmpfs tmpfs /run/avahi-daemon && exec "$@"'
    const words = ['--no-drop-root', '--no-chroot', '--no-rlimits', '-f', join(folder, 'avahi.conf')]
    const running = this.start('sh', ['-c', shell, 'sh', 'avahi-daemon', ...words], env)
    await until(() => running.output().includes('Server startup complete'), 'Avahi is there', 20_000)
    return new Avahi(this, env)
  }

  /** Every packet of multicast DNS that this host sees, as tcpdump writes them. */
  async capture(on = 'eth0', filter = 'udp port 5353'): Promise<Running> {
    const words = ['-l', '-n', '-tt', '-vv', '-U', '-s', '0', '-i', on, ...filter.split(' ')]
    const running = this.start('tcpdump', words)
    await until(() => running.output().includes('listening on'), 'tcpdump listens')
    await sleep(100)
    return running
  }
}

export interface HostDaemon extends Running {
  readonly home: string
  call<M extends MethodName>(method: M, ...params: [Params<M>?]): Promise<Result<M>>
  /** What doctor says of discovery, but that it was seen from outside. */
  discovery(): Promise<string[]>
}

/** One line of `avahi-browse -p`. */
export interface Seen {
  readonly event: string
  readonly on: string
  readonly protocol: string
  readonly instance: string
  readonly host: string
  readonly address: string
  readonly port: number
  readonly texts: string
  /** Milliseconds since the browsing began. */
  readonly atMs: number
}

export class Avahi {
  readonly #host: Host
  readonly env: NodeJS.ProcessEnv

  constructor(host: Host, env: NodeJS.ProcessEnv) {
    this.#host = host
    this.env = env
  }

  /** Looks for services and goes on looking; `seen` grows. */
  browse(type = '_tallyd._tcp'): { readonly seen: Seen[]; readonly running: Running } {
    const running = this.#host.start('avahi-browse', ['-p', '-r', '-k', type], this.env)
    const seen: Seen[] = []
    const began = performance.now()
    let rest = ''
    running.child.stdout!.on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      for (const line of lines) {
        const [
          event = '',
          on = '',
          protocol = '',
          instance = '',
          ,
          ,
          host = '',
          address = '',
          port,
          texts = '',
        ] = line.split(';')
        const atMs = performance.now() - began
        seen.push({ event, on, protocol, instance, host, address, port: Number(port), texts, atMs })
      }
    })
    return { seen, running }
  }

  publish(name: string, port: number, ...texts: readonly string[]): Running {
    return this.#host.start('avahi-publish', ['-s', name, '_tallyd._tcp', String(port), ...texts], this.env)
  }

  run(command: string, ...words: readonly string[]): Promise<string> {
    return this.#host.run(command, words, this.env)
  }
}

function namespace(t: Teardown): string {
  const name = `td${process.pid}-${++made}`
  ip('netns', 'add', name)
  t.teardown(() => void spawnSync('ip', ['netns', 'delete', name]))
  return name
}

function ip(...words: readonly string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8' })
}

function busConfig(path: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
    "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
  <busconfig><type>system</type><listen>unix:path=${path}</listen><auth>EXTERNAL</auth>
  <policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/>
  <allow receive_sender="*"/></policy></busconfig>`
}

function avahiConfig(name: string): string {
  return `[server]
host-name=${name}
use-ipv4=yes
use-ipv6=yes
enable-dbus=yes
[wide-area]
enable-wide-area=no
[publish]
publish-workstation=no
publish-hinfo=no
`
}

/** Pairs them by address and code; `b` is the one that has to know where the other is. */
export async function pair(a: HostDaemon, b: HostDaemon, address: string): Promise<void> {
  const { invited } = await a.call('pairing.invite', {})
  await b.call('pairing.join', { address: `${address}:${invited.port}`, code: invited.code })
  await until(() => isLive(a).then((live) => live && isLive(b)), 'both are live', 20_000)
}

/** Whether it has a device that answers. */
export async function isLive(daemon: HostDaemon): Promise<boolean> {
  const { devices } = await daemon.call('devices.list')
  return devices.some(({ self, freshness }) => !self && freshness === 'live')
}
