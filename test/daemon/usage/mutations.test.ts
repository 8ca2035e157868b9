// The list of mutations is kept in step with the code: each still applies, and every fixture is there for one.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'

interface Mutation {
  readonly says: string
  readonly file: string
  readonly changes: readonly { readonly text: string; readonly replacement: string }[]
  readonly test: string
  readonly fails: string
}

const HERE = join(process.cwd(), 'test', 'daemon', 'usage')
const { MUTATIONS } = (await import(pathToFileURL(join(HERE, 'mutations.mjs')).href)) as {
  MUTATIONS: readonly Mutation[]
}

t.test('every mutation applies exactly once', async (t) => {
  t.equal(new Set(MUTATIONS.map(({ says }) => says)).size, MUTATIONS.length, 'each has a sentence of its own')
  for (const { says, file, changes, test } of MUTATIONS) {
    const source = readFileSync(join(process.cwd(), file), 'utf8')
    for (const { text, replacement } of changes) {
      t.equal(source.split(text).length, 2, `${says}: ${text}`)
      t.not(text, replacement)
    }
    t.ok(existsSync(join(process.cwd(), test)), test)
  }
})

t.test('every fixture is there for a mutation', async (t) => {
  const noticed = new Set(MUTATIONS.map(({ fails }) => fails.replace(/: $/, '')))
  const fixtures = readdirSync(join(HERE, 'fixtures')).flatMap((agent) =>
    readdirSync(join(HERE, 'fixtures', agent)).map((name) => `${agent}/${name}`),
  )
  t.strictSame(
    fixtures.filter((name) => !noticed.has(name)),
    [],
  )
  t.strictSame(
    [...noticed].filter((name) => !fixtures.includes(name)),
    [],
  )
})
