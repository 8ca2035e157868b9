// The package as somebody gets it: packed, installed without scripts on a machine that has nothing but Node, started, asked, stopped.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { ROOT, temporaryFolder } from './harness/daemon.ts'

const run = promisify(execFile)

t.test('installs with no scripts, no compiler and no registry, and runs', async (t) => {
  const folder = temporaryFolder(t)
  const [home, app] = [join(folder, 'home'), join(folder, 'app')]
  for (const each of [home, app]) mkdirSync(each)
  writeFileSync(join(app, 'package.json'), '{ "private": true }\n')
  const { stdout: packed } = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
  })
  // Node, npm and the shell that npm starts: no compiler is to be found on this path.
  const tools = join(folder, 'bin')
  mkdirSync(tools)
  const env = {
    HOME: home,
    TALLYD_HOME: join(home, 't'),
    PATH: [dirname(process.execPath), tools].join(delimiter),
    // Nobody listens there: whatever npm wanted to fetch would fail.
    npm_config_registry: 'http://127.0.0.1:9/',
    npm_config_cache: join(folder, 'cache'),
    npm_config_fetch_retries: '0',
  }
  const npm = join(dirname(process.execPath), 'npm')
  const install = ['install', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund']
  await run(existsSync(npm) ? npm : 'npm', [...install, join(folder, packed.trim())], {
    cwd: app,
    env: existsSync(npm) ? env : { ...env, PATH: process.env['PATH'] },
  })
  t.same(
    readdirSync(join(app, 'node_modules')).filter((name) => !name.startsWith('.')),
    ['tallyd'],
    'one package',
  )

  const tallyctl = async (...words: string[]) => {
    const { stdout } = await run(
      process.execPath,
      [join(app, 'node_modules', '.bin', 'tallyctl'), ...words],
      { cwd: home, env },
    )
    return stdout
  }
  t.teardown(() => tallyctl('stop').catch(() => undefined))
  await tallyctl('start')
  await tallyctl('status', '--wait', '60s')
  const { total } = JSON.parse(await tallyctl('usage', 'all', '--json'))
  t.equal(total.calls, 0, 'nothing was spent here yet')
  t.match(await tallyctl('web', '--print'), /^http:\/\/127\.0\.0\.1:\d+\//)
  await tallyctl('stop')
  t.notOk(existsSync(join(home, 't', 'tallyd.sock')))
})
