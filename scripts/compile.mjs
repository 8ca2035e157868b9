// Compiles src, test and bench into build/ for the tests, from scratch, so that no test runs that has no source any more. The page
// is only checked, by a configuration of its own: browsers' types are not for the daemon, and Node's not for the page.

import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
rmSync(join(root, 'build'), { recursive: true, force: true })
try {
  for (const project of [root, join(root, 'src/page')]) {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], {
      stdio: 'inherit',
    })
  }
} catch {
  process.exit(1)
}
