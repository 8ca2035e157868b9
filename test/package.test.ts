// What is published: which files, how many bytes, which packages come with it, and that each of them is named with its reason.
// installed.test.ts installs it.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import t from 'tap'
import { ROOT } from './harness/daemon.ts'
import { linksOf } from './harness/links.ts'
import { packed } from './harness/packed.ts'

interface Package {
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly files: readonly string[]
  readonly bin: Readonly<Record<string, string>>
}

/** What npm would run where it is installed, or names as what it will not run. */
const INSTALL_SCRIPTS = [
  ...['preinstall', 'install', 'postinstall', 'dependencies'],
  ...['prepublish', 'preprepare', 'prepare', 'postprepare'],
]

/** Every file of the package but the pages of docs/. */
const FILES = [
  ...['CHANGELOG.md', 'CONTRIBUTING.md', 'GOALS.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'],
  ...['main.js', 'indexer.js', 'keychain.js', 'shard-worker.js'].map((name) => `dist/daemon/${name}`),
  'dist/ctl/main.js',
  ...['index.html', 'assets/icon.svg', 'assets/page.css', 'assets/page.js'].map(
    (name) => `dist/page/${name}`,
  ),
  ...['dist/package.json', 'dist/third-party.txt'],
  ...['launchd/com.tallyd.agent.plist', 'systemd/tallyd.service'],
  // Of the pictures the README's alone: the others weigh half a megabyte.
  ...['docs/openrpc.json', 'docs/images/usage-wide-light.png'],
]

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Package

t.test('every dependency is named with its reason, and nothing else is', async (t) => {
  const text = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8')
  const rows = text.split('\n').filter((line) => line.startsWith('| `'))
  const named = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name))
  const wanted = [...Object.keys(manifest.optionalDependencies), ...Object.keys(manifest.devDependencies)]
  t.same(named.toSorted(), wanted.toSorted())
})

t.test('what is installed needs no script and is little', async (t) => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; hasInstallScript?: boolean; optional?: boolean }>
  }
  const entries = Object.entries(lock.packages)
  t.ok(entries.length > 100, 'the lock was read')
  const installed = entries.filter(([, { dev }]) => dev !== true)
  t.same(
    installed.map(([path]) => path).filter((path) => !path.startsWith('node_modules/@napi-rs/keyring')),
    [''],
    'one package and ours, and its binaries',
  )
  t.same(
    installed.filter(([, { hasInstallScript }]) => hasInstallScript === true),
    [],
  )
  const text = execFileSync('tar', ['-xzOf', packed(t), 'package/package.json'], { encoding: 'utf8' })
  const { scripts } = JSON.parse(text) as { scripts: Record<string, string> }
  t.equal(scripts['prepack'], 'npm run build', 'what is packed is built before')
  t.same(
    INSTALL_SCRIPTS.filter((name) => name in scripts),
    [],
  )
})

const { files } = told()
const paths = files.map(({ path }) => path)

t.test('npm pack holds exactly what is needed', async (t) => {
  const pages = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
  t.ok(pages.length > 40, `${pages.length} pages`)
  t.same(paths.toSorted(), [...FILES, ...pages].toSorted())
  for (const program of Object.values(manifest.bin)) t.ok(paths.includes(program), program)
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  const ours = bytes - bytesOfPackages() - sizeOf(files, 'dist/third-party.txt')
  t.comment(`${megabytes(bytes)} MB, ${megabytes(ours)} MB of it our own`)
  t.ok(ours <= 3_000_000, `${ours} bytes are our own, at most 3 MB`)
})

t.test('what a page of the package links to is in the package', async (t) => {
  let seen = 0
  for (const page of paths.filter((path) => path.endsWith('.md'))) {
    for (const { path } of linksOf(readFileSync(join(ROOT, page), 'utf8')).filter(
      ({ path }) => path !== '',
    )) {
      seen++
      const file = normalize(join(dirname(page), path))
      if (!paths.includes(file)) t.fail(`${page}: ${path}`)
    }
  }
  t.ok(seen > 150, `${seen} links`)
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

/** What npm says that it would pack. */
function told(): { readonly files: readonly { path: string; size: number }[] } {
  const json = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return JSON.parse(json)[0]
}

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
