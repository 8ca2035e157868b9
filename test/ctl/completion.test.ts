// What completion offers: every word of the table, names that the daemon knows, and the same in real shells.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { completionScript } from '../../src/ctl/commands/completion.ts'
import { offers } from '../../src/ctl/commands/offer.ts'
import { flagsOf, NAMES, NOUNS, rowOf, verbsOf } from '../../src/ctl/commands/table.ts'
import { ownDaemon } from '../../src/ctl/connection/control-socket.ts'
import { daemon, type Teardown, temporaryFolder } from '../harness/daemon.ts'
import { CLIENT, listeningAt } from './client.ts'

const nobody = ownDaemon(listeningAt('/tmp/td-nobody-listens-there.sock'))
const offered = async (...words: string[]) => (await offers(words, nobody)).map(({ value }) => value)

t.test('every command, verb, flag and choice of the table is offered', async (t) => {
  t.same((await offered('')).slice(0, NOUNS.length), NOUNS)
  for (const name of NAMES) {
    const words = name.split(' ')
    const list = await offered(...words, '')
    for (const verb of verbsOf(name)) t.ok(list.includes(verb), `${name} ${verb}`)
    for (const choice of rowOf(name).words[0]?.choices ?? []) t.ok(list.includes(choice), `${name} ${choice}`)
    const flags = await offered(...words, '--')
    t.same(
      flags,
      flagsOf(name).map((flag) => `--${flag.name}`),
      name,
    )
    for (const flag of flagsOf(name)) {
      const values = await offered(...words, `--${flag.name}=`)
      for (const choice of flag.choices ?? [])
        t.ok(values.includes(`--${flag.name}=${choice}`), `${name} --${flag.name} ${choice}`)
    }
  }
})

t.test('what fits where', async (t) => {
  t.same(await offered('st'), ['statusline', 'start', 'stop', 'status'])
  t.same(await offered('usage', 'we'), ['week'])
  t.same(await offered('usage', '--by', 'mo'), ['model'])
  t.same(await offered('usage', '--by', 'day,mo'), ['day,model'])
  t.same(await offered('usage', '--by', 'day,da'), [])
  t.same(await offered('usage', '--agent', 'co'), ['codex'])
  t.same(await offered('--json', 'usage', '--cs'), ['--csv'])
  t.same(await offered('usage', '--csv', '--cs'), [], 'once is enough')
  t.same(await offered('usage', '--agent', 'codex', '--ag'), ['--agent'], 'but not of what may be repeated')
  t.same(await offered('usage', '--since', ''), [])
  t.same(await offered('usage', 'week', 'mo'), [], 'one range is all')
  t.same(await offered('devices', 'ren'), ['rename'])
  t.same(await offered('devices', 'grant', 'laptop', ''), ['requests:approve', '--json', '--help'])
  t.same(await offered('pair', 'desk', '--code', '--one-way', 'g'), ['give'], 'a code may be asked for')
  t.same(await offered('secrets', 'add', 'x', '--file', ''), [':files'])
  t.same(await offered('completion', ''), ['bash', 'zsh', 'fish', '--json', '--help'])
  t.same(await offered('frobnicate', 'x'), [])
  t.same(await offered('call', 'daemon.he'), ['daemon.hello'])
})

t.test('names that the daemon knows', async (t) => {
  const real = await daemon(t)
  await real.call('tokens.create', { member: 'kitchen display', scopes: ['dashboard:read'] })
  await real.call('secrets.add', { name: 'maps', secret: { type: 'api-key', fields: { apiKey: 'k' } } })
  const { tokens } = await real.call('tokens.list', {})
  const { devices } = await real.call('devices.list', {})
  const asked = ownDaemon(listeningAt(real.socket))
  const values = async (...words: string[]) => (await offers(words, asked)).map(({ value }) => value)
  t.same(await values('members', 'remove', 'ki'), ['kitchen display'])
  t.same(await values('displays', 'remove', 'k'), ['kitchen display'])
  t.same(await values('tokens', 'revoke', tokens[0]!.id.slice(0, 2)), [tokens[0]!.id])
  t.same(await values('usage', '--device', devices[0]!.name), [devices[0]!.name])
  t.same(await values('secrets', 'show', 'm'), ['maps'])
  t.same(await values('configs', 'add', 'x', '--s3', ''), ['maps'])
})

/** A folder whose `tallyctl` is the one of these tests. */
function folderWithClient(t: Teardown): string {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'tallyctl'), `#!/bin/sh\nexec '${process.execPath}' '${CLIENT}' "$@"\n`)
  chmodSync(join(folder, 'tallyctl'), 0o755)
  mkdirSync(join(folder, '.config'))
  for (const shell of ['bash', 'zsh', 'fish'] as const)
    writeFileSync(join(folder, shell), completionScript(shell))
  return folder
}

function ran(shell: string, args: readonly string[], folder: string) {
  const env = { PATH: `${folder}:${process.env['PATH']}`, HOME: folder, TALLYD_HOME: folder }
  const { stdout, stderr, status } = spawnSync(shell, args, { encoding: 'utf8', env, cwd: folder })
  return { status, stderr, lines: stdout.split('\n').filter((line) => line !== '') }
}

function has(shell: string): boolean | string {
  return spawnSync(shell, ['-c', 'exit 0']).status === 0 ? false : `${shell} is not installed here`
}

t.test('bash', { skip: has('bash') }, async (t) => {
  const folder = folderWithClient(t)
  const completed = (line: string) => {
    const code = `source bash; COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; _tallyctl; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { status, stderr, lines } = ran('bash', ['--norc', '-uc', code], folder)
    t.same([status, stderr], [0, ''], line)
    return lines
  }
  t.same(completed('tallyctl st'), ['statusline', 'start', 'stop', 'status'])
  t.same(completed('tallyctl usage --by day,mo'), ['day,model'])
  t.same(completed('tallyctl usage --by=day,mo'), ['day,model'], 'bash keeps what stands before =')
  t.same(completed('tallyctl devices grant x requests:'), ['approve'], 'and before :')
  t.same(completed('tallyctl completion '), ['bash', 'zsh', 'fish', '--json', '--help'])
  t.same(completed('tallyctl secrets add x --file ba'), ['bash'])
  t.same(completed('tallyctl usage --since '), [])
})

t.test('zsh', { skip: has('zsh') }, async (t) => {
  const folder = folderWithClient(t)
  // Outside of a completion compadd refuses; what it is given is what counts.
  const code = `autoload -Uz compinit && compinit -u -d dump && source ./zsh
compadd() { print -rl -- "\${values[@]}" }
_files() { print files }
words=(tallyctl devices re); CURRENT=3; _tallyctl
words=(tallyctl usage --by day,mo); CURRENT=4; _tallyctl
words=(tallyctl secrets add x --file ''); CURRENT=6; _tallyctl
print -r -- $_comps[tallyctl]`
  const { status, stderr, lines } = ran('zsh', ['-fc', code], folder)
  t.same([status, stderr], [0, ''])
  t.same(lines, ['rename', 'day,model', 'files', '_tallyctl'])
})

t.test('fish', { skip: has('fish') }, async (t) => {
  const folder = folderWithClient(t)
  const completed = (line: string) => {
    const { status, stderr, lines } = ran(
      'fish',
      ['--no-config', '-c', `source ./fish; complete -C '${line}'`],
      folder,
    )
    t.same([status, stderr], [0, ''], line)
    return lines.map((each) => each.split('\t')[0])
  }
  t.same(completed('tallyctl sta').toSorted(), ['start', 'status', 'statusline'])
  t.same(completed('tallyctl usage --by mo'), ['model'])
  t.same(completed('tallyctl usage --by day,mo'), ['day,model'])
  t.same(completed('tallyctl devices ren'), ['rename'])
  t.same(completed('tallyctl secrets add x --file fi'), ['fish'])
})
