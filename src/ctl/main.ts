// tallyctl: the client of the daemon on this machine. It knows the contract's types and tables, and nothing else
// of the daemon.
import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { run } from './commands/run.ts'

void run({
  argv: process.argv.slice(2),
  env: process.env,
  home: homedir(),
  platform: process.platform,
  program: realpathSync(process.argv[1] ?? ''),
}).then((status) => process.exit(status))
