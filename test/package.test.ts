// What is published: which files, how many bytes, which packages come with it, and that each of them is named with its reason.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ROOT } from './harness/daemon.ts'

interface Package {
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly files: readonly string[]
  readonly bin: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Package

t.test('every dependency is named with its reason, and nothing else is', async (t) => {
  const text = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8')
  const rows = text.split('\n').filter((line) => line.startsWith('| `'))
  const named = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name))
  const wanted = [...Object.keys(manifest.optionalDependencies), ...Object.keys(manifest.devDependencies)]
  t.same(named.toSorted(), wanted.toSorted())
})

t.test('what is installed with it needs no script and is little', async (t) => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; hasInstallScript?: boolean; optional?: boolean }>
  }
  const entries = Object.entries(lock.packages).filter(([path]) => path !== '')
  t.ok(entries.length > 100, 'the lock was read')
  const installed = entries.filter(([, { dev }]) => dev !== true).map(([path]) => path)
  t.ok(installed.length > 1)
  t.same(
    installed.filter((path) => !path.startsWith('node_modules/@napi-rs/keyring')),
    [],
    'one package, and its binaries',
  )
  t.same(
    entries.filter(
      ([path, { hasInstallScript, dev }]) => hasInstallScript === true && dev !== true && path !== '',
    ),
    [],
  )
})

t.test('npm pack holds exactly what is needed', async (t) => {
  const told = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ files }] = JSON.parse(told) as [{ files: { path: string; size: number }[] }]
  const paths = files.map(({ path }) => path)
  const foreign = paths.filter(
    (path) =>
      !/^(dist\/(daemon|ctl|page)\/|dist\/package\.json$|docs\/|systemd\/tallyd\.service$|launchd\/com\.tallyd\.agent\.plist$|(README|SECURITY|CHANGELOG)\.md$|LICENSE$|package\.json$)/.test(
        path,
      ),
  )
  t.same(foreign, [])
  for (const wanted of [
    ...Object.values(manifest.bin),
    'systemd/tallyd.service',
    'launchd/com.tallyd.agent.plist',
  ]) {
    t.ok(paths.includes(wanted), wanted)
  }
  t.notOk(
    paths.some((path) => /\.(ts|tsx|map)$|test/.test(path)),
    'no sources, maps or tests',
  )
  const ours = files.filter(({ path }) => path.startsWith('dist/')).reduce((sum, { size }) => sum + size, 0)
  t.comment(`dist: ${(ours / 1024 / 1024).toFixed(2)} MiB, bundled packages included`)
})
