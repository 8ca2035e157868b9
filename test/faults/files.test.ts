// Every state file, spoiled in every way that comes to mind, with no version before it to go back to: the daemon starts, what lay there
// still lies somewhere, the doctor names it and the next step, and everything that does not live in that file works.
import { spawnSync } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { DAEMON, type Daemon, daemon, isolatedEnv, until } from '../harness/daemon.ts'
import { CALLS, copyOf, forgetBefore, fullHome, pathsAt, STATE_FILES, type StateFile } from './full-home.ts'

t.setTimeout(600_000)

const write = (text: string) => (path: string) => writeFileSync(path, text, { mode: 0o600 })

const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  'cut in half': (path) => truncateSync(path, lstatSync(path).size >> 1),
  empty: write(''),
  garbage: (path) => writeFileSync(path, Buffer.alloc(4_000, 0xa7), { mode: 0o600 }),
  null: write('null'),
  'of another type': write('{"schema":1,"data":"a text"}'),
  'a folder': (path) => {
    rmSync(path)
    mkdirSync(path)
    writeFileSync(join(path, 'inside'), 'x')
  },
  'a link to itself': (path) => {
    rmSync(path)
    symlinkSync(basename(path), path)
  },
}

/** Files that know nothing of each other: one daemon finds all of a row spoiled. */
const TOGETHER: readonly (readonly StateFile[])[] = [
  ['identity', 'tokens', 'quotas', 'webPort'],
  ['devices', 'web', 'alerts', 'incidents'],
  ['checkpoint', 'vault', 'logins'],
]

/** What a part of the daemon is asked, and which files it may not do without. */
const ASKED: readonly (readonly [string, (daemon: Daemon) => Promise<unknown>, ...StateFile[]])[] = [
  ['identity', ({ call }) => call('identity.show'), 'identity'],
  ['sharing', ({ call }) => call('sharing.set', { mode: 'off' }), 'devices'],
  ['names', ({ call }) => call('devices.rename', { device: 'self', name: 'another' }), 'devices'],
  ['members', ({ call }) => call('members.add', { name: 'another' }), 'tokens'],
  [
    'secrets',
    ({ call }) => call('secrets.add', { name: 'more', secret: { type: 'api-key', fields: { apiKey: 'x' } } }),
    'vault',
  ],
  ['quotas', ({ call }) => call('quotas.list')],
  ['budgets', async ({ call }) => (await call('budgets.list')).budgets[0]!.crossed],
  ['logins', ({ call }) => call('logins.list')],
  ['web', isReached, 'web'],
  ['audit', ({ call }) => call('audit.verify')],
]

async function isReached({ call }: Daemon): Promise<void> {
  const { port, problem } = (await call('daemon.status')).listeners.web
  if (port === null) throw new Error(String(problem))
}

/** Whatever of `path` is there, wherever: its bytes, or what kind of thing it is. */
function remainsOf(path: string): string[] {
  const names = readdirSync(dirname(path)).filter((name) => name.startsWith(basename(path)))
  return names.map((name) => contentOf(join(dirname(path), name)))
}

function contentOf(path: string): string {
  const found = lstatSync(path)
  if (found.isDirectory()) return `folder of ${readdirSync(path)}`
  return found.isSymbolicLink() ? 'link' : readFileSync(path, 'latin1')
}

async function isNamed({ call }: Daemon, path: string): Promise<boolean> {
  const { checks } = await call('doctor.run')
  const said = checks.filter(({ level, says }) => level !== 'ok' && says.includes(path))
  return said.length > 0 && said.every(({ next }) => (next ?? '') !== '')
}

async function lives(t: Test, home: string, names: readonly StateFile[]): Promise<void> {
  const paths = names.map((name) => pathsAt(home)[name])
  const before = paths.map(contentOf)
  const running = await daemon(t, { home })
  const { call } = running
  await until(async () => (await call('daemon.status')).ready, 'it is ready')
  t.equal((await call('usage.summary', { range: 'all' })).total.calls, CALLS, 'it counts')
  for (const [part, ask, ...needs] of ASKED) {
    if (needs.some((name) => names.includes(name))) continue
    await ask(running).catch((error: Error) => t.fail(`${part}: ${error.message}`))
  }
  for (const path of paths) {
    await t.resolves(
      until(() => isNamed(running, path), path, 10_000),
      `the doctor names ${basename(path)} and the next step`,
    )
  }
  t.notMatch(running.log(), /did not start|failed/, 'nothing else went wrong')
  t.match(await running.stop(), { code: 0 }, 'it stops')
  for (const [at, path] of paths.entries()) {
    t.ok(remainsOf(path).includes(before[at]!), `what lay at ${basename(path)} is not lost`)
  }
}

t.test('each file is spoiled in each way', async (t) => {
  const home = await fullHome(t)
  t.same(TOGETHER.flat().sort(), [...STATE_FILES].sort(), 'every file is among them')
  for (const [damage, spoil] of Object.entries(DAMAGES)) {
    for (const names of TOGETHER) {
      await t.test(`${names.join(', ')}: ${damage}`, async (t) => {
        const copy = copyOf(t, home)
        for (const name of names) {
          forgetBefore(pathsAt(copy), name)
          spoil(pathsAt(copy)[name])
        }
        await lives(t, copy, names)
      })
    }
  }
})

t.test('each file is of a newer tallyd: it does not start, says so, and touches nothing', async (t) => {
  const home = await fullHome(t)
  for (const name of STATE_FILES) {
    const path = pathsAt(home)[name]
    const whole = readFileSync(path)
    writeFileSync(path, whole.toString('latin1').replace(/("schema":\s*)1/, '$12'), 'latin1')
    const before = readdirSync(home)
    const ran = spawnSync(DAEMON, [], { env: isolatedEnv(home), encoding: 'utf8', timeout: 20_000 })
    t.equal(ran.status, EXIT.refused, name)
    t.ok(ran.stderr.includes(`${path} has schema 2;`), ran.stderr)
    t.same(readdirSync(home), before)
    writeFileSync(path, whole)
  }
})
