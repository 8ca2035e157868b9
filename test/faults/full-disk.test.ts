// A disk of 1 MiB that fills up under a running daemon, and one that becomes read-only: it goes on answering and counting, says what is
// wrong, keeps everything that it acknowledged, acknowledges nothing that it could not write, and heals when it may write again.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { callLines, totalOf } from '../daemon/usage/usage-home.ts'
import { DAEMON, type Daemon, daemon, isolatedEnv, temporaryFolder, until } from '../harness/daemon.ts'
import { failureOf, freePort } from '../harness/devices.ts'
import { mounted } from '../harness/disk.ts'

t.setTimeout(180_000)

/** Each changes another file; the names are of `daemons` that are asked what there is. */
const CHANGES: Readonly<Record<string, (daemon: Daemon, name: string) => Promise<unknown>>> = {
  'tokens.json': ({ call }, name) => call('members.add', { name }),
  'devices.json': ({ call }, name) => call('devices.rename', { device: 'self', name }),
  'vault.json': ({ call }, name) =>
    call('secrets.add', { name, secret: { type: 'api-key', fields: { apiKey: name } } }),
}

async function keptBy({ call }: Daemon) {
  const [{ members }, { secrets }, { devices }] = await Promise.all([
    call('members.list'),
    call('secrets.list'),
    call('devices.list', { timeZone: 'UTC' }),
  ])
  return {
    members: members.map(({ name }) => name).sort(),
    secrets: secrets.map(({ name }) => name),
    name: devices.find(({ self }) => self)?.name,
  }
}

async function says({ call }: Daemon, words: RegExp): Promise<boolean> {
  const { checks } = await call('doctor.run')
  return checks.some(({ level, says, next }) => level !== 'ok' && words.test(says) && (next ?? '') !== '')
}

/** Where a daemon has what. */
interface Where {
  readonly state: string
  readonly config: string
  readonly socket: string
  readonly env: Readonly<Record<string, string>>
}

/** `block` makes every write fail with `code`, `unblock` ends that. */
async function survives(t: Test, where: Where, code: RegExp, block: () => void, unblock: () => void) {
  const { state, config: configPath, socket } = where
  // Logs lie elsewhere: whoever's disk is full still works.
  const elsewhere = temporaryFolder(t)
  const logs = join(elsewhere, '.claude', 'projects', 'p')
  mkdirSync(logs, { recursive: true })
  const log = join(logs, 'session-a.jsonl')
  writeFileSync(log, callLines(1, 3))
  const lan = { address: '127.0.0.1', port: await freePort() }
  const config = { lan, web: { port: await freePort() }, vault: { key: 'file' } }
  writeFileSync(configPath, JSON.stringify(config))
  const env = { HOME: elsewhere, TMPDIR: '/tmp', ...where.env }
  const start = () => daemon(t, { home: state, env, socket })
  let running = await start()
  const counts = async (...calls: number[]) =>
    until(async () => {
      const { total } = await running.call('usage.summary', { range: 'all', timeZone: 'UTC' })
      return total.calls === calls.length && total.tokens?.output === totalOf(...calls).output
    }, `it counts ${calls.length} calls`)
  await counts(1, 2, 3)
  for (const change of Object.values(CHANGES)) await change(running, 'before')
  const before = { members: ['before'], secrets: ['before'], name: 'before' }

  block()
  for (const [file, change] of Object.entries(CHANGES)) {
    t.equal(await failureOf(change(running, 'during')), 'stateUnwritable', `${file}: it says no`)
  }
  t.same(await keptBy(running), before, 'and nothing is changed in memory either')
  writeFileSync(log, callLines(4, 6), { flag: 'a' })
  await counts(1, 2, 3, 4, 5, 6)
  await until(() => says(running, code), 'the doctor says why', 30_000)
  t.equal((await running.call('views.glance')).ready, true, 'it answers')
  await running.kill('SIGKILL')

  // A start on such a disk.
  running = await start()
  await counts(1, 2, 3, 4, 5, 6)
  t.same(
    await keptBy(running),
    before,
    'after a kill and a start on it: nothing that was acknowledged is lost',
  )
  t.equal(await failureOf(CHANGES['tokens.json']!(running, 'during')), 'stateUnwritable')

  unblock()
  for (const change of Object.values(CHANGES)) await change(running, 'after')
  const after = { members: ['after', 'before'], secrets: ['after', 'before'], name: 'after' }
  t.same(await keptBy(running), after, 'once it can write again it does')
  writeFileSync(log, callLines(7, 7), { flag: 'a' })
  await counts(1, 2, 3, 4, 5, 6, 7)
  t.match(await running.stop(), { code: 0 })
  rmSync(log)
  running = await start()
  await counts(1, 2, 3, 4, 5, 6, 7)
  t.same(await keptBy(running), after, 'and all of it is on the disk')
  t.notOk(await says(running, code), 'the doctor says nothing of it any more')
  t.same(
    readdirSync(state).filter((name) => name.includes('broken')),
    [],
  )
}

t.test('a disk of 1 MiB that is full', async (t) => {
  const home = mounted(t, 'size=1m,mode=700')
  if (home === undefined) {
    t.pass('not run', { skip: 'a real full disk needs root and mount' })
    return
  }
  const filler = join(home, 'filler')
  const where = { state: home, config: join(home, 'config.json'), socket: join(home, 'tallyd.sock'), env: {} }
  await survives(
    t,
    where,
    /ENOSPC|no space/,
    () => fillUp(filler),
    () => rmSync(filler),
  )
})

t.test('a state folder that is read-only', async (t) => {
  const disk = mounted(t, 'size=2m,mode=700')
  if (disk === undefined) {
    t.pass('not run', { skip: 'a read-only disk needs root and mount' })
    return
  }
  const remount = (how: string) => {
    const { status, stderr } = spawnSync('mount', ['-o', `remount,${how}`, disk], { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
  }
  // The socket and the lock have a place of their own, as with a runtime folder.
  const run = temporaryFolder(t)
  mkdirSync(join(run, 'tallyd'), { mode: 0o700 })
  const env = { TALLYD_HOME: '', XDG_CONFIG_HOME: run, XDG_STATE_HOME: disk, XDG_RUNTIME_DIR: run }
  const where = {
    state: join(disk, 'tallyd'),
    config: join(run, 'tallyd', 'config.json'),
    socket: join(run, 'tallyd', 'tallyd.sock'),
    env,
  }
  await survives(
    t,
    where,
    /EROFS|read-only/,
    () => remount('ro'),
    () => remount('rw'),
  )
})

t.test('a home that is read-only altogether: it does not start, and says what to do', async (t) => {
  const disk = mounted(t, 'size=1m,mode=700,ro')
  if (disk === undefined) {
    t.pass('not run', { skip: 'a read-only disk needs root and mount' })
    return
  }
  const ran = spawnSync(DAEMON, [], { env: isolatedEnv(disk), encoding: 'utf8', timeout: 20_000 })
  t.equal(ran.status, EXIT.failed)
  t.ok(ran.stderr.includes(disk), ran.stderr)
  t.match(ran.stderr, /read-only|EROFS|cannot be written/)
  t.equal(ran.stderr.trim().split('\n').length, 2, 'a sentence and the next step')
})

/** Until not a byte more fits. */
function fillUp(path: string): void {
  for (const bytes of [65_536, 4_096, 1]) {
    for (;;) {
      try {
        writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' })
      } catch {
        break
      }
    }
  }
}
