// Help, version and completion need no daemon and no state. completion.test.ts has what is completed.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
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
