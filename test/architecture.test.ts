// Holds the table of layers: a file imports only from lower layers, the nouns of one layer never each other, and
// nothing in a circle.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import t from 'tap'

/** The longest matching prefix of a file's path under src/ names its room; the number is its floor. */
const ROOMS: Readonly<Record<string, number>> = {
  contract: 0,
  'daemon/bus.ts': 1,
  'daemon/store': 1,
  'daemon/identity': 1,
  'daemon/ceremony': 1,
  'daemon/requests': 1,
  'daemon/tokens': 1,
  'daemon/tallies': 1,
  'daemon/descriptors.ts': 1,
  'daemon/settings.ts': 1,
  'daemon/instance.ts': 1,
  'daemon/self-call.ts': 1,
  'daemon/stopping.ts': 1,
  'daemon/supervisor.ts': 1,
  'daemon/waking.ts': 1,
  'daemon/reload.ts': 2,
  'daemon/usage': 2,
  'daemon/quotas': 2,
  'daemon/accounts': 2,
  'daemon/devices': 2,
  'daemon/access': 2,
  'daemon/logins': 2,
  'daemon/vault': 2,
  'daemon/views': 3,
  'daemon/alerts': 3,
  'daemon/doctor': 3,
  'daemon/methods': 4,
  'daemon/listeners': 5,
  'daemon/sinks': 5,
  'daemon/rest.ts': 6,
  'daemon/daemon.ts': 6,
  'daemon/main.ts': 6,
}
/** Programs of their own, which know the contract and nothing of the daemon. */
const CLIENTS = ['ctl', 'page']
/** What is compiled to WebAssembly, and can know nothing else. */
const SCANNER = 'scanner'
/** Rooms whose equals they may never import. */
const NOUNS_APART = 2

const SRC = join(process.cwd(), 'src')

interface Import {
  readonly from: string
  readonly to: string
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|mts|js)$/.test(entry.name))
    .map((entry) => relative(SRC, join(entry.parentPath, entry.name)))
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(SRC, file), 'utf8')
  const found = text.matchAll(/(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g)
  return [...found].map(([, path]) => ({ from: file, to: relative(SRC, join(SRC, dirname(file), path!)) }))
}

function roomOf(file: string): string | undefined {
  return Object.keys(ROOMS)
    .filter((room) => file === room || file.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0]
}

function complaint({ from, to }: Import): string | null {
  const client = CLIENTS.find((name) => from.startsWith(`${name}/`))
  if (client !== undefined) {
    return to.startsWith(`${client}/`) || to.startsWith('contract/') ? null : `${from} may not import ${to}`
  }
  if (from.startsWith(`${SCANNER}/`) || to.startsWith(`${SCANNER}/`))
    return from.startsWith(`${SCANNER}/`) && to.startsWith(`${SCANNER}/`)
      ? null
      : `${from} may not import ${to}`
  const [room, other] = [roomOf(from), roomOf(to)]
  if (room === undefined) return `${from} is in no room`
  if (other === undefined) return `${from} imports ${to}, which is in no room`
  if (room === other) return null
  const [floor, below] = [ROOMS[room]!, ROOMS[other]!]
  if (below > floor) return `${from} (floor ${floor}) imports ${to} (floor ${below})`
  return floor === below && floor === NOUNS_APART ? `${from} imports its equal ${to}` : null
}

function cycleIn(imports: readonly Import[]): string[] | null {
  const edges = new Map<string, Import[]>()
  for (const edge of imports) edges.set(edge.from, [...(edges.get(edge.from) ?? []), edge])
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return null
    for (const { to } of edges.get(file) ?? []) {
      const cycle = visit(to, [...path, file])
      if (cycle !== null) return cycle
    }
    done.add(file)
    return null
  }
  for (const file of edges.keys()) {
    const cycle = visit(file, [])
    if (cycle !== null) return cycle
  }
  return null
}

const files = filesBelow(SRC)
const imports = files.flatMap(importsOf)

t.test('the rule sees what it forbids', async (t) => {
  t.ok(complaint({ from: 'daemon/usage/usage.ts', to: 'daemon/listeners/control.ts' }))
  t.ok(complaint({ from: 'daemon/usage/usage.ts', to: 'daemon/devices/roster.ts' }))
  t.ok(complaint({ from: 'ctl/main.ts', to: 'daemon/bus.ts' }))
  t.ok(complaint({ from: 'page/main.tsx', to: 'ctl/terminal/figures.ts' }))
  t.ok(complaint({ from: 'scanner/index.ts', to: 'contract/usage.ts' }))
  t.ok(complaint({ from: 'daemon/usage/sources/scanner.ts', to: 'scanner/index.ts' }))
  t.ok(complaint({ from: 'somewhere/new.ts', to: 'contract/paths.ts' }))
  t.ok(
    cycleIn([
      { from: 'a', to: 'b' },
      { from: 'b', to: 'a' },
    ]),
  )
})

t.test('imports only go down', async (t) => {
  t.ok(imports.length > 100, 'imports were found')
  t.same(imports.map(complaint).filter(Boolean), [])
})

t.test('no file imports itself in a circle', async (t) => {
  t.equal(cycleIn(imports), null)
})
