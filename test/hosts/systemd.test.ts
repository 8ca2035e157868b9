// The service under a real systemd, as a user who is not root, from what npm packs, in a home whose path is hard to write down.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import type { Result } from '../../src/contract/methods.ts'
import type { Service } from '../../src/ctl/service/service.ts'
import { callLines } from '../daemon/usage/usage-home.ts'
import { ROOT, until } from '../harness/daemon.ts'
import { NEXT_VERSION, packed, packedNext } from '../harness/packed.ts'
import { type Box, box, type Ran, reasonForNoBox, USER } from './box.ts'

t.setTimeout(480_000)

const CALLS = 7
const UNIT = '.config/systemd/user/tallyd.service'
/** In place of two minutes, so that the test need not wait for them; in seconds. */
const WATCHDOG_S = 4

function boxTest(name: string, run: (t: Test, box: Box) => Promise<unknown>): Promise<unknown> {
  const skip = reasonForNoBox()
  return t.test(name, skip === null ? {} : { skip }, async (t) => run(t, await box(t)))
}

/** Installs the package as a user does, without a network, and writes some logs. */
function installed(t: Test, { asUser, asRoot }: Box): void {
  const folder = join(ROOT, 'build', 'packed')
  mkdirSync(folder, { recursive: true })
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const packed = spawnSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  t.equal(packed.status, 0, packed.stderr)
  const [tarball = ''] = readdirSync(folder)
  const ran = asUser(['npm', 'install', '--global', '--offline', '--prefix', 'npm', join(folder, tarball)])
  t.equal(ran.status, 0, ran.err)
  const logs = `${USER.home}/.claude/projects/p`
  const wrote = asUser([
    'bash',
    '-c',
    `mkdir -p "$1" && printf %s "$2" >"$1/session-a.jsonl"`,
    '-',
    logs,
    callLines(1, CALLS),
  ])
  t.equal(wrote.status, 0, wrote.err)
  // Where npm's global folder is asked for, nothing of root is touched.
  t.equal(asRoot(`test -e '/root/npm'`).status, 1)
}

function client({ asUser }: Box) {
  const tallyctl = (...words: string[]): Ran => asUser([`${USER.home}/npm/bin/tallyctl`, ...words])
  const service = (...words: string[]): Service => {
    const ran = tallyctl('service', ...words, '--json')
    if (ran.status !== 0) throw new Error(`service ${words.join(' ')}: ${ran.err}`)
    return (JSON.parse(ran.out) as { service: Service }).service
  }
  const calls = (): number | null => {
    const ran = tallyctl('usage', 'all', '--device', 'self', '--json')
    return ran.status === 0 ? (JSON.parse(ran.out) as { total: { calls: number } }).total.calls : null
  }
  return { tallyctl, service, calls }
}

interface Line {
  readonly text: string
  /** Unix milliseconds. */
  readonly at: number
}

/** A status bar's follower: what it was told, and when. */
function follower({ spawnAsUser }: Box): Line[] {
  const lines: Line[] = []
  const child = spawnAsUser([`${USER.home}/npm/bin/tallyctl`, 'widgets', 'show', 'waybar', '--follow'])
  createInterface({ input: child.stdout! }).on('line', (text) => lines.push({ text, at: Date.now() }))
  return lines
}

const isAway = ({ text }: Line) => /not running/.test(text)

/** The longest time without numbers, in milliseconds. */
function longestGap(lines: readonly Line[]): number {
  let [longest, goneAt] = [0, null as number | null]
  for (const line of lines) {
    if (isAway(line)) goneAt ??= line.at
    else {
      if (goneAt !== null) longest = Math.max(longest, line.at - goneAt)
      goneAt = null
    }
  }
  return longest
}

/** Lets the loop of process `pid` turn no more, by Node's own inspector: a daemon has no command for it. */
function hang({ asUser }: Box, pid: number): Ran {
  const script = `
    const WebSocket = require(${JSON.stringify(join(ROOT, 'node_modules', 'ws'))})
    process.kill(${pid}, 'SIGUSR1')
    const connect = async (left) => {
      const answer = await fetch('http://127.0.0.1:9229/json/list').catch(() => null)
      if (answer === null) return left === 0 ? process.exit(1) : setTimeout(connect, 100, left - 1)
      const [{ webSocketDebuggerUrl }] = await answer.json()
      const socket = new WebSocket(webSocketDebuggerUrl)
      const params = { expression: 'for (;;);' }
      socket.on('open', () => socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params })))
      setTimeout(() => process.exit(0), 500)
    }
    connect(50)`
  return asUser(['node', '-e', script])
}

/** The calls in the logs of the peer. */
const PEER_CALLS = [1, 2, 3]
const PEER_ADDRESS = '127.0.0.1:14765'

/** A second device in the box, paired with the service by code: a daemon with a home and logs of its own, beside the service. */
async function peer({ spawnAsUser, asUser }: Box, { tallyctl }: ReturnType<typeof client>) {
  const env = { TALLYD_HOME: `${USER.home}/peer`, CLAUDE_CONFIG_DIR: `${USER.home}/peer/claude` }
  const [address, port] = PEER_ADDRESS.split(':')
  const config = { device: { name: 'peer' }, lan: { address, port: Number(port) }, web: { mode: 'off' } }
  const log = `${env.CLAUDE_CONFIG_DIR}/projects/p/session-peer.jsonl`
  const made = asUser([
    ...[
      'bash',
      '-c',
      'mkdir -m 700 peer && mkdir -p "$(dirname "$1")" && printf %s "$2" >"$1" && printf %s "$3" >peer/config.json',
      '-',
    ],
    ...[log, callLines(CALLS + 1, CALLS + PEER_CALLS.length), JSON.stringify(config)],
  ])
  if (made.status !== 0) throw new Error(made.err)
  const child = spawnAsUser([
    'env',
    ...Object.entries(env).map(([key, value]) => `${key}=${value}`),
    `${USER.home}/npm/bin/tallyd`,
  ])
  let said = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ask = (...words: string[]) => asUser([`${USER.home}/npm/bin/tallyctl`, ...words], env)
  await until(() => ask('status').status === 0, 'the peer runs', 30_000).catch((error) => {
    throw new Error(`${(error as Error).message}: ${said}`)
  })
  const { invited } = JSON.parse(ask('call', 'pairing.invite').out) as { invited: { code: string } }
  const paired = tallyctl('pair', PEER_ADDRESS, '--code', invited.code)
  if (paired.status !== 0) throw new Error(paired.err)
  return {
    ask,
    /** Adds a call to its logs. */
    spend() {
      const n = CALLS + PEER_CALLS.length + 1
      asUser(['bash', '-c', 'printf %s "$2" >>"$1"', '-', log, callLines(n, n)])
    },
  }
}

/** What a device shows of the other one: its calls where they are live, else its freshness. */
function other(ask: (...words: string[]) => Ran): number | string {
  const { status, out, err } = ask('devices', '--json')
  if (status !== 0) return err
  const { devices } = JSON.parse(out) as Result<'devices.list'>
  const row = devices.find(({ self }) => !self)
  return row === undefined ? 'no other device' : row.freshness === 'live' ? row.all.calls : row.freshness
}

boxTest('install, crash, hang, reload, restart, logs, uninstall', async (t, box) => {
  installed(t, box)
  const { asUser, asRoot } = box
  const { tallyctl, service, calls } = client(box)
  t.match(service('status'), {
    manager: 'systemd',
    unit: 'tallyd.service',
    path: null,
    state: 'absent',
    pid: null,
  })

  const first = service('install', '--yes')
  t.match(first, { manager: 'systemd', path: join(USER.home, UNIT), state: 'running', pid: Number })
  t.equal(tallyctl('status', '--wait', '60s').status, 0)
  t.equal(calls(), CALLS)
  const unit = asUser(['cat', UNIT]).out
  t.match(unit, 'npm/lib/node_modules/tallyd/dist/daemon/main.js"', 'the paths of this installation')
  const shown = asUser(['systemctl', '--user', 'show', 'tallyd', '-pType,WatchdogUSec,NRestarts']).out
  t.match(shown, /Type=notify/)
  t.match(shown, /WatchdogUSec=2min/)
  t.equal(asUser(['systemctl', '--user', 'is-enabled', 'tallyd']).out, 'enabled\n')
  t.equal(asRoot('ls /var/lib/systemd/linger').out, `${USER.name}\n`, 'there is no desktop: it lingers')
  t.match(tallyctl('doctor').out, /ok {7}service +systemd, pid \d+; starts with/)
  // What the unit forbids, seen from inside: the home can be read, not written.
  const inside = (words: string) =>
    asRoot(`nsenter -t ${first.pid} --user --mount -S ${USER.uid} -G ${USER.uid} bash -c '${words}'`)
  t.match(inside('touch /usr/planted').err, /Read-only/)
  t.match(inside('for f in /home/*; do touch "$f/planted"; done').err, /Read-only/)

  await t.test('an upgrade of the environment is no second daemon', async (t) => {
    t.equal(tallyctl('start').status, 0)
    t.equal(service('status').pid, first.pid)
    const detached = asUser([`${USER.home}/npm/bin/tallyd`])
    t.equal(detached.status, 6, detached.err)
  })

  const beside = await peer(box, { tallyctl, service, calls })
  const shows = (calls: number, peerCalls: number) =>
    other(beside.ask) === calls && other(tallyctl) === peerCalls
  await until(() => shows(CALLS, PEER_CALLS.length), 'each device shows the other live', 60_000)

  const lines = follower(box)
  await until(() => lines.length > 0 && !isAway(lines.at(-1)!), 'the follower has numbers', 30_000)

  await t.test('kill -9: back with the same totals, the follower and the paired device too', async (t) => {
    const killedAt = Date.now()
    t.equal(asUser(['kill', '-9', String(first.pid)]).status, 0)
    await until(() => other(beside.ask) === 'cached', 'the paired device shows that it is away', 10_000)
    beside.spend()
    await until(() => service('status').pid !== first.pid && calls() === CALLS, 'it is back', 30_000)
    t.comment(`back after ${Date.now() - killedAt} ms`)
    await until(() => lines.some(isAway) && !isAway(lines.at(-1)!), 'the follower has numbers again', 30_000)
    t.comment(`the follower was without for ${longestGap(lines)} ms`)
    t.match(lines.at(-1)!.text, /\$/)
    await until(() => shows(CALLS, PEER_CALLS.length + 1), 'each device shows the other live again', 60_000)
    t.comment(`paired devices live again after ${Date.now() - killedAt} ms`)
  })

  await t.test('a restart takes numbers from nobody for more than a second', async (t) => {
    const from = lines.length
    const before = service('status').pid
    const began = Date.now()
    const after = service('restart')
    t.comment(`restarted in ${Date.now() - began} ms`)
    t.not(after.pid, before)
    const since = () => lines.slice(from)
    await until(
      () => since().some(isAway) && !isAway(lines.at(-1)!),
      'the follower has numbers again',
      30_000,
    )
    t.comment(`without numbers for ${longestGap(lines.slice(from))} ms`)
    t.ok(longestGap(lines.slice(from)) <= 1_000)
    t.equal(calls(), CALLS)
  })

  await t.test(
    'an upgrade in place: numbers are away for no more than a second, and so on the way back',
    async (t) => {
      const version = () => JSON.parse(tallyctl('status', '--json').out).version as string
      const old = version()
      for (const [tarball, wanted] of [
        [packedNext(t), NEXT_VERSION],
        [packed(t), old],
      ] as const) {
        const npm = asUser(['npm', 'install', '--global', '--offline', '--prefix', 'npm', tarball])
        t.equal(npm.status, 0, npm.err)
        t.not(version(), wanted, 'the other one goes on')
        const from = lines.length
        service('restart')
        const since = () => lines.slice(from)
        await until(
          () => since().some(isAway) && !isAway(lines.at(-1)!),
          'the follower has numbers again',
          30_000,
        )
        t.equal(version(), wanted)
        t.comment(`without numbers for ${longestGap(since())} ms`)
        t.ok(longestGap(since()) <= 1_000)
        t.equal(calls(), CALLS)
      }
    },
  )

  await t.test('SIGHUP: systemctl reload reads the config again', async (t) => {
    const write = 'mkdir -p .config/tallyd && echo \'{"budgets":{"daily":5}}\' >.config/tallyd/config.json'
    asUser(['bash', '-c', write])
    t.equal(asUser(['systemctl', '--user', 'reload', 'tallyd']).status, 0)
    await until(
      () => /budgets\.daily waits for a restart/.test(tallyctl('doctor').out),
      'doctor says it',
      15_000,
    )
    t.equal(service('status').state, 'running')
    service('restart')
    await until(() => !/waits for a restart/.test(tallyctl('doctor').out), 'after a restart no more', 15_000)
  })

  await t.test('a hung event loop is ended by the watchdog, a stopped process too', async (t) => {
    const dropIn = `mkdir -p ${UNIT}.d && printf '[Service]\\nWatchdogSec=${WATCHDOG_S}\\n' >${UNIT}.d/test.conf && systemctl --user daemon-reload`
    t.equal(asUser(['bash', '-c', dropIn]).status, 0)
    const healthy = service('restart').pid!
    await new Promise((resolve) => setTimeout(resolve, WATCHDOG_S * 1_500))
    t.equal(service('status').pid, healthy, 'one that answers is left alone')
    for (const [name, hangIt] of [
      ['hung', (pid: number) => hang(box, pid)],
      ['stopped', (pid: number) => asUser(['kill', '-STOP', String(pid)])],
    ] as const) {
      const { pid } = service('status')
      const began = Date.now()
      const ran = hangIt(pid!)
      t.equal(ran.status, 0, ran.err)
      await until(
        () => {
          const found = service('status')
          return found.state === 'running' && found.pid !== null && found.pid !== pid
        },
        `${name}: it was started again`,
        60_000,
      )
      t.comment(`${name}: again after ${Date.now() - began} ms`)
      t.equal(calls(), CALLS)
    }
    t.match(asRoot('journalctl --no-pager _UID=4321').out, /Watchdog timeout/)
    asUser(['rm', '-r', `${UNIT}.d`])
  })

  await t.test('logs', async (t) => {
    t.match(
      tallyctl('service', 'logs').out,
      /info {3}tallyd [0-9.]+ answers on \/run\/user\/4321\/tallyd\/tallyd\.sock/,
    )
    const [line = ''] = tallyctl('service', 'logs', '-n', '1', '--json').out.split('\n')
    t.match(JSON.parse(line), { level: Number, msg: String })
    const following = box.spawnAsUser([`${USER.home}/npm/bin/tallyctl`, 'service', 'logs', '-f', '-n', '1'])
    let said = ''
    following.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    await until(() => said.includes('\n'), 'it begins with the last line', 15_000)
    const before = said.split('\n').length
    service('restart')
    await until(() => said.split('\n').length > before, 'it goes on', 15_000)
  })

  await t.test('stopped by its owner it stays so, and start is the service', async (t) => {
    t.equal(tallyctl('stop').status, 0)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    t.match(service('status'), { state: 'stopped', pid: null })
    t.equal(tallyctl('start').status, 0)
    t.match(service('status'), { state: 'running', pid: Number })
  })

  await t.test('uninstall leaves nothing but the state', async (t) => {
    const { pid } = service('status')
    t.equal(tallyctl('service', 'uninstall').status, 2, 'not without a yes')
    t.match(service('uninstall', '--yes'), { path: null, state: 'absent', pid: null })
    t.equal(asUser(['kill', '-0', String(pid)]).status, 1, 'the process is gone')
    const left = asUser(['find', '.config', `/run/user/${USER.uid}`, '-iname', '*tallyd*'])
      .out.trim()
      .split('\n')
    t.same(left, ['.config/tallyd'], "the config is the owner's")
    t.same(asUser(['systemctl', '--user', '--all', 'list-units', '--no-legend', 'tallyd*']).out, '')
    t.equal(asRoot(`ls /var/lib/systemd/linger 2>/dev/null`).out, '')
    t.equal(
      asUser(['test', '-s', '.local/state/tallyd/checkpoint.bin']).status,
      0,
      'what was counted is kept',
    )
    t.match(service('uninstall', '--yes'), { state: 'absent' }, 'again')
  })
})

boxTest('what is in the way of an install', async (t, whole) => {
  // As with a desktop, whose session is there all the time: without one, and without lingering, logind ends the user's manager.
  const box: Box = { ...whole, asUser: (words, more) => whole.asUser(words, { DISPLAY: ':0', ...more }) }
  installed(t, box)
  const { asUser, asRoot } = box
  const { tallyctl, service } = client(box)
  const install = [`${USER.home}/npm/bin/tallyctl`, 'service', 'install']

  const away = asUser(install, { XDG_RUNTIME_DIR: '' })
  t.equal(away.status, 1)
  t.match(away.err, /XDG_RUNTIME_DIR is not set.*export XDG_RUNTIME_DIR=\/run\/user\/4321/)

  t.equal(tallyctl('start').status, 0)
  const running = asUser(install)
  t.equal(running.status, 6, 'a tallyd that runs otherwise')
  t.match(running.err, /tallyd runs already \(pid \d+\), not as a service/)
  t.equal(service('install', '--yes').state, 'running', 'with a yes it makes room')
  t.equal(service('install', '--yes').state, 'running', 'again is no second one')

  const elsewhere = asUser([...install, '--yes'], { TALLYD_HOME: `${USER.home}/other` })
  t.equal(elsewhere.status, 5)
  t.match(elsewhere.err, /is of another TALLYD_HOME/)
  service('uninstall', '--yes')

  const own = asUser([...install, '--yes', '--json'], { TALLYD_HOME: `${USER.home}/other` })
  t.equal(own.status, 0, own.err)
  t.equal(asUser(['test', '-S', 'other/tallyd.sock']).status, 0, 'TALLYD_HOME is taken along')
  t.equal(
    asUser([...install.slice(0, 2), 'uninstall', '--yes'], { TALLYD_HOME: `${USER.home}/other` }).status,
    0,
  )

  asRoot(
    `mkdir -p /run/systemd/system && printf '[Service]\\nExecStart=/bin/true\\n' >/run/systemd/system/tallyd.service && systemctl daemon-reload`,
  )
  const two = asUser([...install, '--yes'])
  t.equal(two.status, 5)
  t.match(two.err, /\/run\/systemd\/system\/tallyd\.service supervises a tallyd already/)
  asRoot('rm /run/systemd/system/tallyd.service; systemctl daemon-reload')

  // The daemon's program is broken: the install says why, and leaves nothing.
  const main = `${USER.home}/npm/lib/node_modules/tallyd/dist/daemon/main.js`
  asUser(['bash', '-c', 'cp "$1" "$1.kept" && echo "process.exit(3)" >"$1"', '-', main])
  const broken = asUser([...install, '--yes'])
  t.equal(broken.status, 5)
  t.match(broken.err, /systemctl --user restart tallyd\.service: .*exit-code/)
  t.equal(asUser(['test', '-e', UNIT]).status, 1)
  asUser(['mv', `${main}.kept`, main])
})
