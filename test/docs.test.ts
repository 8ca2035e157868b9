// The docs: every link leads somewhere, every command line in them can be typed, every page is in the contents.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import t from 'tap'
import { pathsOf } from '../src/contract/paths.ts'
import { parse } from '../src/ctl/commands/parse.ts'
import { isCommand } from '../src/ctl/commands/table.ts'
import { ROOT } from './harness/daemon.ts'
import { linksOf } from './harness/links.ts'

const PAGES = [
  ...['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'GOALS.md'],
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]

/** The anchors of a page as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
  const named = [...text.matchAll(/<a (?:id|name)="([^"]+)">/g)].map(([, name = '']) => name)
  return new Set([...headings, ...named])
}

function read(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8')
}

t.test('every link leads to a file that is there, and to a heading of it', async (t) => {
  let seen = 0
  for (const page of PAGES) {
    for (const { target, path, anchor } of linksOf(read(page))) {
      seen++
      const file = path === '' ? page : normalize(join(dirname(page), path))
      if (!existsSync(join(ROOT, file))) t.fail(`${page}: ${target}`)
      else if (anchor !== undefined && file.endsWith('.md') && !anchorsOf(read(file)).has(anchor))
        t.fail(`${page}: ${target} is no heading of ${file}`)
    }
  }
  t.ok(seen > 150, `${seen} links`)
})

t.test('every page of the docs is in the contents', async (t) => {
  const contents = read('docs/README.md')
  for (const page of PAGES.filter((each) => each.startsWith('docs/') && each !== 'docs/README.md'))
    t.ok(contents.includes(`(${page.slice('docs/'.length)})`), page)
  t.match(read('README.md'), '(docs/README.md)', 'and the contents are in the README')
})

/** The command lines in a page's blocks of code: what begins with tallyctl, a prompt or npx before it, up to a comment, a pipe or a wide gap. */
function linesIn(text: string): string[] {
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(
    ([, language = '', block = '']) => (['', 'sh', 'console', 'bash'].includes(language) ? [block] : []),
  )
  const lines = blocks.flatMap((block) => block.split('\n'))
  return lines.flatMap((line) => {
    // Two machines side by side: two prompts in one line.
    const parts = line.startsWith('$ ') ? line.split(/(?:^|\s+)\$ /).filter((part) => part !== '') : [line]
    return parts.flatMap((part) => {
      const found = /^\s*(?:npx )?tallyctl(?:\s(.*))?$/.exec(part)
      if (found === null) return []
      return [(found[1] ?? '').replace(/(?:^|\s+)#.*$|\s{2,}.*$|\s+[|;>&].*$/, '').trim()]
    })
  })
}

/** Those in sentences, but what ends with a flag that wants more, or leaves out what must be one of few. */
function spansIn(text: string): string[] {
  const spans = [...text.matchAll(/`(?:npx )?tallyctl ([^`\n]+)`/g)].map(([, line = '']) => line)
  return spans.filter((line) => !/[…|<[]|--[a-z-]+$| (FORMAT|SHELL|PLACE|S)( |$)/.test(line))
}

/** Why it is no command line; null where it is one, or names a command of the table. A sentence need not give a command its words. */
function complaintOf(line: string, { isNamed }: { readonly isNamed: boolean }): string | null {
  if (isNamed && isCommand(line)) return null
  try {
    parse(words(line))
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/** As a shell splits it, with quotes. */
function words(line: string): string[] {
  const found = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []
  return found.map((word) => word.replaceAll(/['"]/g, ''))
}

t.test('what is read out of a block', async (t) => {
  const text =
    '```\n$ npx tallyctl invite     $ npx tallyctl pair HOST --code\ntallyctl usage   the total\ntallyctl\ntallyctl call x \'{"a":  1}\' | jq # note\nx tallyctl\n```\n'
  t.same(linesIn(text), ['invite', 'pair HOST --code', 'usage', '', 'call x \'{"a":'])
  t.same(words("a 'b c' --d"), ['a', 'b c', '--d'])
})

t.test('what is read out of a sentence', async (t) => {
  t.same(spansIn('`tallyctl fooo`, `tallyctl devices unpair` and `tallyctl usage --by`'), [
    'fooo',
    'devices unpair',
  ])
  const named = (line: string) => complaintOf(line, { isNamed: true })
  for (const line of ['pair', 'devices unpair', 'usage week', 'paths log']) t.equal(named(line), null, line)
  for (const line of ['fooo', 'devices fooo', 'usage fooo', 'service fooo']) t.ok(named(line), line)
  t.ok(complaintOf('devices unpair', { isNamed: false }), 'in a block it has its words')
})

t.test('every path is on the page about privacy', async (t) => {
  const page = read('docs/privacy.md')
  const kept = /^## What is kept.*?\n([\s\S]*?)^## /m.exec(page)?.[1] ?? ''
  for (const name of Object.keys(pathsOf({ env: {}, home: '/home/a', platform: 'linux' })))
    t.ok(kept.includes(`\`${name}\``), name)
})

t.test('every command line of the docs parses, in a block or in a sentence', async (t) => {
  let seen = 0
  // docs/cli.md has synopses too; test/ctl/parse.test.ts has its examples.
  for (const page of PAGES.filter((each) => each !== 'docs/cli.md')) {
    const text = read(page)
    const all = [
      ...linesIn(text).map((line) => ({ line, isNamed: false })),
      ...spansIn(text).map((line) => ({ line, isNamed: true })),
    ]
    for (const { line, isNamed } of all) {
      seen++
      const complaint = complaintOf(line, { isNamed })
      if (complaint !== null) t.fail(`${page}: tallyctl ${line}: ${complaint}`)
    }
  }
  t.ok(seen > 90, `${seen} lines`)
})
