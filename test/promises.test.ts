// Every test that SECURITY.md and the docs name exists, and every title that SECURITY.md gives stands in it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const TESTS = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.test.ts'),
)

interface Naming {
  /** As it is written: a path, its end, or one with `*` for a part of it. */
  readonly file: string
  /** Beginnings of titles; what is written after the file, up to the next one. */
  readonly titles: readonly string[]
}

function namingsIn(text: string): Naming[] {
  return [...text.matchAll(/`([\w/*.-]+\.test\.ts)`(?::([^`|)]*))?/g)].map(([, file = '', says = '']) => ({
    file,
    titles: says
      .split(/;|…,/)
      .map((title) => title.replaceAll(/…|\.$|,\s*$/g, '').trim())
      .filter((title) => title !== ''),
  }))
}

function testsCalled(file: string): string[] {
  const pattern = new RegExp(
    `(^|/)${file
      .replace(/^test\//, '')
      .replaceAll('.', '\\.')
      .replaceAll('*', '[\\w-]+')}$`,
  )
  return TESTS.filter((path) => pattern.test(path))
}

t.test('what is read out of a row', async (t) => {
  t.same(namingsIn('| a | `x.test.ts`: one…, two; three, with a comma; `test/y/z-*.test.ts` |'), [
    { file: 'x.test.ts', titles: ['one', 'two', 'three, with a comma'] },
    { file: 'test/y/z-*.test.ts', titles: [] },
  ])
})

t.test('SECURITY.md: the tests and their titles', async (t) => {
  const namings = namingsIn(readFileSync('SECURITY.md', 'utf8'))
  t.ok(namings.length > 40, `${namings.length} are named`)
  for (const { file, titles } of namings) {
    const found = testsCalled(file)
    t.ok(found.length > 0, file)
    const text = found.map((path) => readFileSync(join('test', path), 'utf8')).join('\n')
    for (const title of titles) t.ok(text.includes(title), `${file}: ${title}`)
  }
})

t.test('the docs: the tests', async (t) => {
  for (const name of readdirSync('docs').filter((each) => each.endsWith('.md'))) {
    for (const { file } of namingsIn(readFileSync(join('docs', name), 'utf8'))) {
      if (testsCalled(file).length === 0) t.fail(`${name} names ${file}`)
    }
  }
})
