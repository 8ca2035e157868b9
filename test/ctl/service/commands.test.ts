// The commands where there is no systemd to ask: a systemctl of ours tells what it was asked. test/hosts/systemd.test.ts has a real one.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { pathsOf } from '../../../src/contract/paths.ts'
import type { Surrounding } from '../../../src/ctl/commands/command.ts'
import { logLine } from '../../../src/ctl/commands/service-logs.ts'
import type { Run } from '../../../src/ctl/service/program.ts'
import { Systemd } from '../../../src/ctl/service/systemd.ts'
import { temporaryFolder } from '../../harness/daemon.ts'
import { tallyctl } from '../client.ts'
import { settled } from './settled.ts'

const { root, node } = settled(t)
const BUNDLE = join(root, 'dist', 'ctl', 'main.js')
const UNIT = '.config/systemd/user/tallyd.service'

/** A home, and a PATH on which stands a `systemctl` that answers by `script` and writes down what it was asked. */
function pretended(t: Test, script: string) {
  const home = temporaryFolder(t)
  const folder = join(home, 'bin')
  mkdirSync(folder)
  for (const name of ['systemctl', 'journalctl', 'loginctl', 'systemd-notify']) {
    const body = `#!/bin/sh\necho "${name} $*" >>"${home}/asked"\n${name === 'systemctl' ? script : 'exit 0'}\n`
    writeFileSync(join(folder, name), body, { mode: 0o755 })
  }
  const env = {
    PATH: `${folder}:/usr/bin:/bin`,
    TALLYD_HOME: '',
    XDG_RUNTIME_DIR: join(home, 'run'),
    DISPLAY: ':0',
  }
  mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 })
  return {
    home,
    env,
    asked: () => readFileSync(join(home, 'asked'), 'utf8'),
    run: (...words: string[]) => tallyctl(home, words, { env, program: BUNDLE, node, timeoutMs: 60_000 }),
  }
}

const REFUSES =
  'case "$*" in *restart*|*"start "*) echo "Job failed." >&2; exit 1;; *show*) echo FragmentPath=;; esac; exit 0'

t.test('not installed: status, doctor, restart, uninstall', async (t) => {
  const { run } = pretended(t, 'exit 0')
  t.match(await run('service', '--json'), {
    exit: 0,
    out: /"service": \{\s+"manager": "systemd",\s+"unit": "tallyd.service",\s+"path": null,\s+"state": "absent",\s+"pid": null/,
  })
  t.match(await run('service', 'status'), { exit: 0, out: /not installed; run: .*tallyctl service install/ })
  t.match(await run('doctor'), { exit: 3, out: /ok +service +not installed; .*tallyctl service install/ })
  t.match(await run('service', 'restart'), { exit: 5, err: /not installed; run: .*tallyctl service install/ })
  t.match(await run('service', 'uninstall', '--yes'), { exit: 0, out: /not installed/ })
})

t.test('an install that systemd refuses says why and leaves nothing', async (t) => {
  const { run, home, asked } = pretended(t, REFUSES)
  const ran = await run('service', 'install', '--yes')
  t.equal(ran.exit, 5)
  t.match(ran.err, /systemctl --user restart tallyd\.service: Job failed/)
  t.throws(() => readFileSync(join(home, UNIT)), { code: 'ENOENT' })
  t.match(
    asked(),
    /daemon-reload[\s\S]*enable tallyd\.service[\s\S]*disable --now tallyd\.service[\s\S]*daemon-reload/,
  )
})

t.test('no manager of the user, and no systemd at all', async (t) => {
  const away = pretended(t, '[ "$1" = --version ] || { echo "Failed to connect to bus" >&2; exit 1; }')
  const says = /(no manager for this user \(Failed to connect to bus\)|systemd does not run on this machine)/
  for (const words of [[], ['--json']]) {
    const ran = await away.run('service', 'install', '--yes', ...words)
    t.match(ran, { exit: 1, out: /^$/, err: says }, 'with --json too an error is one sentence on stderr')
    t.match(ran.err, /^tallyctl: .*tallyctl start.*\n$/)
  }
  const { exit, out } = await away.run('service', 'status', '--json')
  t.equal(exit, 0)
  t.strictSame(JSON.parse(out), {
    service: { manager: 'systemd', unit: 'tallyd.service', path: null, state: 'unreachable', pid: null },
  })
  t.match(await away.run('service', 'status'), { exit: 0, out: says, err: /tallyctl start/ })
  const doctor = await away.run('doctor')
  t.match(doctor.out, /^ok +service +not installed, and cannot be: /m)
  t.match(doctor.out, says)
  t.notMatch(doctor.out, /tallyctl service install/)
  const none = temporaryFolder(t)
  const env = { PATH: join(none, 'nothing'), TALLYD_HOME: '' }
  const ran = await tallyctl(none, ['service', 'install', '--yes'], { env, program: BUNDLE, node })
  t.match(ran, { exit: 1, err: /there is no systemd; run .*tallyctl start/ })
})

t.test('why no manager of this user answers, and what helps', async (t) => {
  const home = temporaryFolder(t)
  const refuses: Run = async () => ({ status: 1, out: '', err: 'Failed to connect to bus', isMissing: false })
  const reason = async (env: Record<string, string>, booted: string) => {
    const paths = pathsOf({ env, home, platform: 'linux' })
    const at = { env: { HOME: home, ...env }, paths, program: BUNDLE } as unknown as Surrounding
    return new Systemd(at, refuses, booted).unreachable()
  }
  const none = await reason({}, join(home, 'nothing'))
  t.match(none, { error: 'noSupervisor', message: /systemd does not run on this machine/ })
  t.match(none?.next, /^run: tallyctl start, /)
  t.notMatch(none?.next, /loginctl|XDG_RUNTIME_DIR|log in/, 'nothing that cannot help')
  const unset = await reason({}, home)
  t.match(unset?.message, /XDG_RUNTIME_DIR is not set/)
  t.match(unset?.next, /export XDG_RUNTIME_DIR=/)
  t.match((await reason({ XDG_RUNTIME_DIR: home }, home))?.message, /no manager for this user \(Failed/)
})

t.test("another's unit stays as it is", async (t) => {
  const { run, home } = pretended(t, 'exit 0')
  mkdirSync(join(home, '.config/systemd/user'), { recursive: true })
  writeFileSync(join(home, UNIT), '[Service]\nExecStart=/opt/mine\n')
  t.match(await run('service', 'install', '--yes'), { exit: 5, err: /was not written by tallyctl/ })
  t.match(await run('service', 'uninstall', '--yes'), { exit: 5, err: /was not written by tallyctl/ })
  t.equal(readFileSync(join(home, UNIT), 'utf8'), '[Service]\nExecStart=/opt/mine\n')
})

t.test('doctor: a unit of another installation, that does not run and is not enabled', async (t) => {
  const { run, home, env } = pretended(
    t,
    'case "$*" in *show*) printf "ActiveState=failed\\nMainPID=0\\n";; esac; exit 0',
  )
  mkdirSync(join(home, '.config/systemd/user'), { recursive: true })
  const folders = [join(home, '.local/state/tallyd'), join(env.XDG_RUNTIME_DIR, 'tallyd')]
  const writable = folders.map((folder) => `ReadWritePaths="-${folder}"`).join('\n')
  writeFileSync(
    join(home, UNIT),
    `# tallyd service\n[Service]\nExecStart=:"/gone/node" "/gone/main.js"\n${writable}\n`,
  )
  const { out } = await run('doctor')
  t.match(out, /warning +service +systemd says that it is failed/)
  t.match(out, /warning +service +it does not start with your login/)
  t.match(out, /warning +service +.*tallyd\.service is not of this installation/)
})

t.test('logs: bounds, and what a line becomes', async (t) => {
  const { run, asked } = pretended(t, 'exit 0')
  for (const bad of ['0', '-1', 'many', '1.5', '1000000']) {
    t.match(await run('service', 'logs', '--lines', bad), { exit: 2, err: /from 1 to 100000/ }, bad)
  }
  t.match(await run('service', 'logs', '-n', '7'), { exit: 0, err: /nothing was logged/ })
  t.match(
    asked(),
    /journalctl --no-pager --quiet --output=cat --lines=7 _SYSTEMD_USER_UNIT=tallyd\.service _UID=\d+/,
  )
  t.equal(
    logLine(
      '{"level":50,"time":"2026-11-20T14:02:11.123Z","pid":1,"msg":"it failed","err":{"message":"why"}}',
    ),
    '2026-11-20 14:02:11  error  it failed: why',
  )
  t.equal(logLine('systemd says \x1b[31mthis'), logLine('systemd says \x1b[31mthis').replace(/\x1b/g, ''))
  t.equal(logLine('{"msg":5}'), '{"msg":5}')
})
