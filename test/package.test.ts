// What is published: which files, how many bytes, which packages come with it, and that each of them is named with its reason.
// installed.test.ts installs it.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
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
      !/^(dist\/(daemon|ctl|page)\/|dist\/(package\.json|third-party\.txt)$|docs\/|systemd\/tallyd\.service$|launchd\/com\.tallyd\.agent\.plist$|(README|SECURITY|CHANGELOG)\.md$|LICENSE$|package\.json$)/.test(
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
  t.notOk(
    paths.some((path) => path.startsWith('docs/images/')),
    'pictures are for those who look at the repository',
  )
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  const ours = bytes - bytesOfPackages() - sizeOf(files, 'dist/third-party.txt')
  t.comment(`${megabytes(bytes)} MB, ${megabytes(ours)} MB of it our own`)
  t.ok(ours <= 3_000_000, `${ours} bytes are our own, at most 3 MB`)
})

t.test('whose code is bundled stands in the package, with the licences', async (t) => {
  const text = thirdParty()
  const bundled = section('## Bundled into what runs', 'docs/dependencies.md')
  const named = [...bundled.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  )
  t.ok(named.length > 10, named.join(', '))
  for (const name of [...named, '@pydantic/genai-prices', 'find-my-way'])
    t.match(text, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'), name)
  t.match(text, 'Permission is hereby granted')
})

t.test('publint finds nothing', async (t) => {
  const { messages, pkg } = await publint({ pkgDir: ROOT, strict: true, level: 'suggestion' })
  t.same(
    messages.map((message) => formatMessage(message, pkg ?? {})),
    [],
  )
})

/** What the build says of it: esbuild knows which bytes are whose. */
function bytesOfPackages(): number {
  const said = /^(\d+) bytes, minified/m.exec(thirdParty())?.[1]
  if (said === undefined) throw new Error('dist/third-party.txt does not say how many bytes it is about')
  return Number(said)
}

function thirdParty(): string {
  return readFileSync(join(ROOT, 'dist/third-party.txt'), 'utf8')
}

function section(title: string, path: string): string {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const from = text.indexOf(title)
  const until = text.indexOf('\n## ', from + 1)
  return text.slice(from, until < 0 ? undefined : until)
}

function sizeOf(files: readonly { path: string; size: number }[], wanted: string): number {
  const file = files.find(({ path }) => path === wanted)
  if (file === undefined) throw new Error(`${wanted} is not in the package`)
  return file.size
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2)
}
