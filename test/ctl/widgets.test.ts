// tallyctl widgets: the list, one widget, one that follows a daemon that comes and goes, and what is put into a bar's config.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { WIDGET_NAMES } from '../../src/contract/generated/widget-names.ts'
import { WIDGETS } from '../../src/contract/generated/widgets.ts'
import { follow } from '../../src/ctl/commands/widgets.ts'
import { FORMATS } from '../../src/daemon/views/widgets/formats.ts'
import { daemon, type Teardown, temporaryFolder, until } from '../harness/daemon.ts'
import { CLIENT, started, tallyctl } from './client.ts'
import { fakeDaemon } from './fake-daemon.ts'

const EMPTY_HOST = { HOME: '/nonexistent' }

t.test('the list needs no daemon', async (t) => {
  const home = temporaryFolder(t)
  const { exit, out, err } = await tallyctl(home, ['widgets'])
  t.equal(exit, 0)
  t.same(
    out
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]),
    FORMATS.map(({ name }) => name),
  )
  t.match(err, 'npx tallyctl widgets install FORMAT')
  const { widgets } = JSON.parse((await tallyctl(home, ['widgets', '--json'])).out)
  t.match(widgets[0], { name: 'waybar', says: String, into: String })
})

t.test('what is generated for the client is what the formats say', async (t) => {
  t.same(
    [...WIDGET_NAMES],
    FORMATS.map(({ name }) => name),
  )
  for (const { name, says, install, line } of FORMATS) {
    const stopped = line({ glance: null, tallyctl: ['tallyctl'], local: (at) => at })
    t.same(WIDGETS[name as 'waybar'], { says, stopped, install }, name)
  }
})

t.test('without a daemon a widget says so, in the form of its host', async (t) => {
  const home = temporaryFolder(t)
  for (const name of WIDGET_NAMES) {
    const { exit, out, err } = await tallyctl(home, ['widgets', 'show', name])
    t.strictSame([exit, out, err], [0, `${WIDGETS[name].stopped}\n`, ''], name)
  }
  const json = await tallyctl(home, ['widgets', 'show', 'plain', '--json'])
  t.same(JSON.parse(json.out), { widget: { format: 'plain', text: 'tallyd is not running' } })
  t.equal((await tallyctl(home, ['widgets', 'show', 'xmobar'])).exit, EXIT.usage)
  t.match((await tallyctl(home, ['widgets', 'show', 'xmobar'])).err, /must be one of waybar, swiftbar, /)
  const both = await tallyctl(home, ['widgets', 'show', 'plain', '--follow', '--json'])
  t.equal(both.exit, EXIT.usage)
})

t.test('shown by a real daemon, followed over its end and a new start', async (t) => {
  const home = temporaryFolder(t)
  const follower = started(home, ['widgets', 'show', 'plain', '--follow'])
  t.teardown(() => follower.child.kill('SIGKILL'))
  await until(() => follower.out() === 'tallyd is not running\n', 'it waits')
  const first = await daemon(t, { home })
  await until(() => follower.out().endsWith('\n◔ $0.00\n'), 'it found the daemon')
  t.equal((await tallyctl(home, ['widgets', 'show', 'tmux'])).out, '◔ $0.00\n')
  await first.kill('SIGKILL')
  await until(() => follower.out().endsWith('◔ $0.00\ntallyd is not running\n'), 'it lost it')
  const second = await daemon(t, { home })
  await until(() => follower.out().endsWith('tallyd is not running\n◔ $0.00\n'), 'and found it again')
  await second.stop()
  await until(() => follower.out().endsWith('◔ $0.00\ntallyd is not running\n'), 'a stop is the same')
  t.equal(follower.err(), '')
  t.equal(follower.out().split('not running').length - 1, 3, 'said once each time')
})

t.test('a reader that goes ends it quietly', async (t) => {
  const home = temporaryFolder(t)
  await daemon(t, { home })
  const command = `"${process.execPath}" "${CLIENT}" widgets show plain --follow; echo "status $?" >&2`
  const ran = spawnSync('sh', ['-c', `(${command}) | head -n 0`], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: home, TALLYD_HOME: home },
  })
  t.equal(ran.stderr, 'status 0\n')
})

t.test('a daemon that knows no widgets, one that has no room, and something else', async (t) => {
  const older = await fakeDaemon(t, {})
  await older.close()
  const home = temporaryFolder(t)
  const answering = async (status: number) => {
    const server = createServer((_request, response) => response.writeHead(status).end('{}'))
    await new Promise<void>((resolve) => server.listen(join(home, 'tallyd.sock'), resolve))
    return () => new Promise<void>((resolve) => server.close(() => resolve()))
  }
  const close = await answering(404)
  for (const more of [[], ['--follow']]) {
    const { exit, out, err } = await tallyctl(home, ['widgets', 'show', 'plain', ...more])
    t.equal(exit, EXIT.failed)
    t.equal(out, '')
    t.match(err, /knows no widget plain; restart it: npx tallyctl stop && npx tallyctl start/)
  }
  await close()
  const closeFull = await answering(503)
  const waiting = started(home, ['widgets', 'show', 'plain', '--follow'])
  t.teardown(() => waiting.child.kill('SIGKILL'))
  await until(() => waiting.out() === 'tallyd is busy\n', 'it says something, and tries again')
  await closeFull()
  await daemon(t, { home })
  await until(() => waiting.out().endsWith('◔ $0.00\n'), 'room at last')
})

t.test(
  'it is printed again now and then: only by writing does it learn that its reader has gone',
  async (t) => {
    const socket = join(temporaryFolder(t), 'tallyd.sock')
    const printed: string[] = []
    const raw = async (text: string) => void printed.push(text)
    const following = follow('plain', { paths: { socket }, screen: { raw } } as never, 20)
    await until(() => printed.length > 3, 'it says it again')
    t.same(new Set(printed), new Set(['tallyd is not running\n']))
    const server = createServer((_request, response) => response.writeHead(404).end('{}'))
    t.teardown(() => server.close())
    server.listen(socket)
    await t.rejects(following, { message: /knows no widget plain/ })
  },
)

/** Runs it on a home of its own, in which a host may have its folder. */
function hostHome(t: Teardown, folder?: string): string {
  const home = temporaryFolder(t)
  if (folder !== undefined) mkdirSync(join(home, folder), { recursive: true })
  return home
}

t.test('what a bar is told runs, wherever it is run', async (t) => {
  const home = hostHome(t)
  const text = (await tallyctl(home, ['widgets', 'install', 'plain'])).out
  const ran = spawnSync('sh', ['-c', text.replace(' --follow', '')], {
    encoding: 'utf8',
    env: EMPTY_HOST,
    cwd: '/',
  })
  t.strictSame([ran.status, ran.stdout], [0, 'tallyd is not running\n'], 'without a PATH or a home')
})

t.test('configs are printed', async (t) => {
  const home = hostHome(t)
  for (const name of WIDGET_NAMES) {
    const { exit, out, err } = await tallyctl(home, ['widgets', 'install', name, '--print'])
    t.equal(exit, 0)
    t.notMatch(out, /\{\{/, name)
    t.ok(out.includes(CLIENT) || out.includes(join(home, 'last.txt')), name)
    t.match(err, /^put this into /)
  }
  const { out } = await tallyctl(home, ['widgets', 'install', 'waybar'])
  t.match(JSON.parse(`{${out}}`), { 'custom/tallyd': { 'return-type': 'json', exec: String } })
  const json = JSON.parse((await tallyctl(home, ['widgets', 'install', 'tmux', '--json'])).out)
  t.match(json, { widget: { format: 'tmux', into: String, text: /status-right/, written: null } })
})

t.test('a plugin is written where its host looks, and over one of ours', async (t) => {
  const home = hostHome(t, '.config/argos')
  const path = join(home, '.config/argos/tallyd.30s.sh')
  t.match(await tallyctl(home, ['widgets', 'install', 'argos']), { exit: 0, out: `wrote ${path}\n` })
  t.equal(statSync(path).mode & 0o777, 0o755)
  t.match(spawnSync(path, { encoding: 'utf8', env: EMPTY_HOST }).stdout, /^tallyd is not running \| /)
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, `${text}# ${'more '.repeat(200)}\n`)
  const again = await tallyctl(home, ['widgets', 'install', 'argos', '--json'])
  t.match(JSON.parse(again.out), { widget: { written: path } })
  t.equal(readFileSync(path, 'utf8'), text, 'nothing of the old one is left')
})

t.test('what is not ours stays', async (t) => {
  const home = hostHome(t, '.config/argos')
  const path = join(home, '.config/argos/tallyd.30s.sh')
  writeFileSync(path, '#!/bin/sh\necho mine\n')
  const refused = await tallyctl(home, ['widgets', 'install', 'argos'])
  t.equal(refused.exit, EXIT.failed)
  t.match(refused.err, /is not ours, so it stays as it is; .*--print/)
  t.equal(readFileSync(path, 'utf8'), '#!/bin/sh\necho mine\n')
  const linked = hostHome(t, '.config/argos')
  writeFileSync(join(linked, 'elsewhere'), '#!/bin/sh\n# tallyd widget\n')
  symlinkSync(join(linked, 'elsewhere'), join(linked, '.config/argos/tallyd.30s.sh'))
  t.equal(
    (await tallyctl(linked, ['widgets', 'install', 'argos'])).exit,
    EXIT.failed,
    'a link is not followed',
  )
  t.equal(readFileSync(join(linked, 'elsewhere'), 'utf8'), '#!/bin/sh\n# tallyd widget\n')
  const dangling = hostHome(t, '.config/argos')
  symlinkSync(join(dangling, 'nowhere'), join(dangling, '.config/argos/tallyd.30s.sh'))
  t.equal((await tallyctl(dangling, ['widgets', 'install', 'argos'])).exit, EXIT.failed)
  t.notOk(existsSync(join(dangling, 'nowhere')))
})

t.test('a host that is not here: its plugin is printed', async (t) => {
  const home = hostHome(t)
  const { exit, out, err } = await tallyctl(home, ['widgets', 'install', 'argos'])
  t.equal(exit, 0)
  t.match(out, /^#!\/bin\/sh\n# tallyd widget/)
  t.match(err, 'put this into ~/.config/argos')
})

t.test('a home with odd characters', async (t) => {
  const home = join(temporaryFolder(t), `it's "odd" $HOME`)
  mkdirSync(join(home, '.config/argos'), { recursive: true })
  await tallyctl(home, ['widgets', 'install', 'argos'])
  const ran = spawnSync(join(home, '.config/argos/tallyd.30s.sh'), { encoding: 'utf8', env: EMPTY_HOST })
  t.match(ran.stdout, /^tallyd is not running \| /, 'a script quotes them')
  const tmux = await tallyctl(home, ['widgets', 'install', 'tmux'])
  t.match(
    tmux,
    { exit: EXIT.failed, out: '', err: /cannot be written into a config/ },
    'a config cannot, and another tallyd is none',
  )
  t.match(await tallyctl(home, ['widgets', 'install', 'starship']), { exit: EXIT.failed, out: '' })
})
