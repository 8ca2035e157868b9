// `npm start`: the daemon in the foreground, then this machine's usage. With --demo the same on generated logs in a
// temporary home, which is removed at the end.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const unknown = process.argv.slice(2).find((word) => word !== '--demo')
if (unknown !== undefined) {
  console.error(`npm start does not know ${unknown}; it knows --demo`)
  process.exit(2)
}
const demo = process.argv.includes('--demo') ? await makeDemo() : null
const child = spawn(process.execPath, [join(root, 'dist/ctl/main.js'), 'start', '--foreground'], {
  stdio: 'inherit',
  env: demo?.env ?? process.env,
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (status, signal) => {
  if (demo !== null) {
    rmSync(demo.home, { recursive: true, force: true })
    console.error(`demo: ${demo.home} is removed, with everything counted; your own logs: npm start`)
  }
  process.exit(status ?? (signal === null ? 1 : 128))
})

/** Sample logs of the last 40 days, and an environment in which nothing of the user's is seen. */
async function makeDemo() {
  const home = mkdtempSync(join(tmpdir(), 'tallyd-demo-'))
  console.error(`demo: sample logs in ${home}, removed at the end`)
  const { generateCorpus } = await loadCorpus(home)
  generateCorpus({
    home,
    megabytes: 8,
    seed: 7,
    endDay: new Date().toISOString().slice(0, 10),
    endAt: Date.now(),
    days: 40,
    codexShare: 0.3,
  })
  const { CLAUDE_CONFIG_DIR, CODEX_HOME, XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR, ...rest } =
    process.env
  return { home, env: { ...rest, HOME: home, TALLYD_HOME: join(home, 'tallyd'), TALLYD_DEMO: '1' } }
}

async function loadCorpus(home) {
  const { build } = await import('esbuild')
  const outfile = join(home, 'corpus.mjs')
  await build({
    entryPoints: [join(root, 'bench/corpus.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
  return import(pathToFileURL(outfile).href)
}
