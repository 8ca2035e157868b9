// What a service is built on, and what it is not.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { pathsOf } from '../../../src/contract/paths.ts'
import { readOurs, writeOurs } from '../../../src/ctl/service/file.ts'
import {
  installationOf,
  versionManagerOf,
  versionManagerWarning,
} from '../../../src/ctl/service/installation.ts'
import { temporaryFolder } from '../../harness/daemon.ts'
import { settled } from './settled.ts'

const { root: ROOT, node: NODE } = settled(t)
const PROGRAM = join(ROOT, 'dist', 'ctl', 'main.js')

function at(env: Record<string, string>, program = PROGRAM) {
  return { env, program, paths: pathsOf({ env, home: '/home/me', platform: 'linux' }) }
}

t.test('programs, folders and the settings of the shell', async (t) => {
  const env = {
    XDG_RUNTIME_DIR: '/run/user/1',
    CODEX_HOME: '/home/me/codex',
    TALLYD_TOKEN: 'tallyd_secret',
    PATH: '/bin',
  }
  const found = installationOf(at(env), '/usr/bin/node')
  t.equal(found.node, '/usr/bin/node')
  t.equal(found.daemon, join(ROOT, 'dist', 'daemon', 'main.js'))
  t.same(found.env, { CODEX_HOME: '/home/me/codex' }, 'no secret is among them')
  t.same(found.writable, ['/home/me/.local/state/tallyd', '/run/user/1/tallyd'])
  t.same(installationOf(at({ TALLYD_HOME: '/home/me/t' }), '/usr/bin/node').writable, ['/home/me/t'])
  t.same(installationOf(at({ HOME: '/elsewhere' }), '/usr/bin/node').env, { HOME: '/elsewhere' })
  t.same(installationOf(at({ HOME: homedir() }), '/usr/bin/node').env, {})
})

function programIn(t: Test, folder: string): string {
  const program = join(folder, 'dist', 'ctl', 'main.js')
  mkdirSync(dirname(program), { recursive: true })
  mkdirSync(join(folder, 'dist', 'daemon'))
  for (const file of [program, join(folder, 'dist', 'daemon', 'main.js')]) writeFileSync(file, '')
  t.ok(program)
  return program
}

t.test("npx's cache, temporary folders and what was never built are refused", async (t) => {
  const temporary = temporaryFolder(t)
  const npx = programIn(t, join(temporary, '_npx', 'abc', 'node_modules', 'tallyd'))
  t.throws(() => installationOf(at({}, npx), NODE), { message: /npx's cache/ })
  const loose = programIn(t, join(temporary, 'tallyd'))
  t.throws(() => installationOf(at({}, loose), NODE), {
    message: /lies in \/tmp, which is emptied/,
    next: /see docs\/quick-start\.md/,
  })
  const link = join(ROOT, `link-${process.pid}`)
  symlinkSync(join(temporary, 'tallyd'), link)
  t.teardown(() => import('node:fs').then(({ rmSync }) => rmSync(link)))
  t.throws(
    () => installationOf(at({}, join(link, 'dist', 'ctl', 'main.js')), NODE),
    { message: /which is emptied/ },
    'through a link too',
  )
  t.throws(() => installationOf(at({ TALLYD_HOME: join(temporary, 'home') }), NODE), {
    message: /which is emptied/,
  })
  t.throws(() => installationOf(at({ TMPDIR: ROOT }), NODE), { message: /which is emptied/ }, 'and $TMPDIR')
  t.throws(() => installationOf(at({}, join(ROOT, 'nowhere', 'ctl', 'main.js')), NODE), {
    message: /cannot be read/,
  })
})

t.test('a Node that may be taken away', async (t) => {
  for (const [node, manager] of [
    ['/usr/bin/node', null],
    ['/usr/local/bin/node', null],
    ['/home/n/versions/bin/node', null],
    ['/home/me/.nvm/versions/node/v22.1.0/bin/node', 'nvm'],
    ['/home/me/.local/share/fnm/node-versions/v22.1.0/installation/bin/node', 'fnm'],
    ['/run/user/1000/fnm_multishells/1_2/bin/node', 'fnm'],
    ['/home/me/.volta/tools/image/node/22.1.0/bin/node', 'volta'],
    ['/home/me/.asdf/installs/nodejs/22.1.0/bin/node', 'asdf'],
    ['/home/me/.local/share/mise/installs/node/22.1.0/bin/node', 'mise'],
    ['/usr/local/n/versions/node/22.1.0/bin/node', 'n'],
    ['/home/me/.nodenv/versions/22.1.0/bin/node', 'nodenv'],
    ['/opt/homebrew/Cellar/node/22.1.0/bin/node', 'Homebrew'],
    ['/opt/homebrew/Cellar/node@20/20.1.0/bin/node', 'Homebrew'],
  ] as const) {
    t.equal(versionManagerOf(node), manager, node)
    t.equal(versionManagerWarning(node) === null, manager === null)
  }
})

t.test("a service's file: ours is written over, another's never", async (t) => {
  const path = join(temporaryFolder(t), 'deep', 'tallyd.service')
  t.equal(readOurs(path), null)
  writeOurs(path, '# tallyd service\none\n')
  writeOurs(path, '# tallyd service\ntwo\n')
  t.match(readOurs(path), /two/)
  t.equal(readFileSync(path, 'utf8'), '# tallyd service\ntwo\n')
  writeFileSync(path, '[Service]\nExecStart=/opt/mine\n')
  t.throws(() => readOurs(path), { message: /was not written by tallyctl/ })
  const folder = join(temporaryFolder(t), 'folder')
  mkdirSync(folder)
  t.throws(() => readOurs(folder), { name: 'TallyError' })
  t.throws(() => writeOurs('/proc/none/tallyd.service', ''), { message: /cannot be written/ })
})
