// What npm packs of this tree, and of a copy of it that is one version further: another version number, tokens and, if wanted, the checkpoint
// of a newer schema. Installed as a user does, without a network.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { ROOT, type Teardown } from './daemon.ts'

export const NEXT_VERSION = '99.0.0'
/** What the next version's steps to the newer schemas do to the name of each member and of each model. */
export const NEXT_SUFFIX = ', moved on'

/** Of the package: what it is built and packed from. */
export const SOURCES = [
  'src',
  'scripts',
  'systemd',
  'launchd',
  'docs',
  'README.md',
  'LICENSE',
  'tsconfig.json',
]

/** Path of the tarball of this tree, as it was built. */
export function packed(t: Teardown): string {
  return pack(t, ROOT)
}

/** Path of the tarball of the next version; without `isCheckpointNewer` it counts on from this version's, and this version from its. */
export function packedNext(t: Teardown, { isCheckpointNewer = false } = {}): string {
  const folder = besides(t)
  for (const part of SOURCES) cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, version: NEXT_VERSION }))
  replace(join(folder, 'src/daemon/store/schemas.ts'), 'tokens: 1,', 'tokens: 2,')
  const step = `older: { 1: (data: any) => ({ ...data, members: data.members.map((each: any) => ({ ...each, name: each.name + '${NEXT_SUFFIX}' })) }) },`
  replace(
    join(folder, 'src/daemon/tokens/open.ts'),
    'schema: SCHEMAS.tokens,',
    `schema: SCHEMAS.tokens, ${step}`,
  )
  if (isCheckpointNewer) makeCheckpointNewer(folder)
  run(process.execPath, ['scripts/build.mjs', '--quiet'], folder)
  return pack(t, folder)
}

function makeCheckpointNewer(folder: string): void {
  replace(join(folder, 'src/daemon/store/schemas.ts'), 'checkpoint: 1,', 'checkpoint: 2,')
  const models = `older.header.models.map((each: any) => each + '${NEXT_SUFFIX}')`
  replace(
    join(folder, 'src/daemon/usage/index/older-checkpoint.ts'),
    'older: {} }',
    `older: { 1: (older: any) => ({ ...older, header: { ...older.header, models: ${models} } }) } }`,
  )
}

/** Installs a tarball under `prefix`, over what is there. */
export function install(tarball: string, prefix: string): void {
  const how = ['--global', '--offline', '--omit=optional', '--no-audit', '--no-fund', '--prefix', prefix]
  run('npm', ['install', ...how, tarball], prefix)
}

function pack(t: Teardown, folder: string): string {
  const to = besides(t)
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', to], folder)
  return join(to, readdirSync(to)[0]!)
}

/** Below build/, which is no temporary folder. */
function besides(t: Teardown): string {
  mkdirSync(join(ROOT, 'build'), { recursive: true })
  const folder = mkdtempSync(join(ROOT, 'build', 'packed-'))
  // Another user may install what lies there.
  chmodSync(folder, 0o755)
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Once; throws where the text is not there any more. */
function replace(path: string, before: string, after: string): void {
  const text = readFileSync(path, 'utf8')
  if (!text.includes(before)) throw new Error(`${path} has no ${before}`)
  writeFileSync(path, text.replace(before, after))
}

function run(program: string, words: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd, encoding: 'utf8', timeout: 120_000 })
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${stderr || stdout}`)
}
