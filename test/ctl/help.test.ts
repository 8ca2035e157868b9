// Help, version and completion need no daemon and no state; the scripts are accepted by the shells themselves.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { completionScript } from '../../src/ctl/commands/completion.ts'
import { flagsOf, NAMES, NOUNS, rowOf } from '../../src/ctl/commands/table.ts'
import { ROOT, temporaryFolder } from '../harness/daemon.ts'
import { CLIENT, tallyctl } from './client.ts'

t.test('every command has help with an example, and writes nothing', async (t) => {
  const home = join(temporaryFolder(t), 'home')
  for (const name of NAMES) {
    const { exit, out, err } = await tallyctl(home, [...name.split(' '), '--help'])
    t.equal(exit, 0, name)
    t.equal(err, '')
    t.match(out, `tallyctl ${name}`)
    for (const { line } of rowOf(name).examples)
      t.ok(out.includes(line.replace('tallyctl', 'npx tallyctl')), line)
    for (const flag of flagsOf(name)) t.match(out, `--${flag.name}`)
    for (const line of out.split('\n')) t.ok(line.length <= 100, line)
  }
  const { out } = await tallyctl(home, ['--help'])
  for (const name of NOUNS) t.match(out, new RegExp(`^  ${name} `, 'm'))
  t.equal((await tallyctl(home, ['help'])).out, out)
  t.equal((await tallyctl(home, ['help', 'usage'])).out, (await tallyctl(home, ['usage', '--help'])).out)
  t.notOk(existsSync(home))
})

t.test('--version is the package, not a guess', async (t) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  for (const words of ['--version', '-v', '-V', 'version']) {
    t.strictSame(await tallyctl(temporaryFolder(t), [words]), { exit: 0, out: `${version}\n`, err: '' })
  }
})

t.test('completion prints the script', async (t) => {
  const home = temporaryFolder(t)
  t.strictSame(await tallyctl(home, ['completion', 'bash']), {
    exit: 0,
    out: completionScript('bash'),
    err: '',
  })
  t.strictSame(readdirSync(home), [])
  t.equal((await tallyctl(home, ['completion', 'tcsh'])).exit, 2)
})

function has(shell: string): boolean | string {
  return spawnSync(shell, ['-c', 'exit 0']).status === 0 ? false : `${shell} is not installed here`
}

t.test('bash completes commands, ranges, flags, and lists with commas', { skip: has('bash') }, async (t) => {
  const file = join(temporaryFolder(t), 'completion')
  writeFileSync(file, completionScript('bash'))
  const offered = (...words: string[]) => {
    const list = words.map((word) => `'${word}'`).join(' ')
    const code = `source ${file}; COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _tallyctl; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-uc', code], { encoding: 'utf8' })
    t.strictSame([status, stderr], [0, ''], words.join(' '))
    return stdout.trim().split('\n')
  }
  t.strictSame(offered('tallyctl', 'st'), ['statusline', 'start', 'stop', 'status'])
  t.strictSame(offered('tallyctl', 'usage', 'we'), ['week'])
  t.strictSame(offered('tallyctl', 'usage', '--by', 'mo'), ['model'])
  t.strictSame(offered('tallyctl', 'usage', '--by', 'day,mo'), ['day,model'])
  t.notOk(offered('tallyctl', 'usage', '--by', 'day,model,').some((each) => /,(day|model)$/.test(each)))
  t.ok(offered('tallyctl', 'usage', '--by', 'day,model,').includes('day,model,agent'))
  t.strictSame(offered('tallyctl', 'usage', '--agent', 'c'), ['claude-code', 'codex'])
  t.strictSame(offered('tallyctl', 'paths', 'so'), ['socket'])
  t.strictSame(offered('tallyctl', '--json', 'usage', '--cs'), ['--csv'])
  t.strictSame(offered('tallyctl', 'completion', ''), ['bash', 'zsh', 'fish', '--json', '--help'])
  t.strictSame(offered('tallyctl', 'usage', '--since', ''), [''])
})

t.test('zsh takes the script and completes', { skip: has('zsh') }, async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'completion'), completionScript('zsh'))
  const code = `autoload -Uz compinit && compinit -u -d ${folder}/dump && source ${folder}/completion && print -r -- $_comps[tallyctl]`
  const { stdout, stderr, status } = spawnSync('zsh', ['-fc', code], { encoding: 'utf8' })
  t.strictSame([status, stderr, stdout], [0, '', '_tallyctl\n'])
})

t.test('fish takes the script and completes', { skip: has('fish') }, async (t) => {
  const home = temporaryFolder(t)
  mkdirSync(join(home, '.config'))
  writeFileSync(join(home, 'completion'), completionScript('fish'))
  const offered = (line: string) => {
    const code = `source ${home}/completion; complete -C '${line}'`
    const env = { PATH: process.env['PATH'], HOME: home }
    const { stdout, stderr, status } = spawnSync('fish', ['--no-config', '-c', code], {
      encoding: 'utf8',
      env,
    })
    t.strictSame([status, stderr], [0, ''], line)
    return stdout
      .trim()
      .split('\n')
      .map((each) => each.split('\t')[0])
  }
  t.strictSame(offered('tallyctl sta').sort(), ['start', 'status', 'statusline'])
  t.strictSame(offered('tallyctl usage --by mo'), ['model'])
  t.strictSame(offered('tallyctl usage we'), ['week'])
  t.strictSame(offered('tallyctl usage --by day,mo'), ['day,model'])
  t.strictSame(offered('tallyctl usage --by day,da'), [''])
  t.strictSame(offered('tallyctl usage --agent co'), ['codex'])
})

t.test('docs/cli.md is what the table says', async (t) => {
  const build = join(CLIENT, '..', '..', '..')
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts', 'generate-cli.mjs'), build, '--check'],
    {
      encoding: 'utf8',
    },
  )
  t.strictSame([status, stderr], [0, ''])
})
