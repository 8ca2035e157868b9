// The package as somebody gets it: built and packed from a clone by the README's line, installed on a machine that has Node, npm and a
// shell and nothing else, started, asked, stopped.
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { ROOT, temporaryFolder } from './harness/daemon.ts'
import { packed, SOURCES } from './harness/packed.ts'

t.setTimeout(240_000)

const run = promisify(execFile)

/** What a package could be built with. */
const BUILDERS = ['cc', 'gcc', 'c++', 'clang', 'make', 'python3', 'node-gyp']

/** An environment in which nothing but Node, npm and the shell that npm starts is found, and no registry. */
function bare(t: Test) {
  const folder = temporaryFolder(t)
  const tools = join(folder, 'bin')
  const home = join(folder, 'home')
  for (const each of [tools, home]) mkdirSync(each)
  const programs = { node: process.execPath, npm: whereIs('npm'), sh: whereIs('sh') }
  for (const [name, path] of Object.entries(programs)) symlinkSync(realpathSync(path), join(tools, name))
  return {
    HOME: home,
    TALLYD_HOME: join(home, 't'),
    PATH: tools,
    // Nobody listens there: whatever npm wanted to fetch would fail.
    npm_config_registry: 'http://127.0.0.1:9/',
    npm_config_cache: join(folder, 'cache'),
    npm_config_fetch_retries: '0',
    npm_config_prefix: join(home, '.local'),
  }
}

function whereIs(name: string): string {
  return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
}

/** The globally installed packages. */
function packagesIn({ npm_config_prefix: prefix }: { readonly npm_config_prefix: string }): string[] {
  const folder = join(prefix, 'lib', 'node_modules')
  const nested = join(folder, 'tallyd', 'node_modules')
  return [...readdirSync(folder), ...(existsSync(nested) ? readdirSync(nested) : [])]
}

t.test('installs with its scripts allowed, no compiler and no registry, and runs', async (t) => {
  const env = bare(t)
  const found = spawnSync('sh', ['-c', `for each in ${BUILDERS.join(' ')}; do command -v $each; done`], {
    env,
  })
  t.equal(String(found.stdout), '', 'nothing to build with')
  const npm = await run('npm', ['install', '--global', '--no-audit', '--no-fund', packed(t)], { env })
  t.same(packagesIn(env), ['tallyd'], 'one package')
  t.notMatch(npm.stderr, /script/i, 'npm has none to warn of')

  const tallyctl = async (...words: string[]) => {
    const { stdout } = await run(join(env.npm_config_prefix, 'bin', 'tallyctl'), words, {
      cwd: env.HOME,
      env,
    })
    return stdout
  }
  t.teardown(() => tallyctl('stop').catch(() => undefined))
  await tallyctl('start')
  await tallyctl('status', '--wait', '60s')
  const { total } = JSON.parse(await tallyctl('usage', 'all', '--json'))
  t.equal(total.calls, 0, 'nothing was spent here yet')
  t.match(await tallyctl('web', '--print'), /^http:\/\/127\.0\.0\.1:\d+\//)
  const folder = realpathSync(join(env.npm_config_prefix, 'lib', 'node_modules', 'tallyd', 'docs'))
  t.match(await tallyctl('usage', '--help'), `docs/ is ${folder}\n`)
  const service = spawnSync(join(env.npm_config_prefix, 'bin', 'tallyctl'), ['service', 'restart'], {
    env,
    encoding: 'utf8',
  })
  const [page = ''] = /\/\S*\.md/.exec(service.stderr) ?? []
  t.equal(page, join(folder, 'service.md'), 'where there is no systemd')
  t.ok(existsSync(page), 'and the page is there')
  await tallyctl('stop')
  t.notOk(existsSync(join(env.TALLYD_HOME, 'tallyd.sock')))
})

t.test("the README's line builds and installs it from a clone that was never built", async (t) => {
  const line = /^npm install -g .*npm pack.*$/m.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))?.[0] ?? ''
  for (const page of ['docs/quick-start.md', 'docs/service.md'])
    t.ok(readFileSync(join(ROOT, page), 'utf8').includes(`\n${line}\n`), `${page} says the same`)
  const clone = join(temporaryFolder(t), 'clone')
  for (const part of [...SOURCES, 'package.json'])
    cpSync(join(ROOT, part), join(clone, part), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'))
  const env = { ...bare(t), PATH: process.env['PATH'] }
  const ran = spawnSync('sh', ['-c', line], { cwd: clone, env, encoding: 'utf8' })
  t.equal(ran.status, 0, ran.stderr)
  const { stdout } = await run(join(env.npm_config_prefix, 'bin', 'tallyctl'), ['--version'], { env })
  t.match(stdout, /^\d+\.\d+\.\d+\n$/)
})
