// A program for older-killed.test.ts: reads a checkpoint of an older schema forward and writes it, and kills itself before the given one
// of the steps that change the state folder. Says `done` where there were no more steps.
import files from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { UsageHome } from '../usage-home.ts'
import { THIRD } from './made-up-schemas.ts'

const home = new UsageHome(process.argv[2]!)
let left = Number(process.argv[3])

for (const name of ['open', 'link', 'rename'] as const) {
  const real = files[name] as (...words: unknown[]) => unknown
  Object.assign(files, {
    [name](...words: unknown[]) {
      if (String(words[0]).startsWith(home.paths.checkpoint.replace('.bin', '')) && --left === 0)
        process.kill(process.pid, 'SIGKILL')
      return real.apply(files, words)
    },
  })
}
syncBuiltinESMExports()

await home.start({ format: THIRD })
await home.stop()
process.stdout.write('done\n')
