// How much a browser has to load: everything that is served as the page. Expects dist/ to be built.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { ROOT } from '../harness/daemon.ts'

/** Bytes, compressed. */
const LARGEST = 150_000

t.test('the page is small', async (t) => {
  const folder = join(ROOT, 'dist', 'page')
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((each) => each.isFile())
  t.ok(files.length >= 4)
  const sizes = files.map(({ parentPath, name }) => gzipSync(readFileSync(join(parentPath, name))).length)
  const size = sizes.reduce((sum, each) => sum + each, 0)
  t.ok(size < LARGEST, `${size} bytes`)
})
