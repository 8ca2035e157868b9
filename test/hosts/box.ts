// A real systemd in namespaces of its own, with a user of its own who is not root and whose home has a path that is hard to write
// down. Needs root and Debian's systemd, libpam-systemd and dbus. Nothing outside is touched: accounts, /home, /run, /tmp, /var/tmp,
// /var/log and systemd's state are private to it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { endOf, type Teardown } from '../harness/daemon.ts'

export const USER = { name: 'boxuser', uid: 4321, home: `/home/zoë "q" 100% $x it's \\y` } as const

/** How long systemd and the user's manager may take to be up, in milliseconds. */
const BOOT_MS = 60_000

export interface Ran {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

export interface Box {
  /** Runs words as the user, with the environment of a login and `more`. */
  asUser(words: readonly string[], more?: Readonly<Record<string, string>>): Ran
  /** Starts words as the user; ended with the box. */
  spawnAsUser(words: readonly string[]): ChildProcess
  /** Runs a script of the shell as root. */
  asRoot(script: string): Ran
}

/** The accounts come first: systemd reads them when it starts. */
const INSIDE = `
set -eu
mount --make-rprivate /
mkdir -p /mnt
mount -t tmpfs tmpfs /mnt
for name in passwd shadow group; do cp -p /etc/$name /mnt/$name; done
printf '%s\\n' "$USER_LINE" >>/mnt/passwd
printf '%s:*:20000::::::\\n' "$USER_NAME" >>/mnt/shadow
printf '%s:x:%s:\\n' "$USER_NAME" "$USER_UID" >>/mnt/group
for name in passwd shadow group; do mount --bind /mnt/$name /etc/$name; done
for folder in /home /tmp /var/tmp /run /var/log /var/lib/systemd; do mount -t tmpfs tmpfs $folder; done
chmod 1777 /tmp /var/tmp
mkdir -p /run/systemd/system /run/lock /var/log/journal
mkdir -m 700 "$USER_HOME"
chown $USER_UID:$USER_UID "$USER_HOME"
for unit in $MASKED; do ln -sf /dev/null /run/systemd/system/$unit.service; done
mount -t tmpfs tmpfs /sys/fs/cgroup
mkdir -p /sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
export container=box
exec /lib/systemd/systemd --system --unit=multi-user.target
`
/** What is of no use to a service of a user, or belongs to the machine outside. */
const MASKED = [
  ...['tmpfiles-setup', 'tmpfiles-setup-dev', 'remount-fs', 'udevd', 'sysctl', 'firstboot'].map(
    (name) => `systemd-${name}`,
  ),
  ...[
    'avahi-daemon',
    'prometheus',
    'prometheus-node-exporter',
    'postgresql',
    'nginx',
    'apache2',
    'redis-server',
  ],
]

/** Why there can be no box here; null where there can. */
export function reasonForNoBox(): string | null {
  if (process.env['TALLYD_HOSTS'] !== '1') return 'needs a systemd of its own: run npm run test:hosts'
  if (process.getuid?.() !== 0) return 'needs root'
  const missing = ['unshare', 'nsenter', 'setpriv', 'systemctl', 'dbus-daemon', 'pgrep'].filter(
    (tool) => spawnSync('which', [tool]).status !== 0,
  )
  return missing.length === 0 ? null : `needs ${missing.join(', ')}`
}

/** Boots it; it is gone when the test ends. */
export async function box(t: Teardown): Promise<Box> {
  const { name, uid, home } = USER
  const env = {
    PATH: process.env['PATH'],
    USER_LINE: `${name}:x:${uid}:${uid}::${home}:/bin/bash`,
    USER_NAME: name,
    USER_UID: String(uid),
    USER_HOME: home,
    MASKED: MASKED.join(' '),
  }
  const apart = [
    '--fork',
    '--pid',
    '--mount',
    '--mount-proc',
    '--cgroup',
    '--uts',
    '--ipc',
    '--net',
    '--kill-child',
  ]
  const child = spawn('unshare', [...apart, 'bash', '-c', INSIDE], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000)
  })
  const ended = endOf(child)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const deadline = Date.now() + BOOT_MS
  let init = ''
  const inside = () => ['-t', init, '-a'] as const
  const asRoot = (script: string): Ran =>
    ran(spawnSync('nsenter', [...inside(), 'bash', '-c', script], OPTIONS))
  for (;;) {
    init = childOf(child.pid)
    const state = init === '' ? '' : asRoot('systemctl is-system-running').out.trim()
    if (state === 'running' || state === 'degraded') break
    if (Date.now() > deadline || child.exitCode !== null)
      throw new Error(`systemd did not start (${state}): ${said}`)
    await sleep(100)
  }
  const started = asRoot(`ip link set lo up; systemctl start user@${uid}.service`)
  if (started.status !== 0) throw new Error(`no manager of the user: ${started.err}`)
  const login = {
    HOME: home,
    USER: name,
    LOGNAME: name,
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    XDG_RUNTIME_DIR: `/run/user/${uid}`,
  }
  const userWords = (words: readonly string[], more: Readonly<Record<string, string>>) => {
    const set = Object.entries({ ...login, ...more }).map(([key, value]) => `${key}=${value}`)
    const become = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
    return [...inside(), ...become, 'env', '-i', '-C', home, ...set, ...words]
  }
  return {
    asRoot,
    asUser: (words, more = {}) => ran(spawnSync('nsenter', userWords(words, more), OPTIONS)),
    spawnAsUser(words) {
      const started = spawn('nsenter', userWords(words, {}), { stdio: ['ignore', 'pipe', 'pipe'] })
      t.teardown(() => started.kill('SIGKILL'))
      return started
    },
  }
}

const OPTIONS = { encoding: 'utf8', timeout: 120_000, maxBuffer: 16 * 1024 * 1024 } as const

function ran({ status, stdout, stderr }: ReturnType<typeof spawnSync>): Ran {
  return { status, out: String(stdout ?? ''), err: String(stderr ?? '') }
}

/** The number outside of the process that `unshare` forked: the first of its box. */
function childOf(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0] ?? ''
  } catch {
    return ''
  }
}
