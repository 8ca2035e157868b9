// The command `tallyd`: runs the daemon in the foreground. Answers --version and --help without loading it.
import { realpathSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { ERRORS, EXIT, TallyError } from '../contract/errors.ts'
import { pathsOf } from '../contract/paths.ts'
import { redacted } from './store/redaction.ts'
import { prepareIndexer } from './usage/index/ahead.ts'

/** What runs once, at the start, is not worth optimising. */
const OPTIMISER_WAITS_MS = 1_000

// For a process that idles for months: young garbage is collected in 1 MB instead of up to 16 MB, and V8's optimiser, which
// brings 8 MB with it, waits for code that is really hot. Measured in docs/decisions/0003-a-light-daemon.md.
setFlagsFromString('--semi-space-growth-factor=1')
// Code that did not run between two collections of all garbage is given back, as what ran at the start alone; it is compiled anew if it runs.
setFlagsFromString('--flush-baseline-code')
setFlagsFromString('--bytecode-old-age=1')
// Later versions have no such flag, and say so on stderr. Theirs keep more by themselves: 6 MB less where they are told not to.
if (process.versions.v8.startsWith('11.')) setFlagsFromString('--interrupt-budget=4000000')
else setFlagsFromString('--optimize-for-size')
setFlagsFromString('--no-opt')
setTimeout(() => setFlagsFromString('--opt'), OPTIMISER_WAITS_MS).unref()

/** Of what is said of an error that ends the daemon, in characters. */
const LONGEST_SAID = 8_000

/** Put in by scripts/build.mjs from package.json. */
declare const TALLYD_VERSION: string

const HELP = `usage: tallyd

runs the daemon in the foreground; ctrl-c or SIGTERM stops it
to run it in the background: tallyctl start

  --version    print the version
  --help       print this

environment:
  TALLYD_HOME  one folder for config, state and socket of an instance
  TALLYD_LOG   debug, info (default), warn, error or off; JSON lines on stderr
`

async function main(words: readonly string[]): Promise<void> {
  const [word] = words
  if (word === '--version') return print(`${TALLYD_VERSION}\n`)
  if (word === '--help' || word === '-h') return print(HELP)
  if (word !== undefined) {
    complain(new TallyError('wrongUsage', word, 'run: tallyd --help'))
    return
  }
  process.on('uncaughtException', die)
  process.on('unhandledRejection', die)
  // What this process and its children write is their owner's alone.
  process.umask(0o077)
  // npm links the command: the programs beside it are found from where it really lies.
  const folder = dirname(realpathSync(process.argv[1] ?? '.'))
  const paths = pathsOf({ env: process.env, home: homedir(), platform: process.platform })
  const indexer = prepareIndexer(join(folder, 'indexer.js'), paths)
  const { runDaemon } = await import('./daemon.ts')
  await runDaemon({ version: TALLYD_VERSION, folder, indexer })
}

function print(text: string): void {
  writeSync(1, text)
}

function complain(error: TallyError): void {
  writeSync(2, `tallyd: ${error.message}\n${error.next}\n`)
  process.exitCode = ERRORS[error.error].exit
}

/** The state of the process is unknown: say why in the log's form, without anything that could fail, and end. */
function die(error: unknown): void {
  const said = (error instanceof Error ? (error.stack ?? error.message) : String(error)).slice(
    0,
    LONGEST_SAID,
  )
  try {
    writeSync(
      2,
      `${redacted(JSON.stringify({ level: 60, time: new Date().toISOString(), pid: process.pid, msg: said }))}\n`,
    )
  } catch {
    // Nobody reads stderr; ending is what matters.
  }
  process.exit(EXIT.failed)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof TallyError)) return die(error)
  complain(error)
  process.exit()
})
