// The real Secret Service: Debian's gnome-keyring on a session bus of its own. What it keeps, and what happens while it is locked,
// hangs or is empty.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Daemon, daemon, endOf, type Teardown, temporaryFolder, until } from '../harness/daemon.ts'

t.setTimeout(180_000)

function reasonToSkip(): string | null {
  if (process.env['TALLYD_HOSTS'] !== '1') return 'needs gnome-keyring: run npm run test:hosts'
  const missing = ['gnome-keyring-daemon', 'dbus-daemon', 'gdbus'].filter(
    (tool) => spawnSync('which', [tool]).status !== 0,
  )
  return missing.length === 0 ? null : `needs ${missing.join(', ')}`
}

function keychainTest(name: string, run: (t: Test) => Promise<unknown>): Promise<unknown> {
  const skip = reasonToSkip()
  return t.test(name, skip === null ? {} : { skip }, run)
}

interface Session {
  readonly env: Readonly<Record<string, string>>
  /** Starts gnome-keyring, its collection open. */
  unlock(): Promise<ChildProcess>
  /** Locks the collection as a screen saver does. */
  lock(): void
}

/** A bus and folders that belong to nobody else. Its bus starts no service by itself. */
async function session(t: Teardown): Promise<Session> {
  const folder = temporaryFolder(t)
  const runtime = join(folder, 'run')
  mkdirSync(runtime, { mode: 0o700 })
  const address = `unix:path=${join(runtime, 'bus')}`
  const config = join(folder, 'bus.conf')
  const all = '<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>'
  writeFileSync(
    config,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd"><busconfig><type>session</type><listen>${address}</listen><policy context="default">${all}</policy></busconfig>`,
  )
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    XDG_RUNTIME_DIR: runtime,
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    DBUS_SESSION_BUS_ADDRESS: address,
  }
  const run = (program: string, words: readonly string[], input?: string) => {
    const child = spawn(program, words, {
      env,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'ignore', 'ignore'],
    })
    child.stdin?.end(input)
    const ended = endOf(child)
    t.teardown(async () => {
      child.kill('SIGKILL')
      await ended
    })
    return child
  }
  const bus = (words: readonly string[]) =>
    execFileSync('gdbus', ['call', '--session', '--timeout=5', ...words], {
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    })
  const secrets = [
    '--dest',
    'org.freedesktop.secrets',
    '--object-path',
    '/org/freedesktop/secrets',
    '--method',
  ]
  run('dbus-daemon', [`--config-file=${config}`, '--nofork'])
  await until(() => existsSync(join(runtime, 'bus')), 'there is a bus')
  return {
    env,
    async unlock() {
      const child = run(
        'gnome-keyring-daemon',
        ['--unlock', '--components=secrets', '--foreground'],
        'login password',
      )
      const read = [...secrets, 'org.freedesktop.Secret.Service.ReadAlias', 'default']
      const isOpen = () => {
        try {
          return bus(read).includes('/collection/')
        } catch {
          return false
        }
      }
      await until(isOpen, 'the collection is open')
      return child
    },
    lock: () =>
      void bus([
        ...secrets,
        'org.freedesktop.Secret.Service.Lock',
        "['/org/freedesktop/secrets/collection/login']",
      ]),
  }
}

const SECRET = { type: 'api-key' as const, fields: { apiKey: 'canary-in-keychain' } }

/** The word at the end of a refused call. */
async function refusal(act: Promise<unknown>): Promise<string> {
  return act.then(
    () => 'ok',
    (error: Error) => error.message,
  )
}

async function started(t: Teardown, home: string, { env }: Session): Promise<Daemon> {
  const { HOME: _, ...more } = env
  return daemon(t, { home, env: more })
}

keychainTest('the key rests in the keychain, and opens the vault after a restart', async (t) => {
  const at = await session(t)
  await at.unlock()
  const home = temporaryFolder(t)
  const first = await started(t, home, at)
  await first.call('secrets.add', { name: 'maps', secret: SECRET })
  t.match((await first.call('vault.status')).vault, { state: 'open', key: 'keychain', secrets: 1 })
  t.notOk(existsSync(join(home, 'vault.key')))
  t.notOk(readFileSync(join(home, 'vault.json'), 'utf8').includes('canary'))
  await first.stop()
  const second = await started(t, home, at)
  const shown = await second.call('secrets.show', { name: 'maps', reveal: true })
  t.same(shown.secret.fields, SECRET.fields)
  await second.call('vault.protect', { key: 'file' })
  await second.call('vault.protect', { key: 'keychain' })
  t.notOk(existsSync(join(home, 'vault.key')), 'and the file is gone')
  await second.stop()
  const third = await started(t, home, at)
  t.match((await third.call('vault.status')).vault, { state: 'open', key: 'keychain', secrets: 1 })
})

keychainTest('locked: it is said, nothing is lost, and it goes on when it is open again', async (t) => {
  const at = await session(t)
  const keyring = await at.unlock()
  const home = temporaryFolder(t)
  const first = await started(t, home, at)
  await first.call('secrets.add', { name: 'maps', secret: SECRET })
  await first.stop()
  const before = readFileSync(join(home, 'vault.json'), 'utf8')
  at.lock()
  const second = await started(t, home, at)
  t.match(await refusal(second.call('secrets.list')), /^the keychain is locked/)
  t.match(await refusal(second.call('secrets.add', { name: 'b', secret: SECRET })), /^the keychain is locked/)
  const { checks } = await second.call('doctor.run')
  t.match(
    checks.find(({ subject }) => subject === 'vault'),
    { level: 'broken', says: /the keychain is locked/ },
  )
  const fresh = await started(t, temporaryFolder(t), at)
  t.match(await refusal(fresh.call('secrets.add', { name: 'b', secret: SECRET })), /^the keychain is locked/)
  t.equal((await fresh.call('vault.status')).vault.state, 'empty', 'and no key went to a weaker place')
  t.equal(readFileSync(join(home, 'vault.json'), 'utf8'), before)
  keyring.kill('SIGKILL')
  await until(async () => (await refusal(second.call('secrets.list'))) !== 'ok', 'gone')
  await at.unlock()
  t.equal((await second.call('secrets.list')).secrets.length, 1)
})

keychainTest('a keychain that hangs holds up nobody but who asked for it, and that for 3 s', async (t) => {
  const at = await session(t)
  const keyring = await at.unlock()
  const home = temporaryFolder(t)
  const first = await started(t, home, at)
  await first.call('secrets.add', { name: 'maps', secret: SECRET })
  await first.stop()
  keyring.kill('SIGSTOP')
  const second = await started(t, home, at)
  const began = performance.now()
  const asked = refusal(second.call('secrets.list'))
  let longest = 0
  for (let round = 0; round < 20; round++) {
    const start = performance.now()
    await second.call('daemon.hello')
    longest = Math.max(longest, performance.now() - start)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  t.match(await asked, /^the keychain does not answer/)
  const tookMs = performance.now() - began
  t.ok(tookMs < 6_000, `${Math.round(tookMs)} ms`)
  t.ok(longest < 500, `meanwhile others waited ${Math.round(longest)} ms at most`)
  const fresh = await started(t, temporaryFolder(t), at)
  t.match(
    await refusal(fresh.call('secrets.add', { name: 'b', secret: SECRET })),
    /^the keychain does not answer/,
  )
  t.equal((await fresh.call('vault.status')).vault.state, 'empty', 'and no key went to a weaker place')
  keyring.kill('SIGCONT')
  await until(async () => (await refusal(second.call('secrets.list'))) === 'ok', 'it goes on')
})

keychainTest(
  'without a service, or with one that keeps nothing, the key goes to the next place',
  async (t) => {
    const at = await session(t)
    const none = await started(t, temporaryFolder(t), at)
    await none.call('secrets.add', { name: 'maps', secret: SECRET })
    t.equal((await none.call('vault.status')).vault.key, 'file', 'a bus without a keychain')
    // Started without a password it has no collection, as on a machine where nobody logged in.
    const empty = await session(t)
    const keyring = spawn('gnome-keyring-daemon', ['--start', '--components=secrets', '--foreground'], {
      env: empty.env,
      stdio: 'ignore',
    })
    t.teardown(() => keyring.kill('SIGKILL'))
    await until(() => {
      const names = spawnSync(
        'gdbus',
        [
          'call',
          '--session',
          '--dest',
          'org.freedesktop.DBus',
          '--object-path',
          '/',
          '--method',
          'org.freedesktop.DBus.ListNames',
        ],
        { env: empty.env, encoding: 'utf8' },
      )
      return names.stdout.includes('org.freedesktop.secrets')
    }, 'it is there')
    const other = await started(t, temporaryFolder(t), empty)
    await other.call('secrets.add', { name: 'maps', secret: SECRET })
    t.equal((await other.call('vault.status')).vault.key, 'file', 'a keychain without a collection')
  },
)
