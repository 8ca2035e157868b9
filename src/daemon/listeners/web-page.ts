// The files of the page, dist/page: read once, when somebody first asks for one, and served from memory. They hold no data.
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'

/** Files of other kinds are not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

export interface PageFile {
  readonly type: string
  readonly body: Buffer
}

/** By path below the folder, with slashes: `index.html`, `assets/page.js`. */
export type PageFiles = ReadonlyMap<string, PageFile>

/** None where the folder is not there. Throws what reading a file throws. */
export async function readPage(folder: string): Promise<PageFiles> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  const files = new Map<string, PageFile>()
  for (const entry of entries) {
    const type = TYPES[extname(entry.name)]
    if (type === undefined || !entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files.set(relative(folder, path).replaceAll(sep, '/'), { type, body: await readFile(path) })
  }
  return files
}
