// The unit and the agent: what is filled in, and that no path can say something else there.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'plist'
import t from 'tap'
import {
  agentText,
  LABEL,
  launchctlWords,
  printed,
  withoutSettings,
  xml,
} from '../../../src/ctl/service/agent.ts'
import { templateOf } from '../../../src/ctl/service/file.ts'
import type { Installation } from '../../../src/ctl/service/installation.ts'
import { essence, unitText, word } from '../../../src/ctl/service/unit.ts'
import { ROOT, temporaryFolder } from '../../harness/daemon.ts'

const PROGRAM = join(ROOT, 'dist', 'ctl', 'main.js')
const UNIT = templateOf(PROGRAM, 'systemd/tallyd.service')
const AGENT = templateOf(PROGRAM, `launchd/${LABEL}.plist`)

const NASTY = [
  '/home/me',
  '/home/a b',
  '/home/"quoted"',
  "/home/it's",
  '/home/100%',
  '/home/%h/%n',
  '/home/$HOME/$x',
  '/home/back\\slash\\x20',
  '/home/zoë/日本',
  '/home/<b>&amp;</b>]]>',
  '/home/;semicolon #hash',
]

function at(home: string): Installation {
  return {
    node: `${home}/bin/node`,
    daemon: `${home}/lib/tallyd/dist/daemon/main.js`,
    env: { TALLYD_HOME: `${home}/state`, CODEX_HOME: `${home}/codex` },
    writable: [`${home}/state`],
    log: `${home}/state/tallyd.log`,
  }
}

function hasAnalyze(): boolean {
  return spawnSync('systemd-analyze', ['--version']).status === 0
}

t.test('a word of a unit', async (t) => {
  t.equal(word('/a b'), '"/a b"')
  t.equal(word('/"\\%$'), '"/\\"\\\\%%$"')
  for (const bad of ['/a\nExecStart=/bin/sh', '/a\0', '/a\t', '/a\x7f']) {
    t.throws(() => word(bad), { name: 'TallyError' }, JSON.stringify(bad))
  }
})

t.test('whatever a path holds, the unit has the same lines', async (t) => {
  const keys = (text: string) => text.split('\n').map((line) => line.split('=')[0])
  const plain = keys(unitText(UNIT, at('/home/me')))
  t.ok(plain.includes('Type') && plain.includes('WatchdogSec'))
  for (const home of NASTY) t.same(keys(unitText(UNIT, at(home))), plain, home)
  t.notMatch(unitText(UNIT, at('/home/me')), /\{\{/)
})

t.test('systemd reads it', { skip: hasAnalyze() ? false : 'needs systemd-analyze' }, async (t) => {
  const home = join(temporaryFolder(t), `a "b" 100% $x it's \\y zoë`)
  const given = at(home)
  for (const file of [given.node, given.daemon]) {
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, '#!/bin/sh\n', { mode: 0o755 })
  }
  const path = join(home, 'tallyd.service')
  writeFileSync(path, unitText(UNIT, given))
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' })
  // Of this unit alone: verify also speaks of those of the machine.
  const said = `${verified.stdout}${verified.stderr}`.split('\n').filter((line) => line.includes('tallyd'))
  t.same(said, [])
  const scored = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', path], {
    encoding: 'utf8',
  })
  const [, score] = /exposure level for tallyd\.service: ([\d.]+)/.exec(scored.stdout) ?? []
  t.ok(Number(score) <= 2.5, `exposure ${score} ${scored.stderr}`)
})

t.test('what the unit promises', async (t) => {
  const lines = UNIT.split('\n')
  for (const line of [
    'Type=notify',
    'Restart=on-failure',
    'UMask=0077',
    'PrivateUsers=yes',
    'ProtectSystem=strict',
    'ProtectHome=read-only',
    'NoNewPrivileges=yes',
    'LimitCORE=0',
    'WatchdogSignal=SIGKILL',
    'WantedBy=default.target',
  ]) {
    t.ok(lines.includes(line), line)
  }
  // Each of these was seen to break it, or to mean something else before systemd 254.
  t.notMatch(UNIT, /^(MemoryDenyWriteExecute=yes|StateDirectory=|SystemCallFilter=~@privileged)/m)
})

t.test('an outdated unit is one of other programs, not of other settings or comments', async (t) => {
  const now = unitText(UNIT, at('/home/me'))
  t.equal(essence(`# a comment\n${now}`), essence(now))
  t.equal(essence(unitText(UNIT, { ...at('/home/me'), env: {} })), essence(now))
  t.not(essence(unitText(UNIT, { ...at('/home/me'), node: '/usr/bin/node' })), essence(now))
})

/** launchd.plist(5): the keys that the agent may have, and what they hold. */
const KEYS: Readonly<Record<string, (value: unknown) => boolean>> = {
  Label: (value) => value === 'com.tallyd.agent',
  ProgramArguments: (value) => Array.isArray(value) && value.length === 2,
  EnvironmentVariables: (value) => Object.values(value as object).every((each) => typeof each === 'string'),
  RunAtLoad: (value) => value === true,
  KeepAlive: (value) => JSON.stringify(value) === '{"SuccessfulExit":false}',
  ThrottleInterval: (value) => value === 10,
  ExitTimeOut: (value) => value === 10,
  ProcessType: (value) => value === 'Background',
  // Decimal: a property list has no octal numbers. 63 is 0077.
  Umask: (value) => value === 0o077,
  StandardOutPath: (value) => typeof value === 'string',
  StandardErrorPath: (value) => typeof value === 'string',
}

t.test('the agent is a property list with the keys of launchd.plist(5), whatever a path holds', async (t) => {
  for (const home of NASTY) {
    const given = at(home)
    const agent = parse(agentText(AGENT, given)) as Record<string, unknown>
    t.same(Object.keys(agent).sort(), Object.keys(KEYS).sort())
    for (const [key, fits] of Object.entries(KEYS)) t.ok(fits(agent[key]), `${key} in ${home}`)
    t.same(agent['ProgramArguments'], [given.node, given.daemon])
    t.same(agent['EnvironmentVariables'], given.env)
    t.equal(agent['StandardErrorPath'], given.log)
  }
  t.same(
    (parse(agentText(AGENT, { ...at('/a'), env: {} })) as Record<string, unknown>)['EnvironmentVariables'],
    {},
  )
  t.throws(() => xml('/a\n'), { name: 'TallyError' })
  const one = agentText(AGENT, at('/a'))
  t.equal(withoutSettings(agentText(AGENT, { ...at('/a'), env: {} })), withoutSettings(one))
  t.not(withoutSettings(agentText(AGENT, { ...at('/a'), node: '/b' })), withoutSettings(one))
})

t.test('the words of launchctl', async (t) => {
  const path = '/Users/me/Library/LaunchAgents/com.tallyd.agent.plist'
  const words = (verb: Parameters<typeof launchctlWords>[0]) => launchctlWords(verb, 501, path)
  t.same(words('bootstrap'), ['launchctl', 'bootstrap', 'gui/501', path])
  t.same(words('bootout'), ['launchctl', 'bootout', 'gui/501/com.tallyd.agent'])
  t.same(words('enable'), ['launchctl', 'enable', 'gui/501/com.tallyd.agent'])
  t.same(words('kickstart'), ['launchctl', 'kickstart', 'gui/501/com.tallyd.agent'])
  t.same(words('restart'), ['launchctl', 'kickstart', '-k', 'gui/501/com.tallyd.agent'])
  t.same(words('print'), ['launchctl', 'print', 'gui/501/com.tallyd.agent'])
  t.same(printed('com.tallyd.agent = {\n\tactive count = 1\n\tstate = running\n\n\tpid = 812\n}'), {
    state: 'running',
    pid: 812,
  })
  t.same(printed('something else'), { state: null, pid: null })
})
