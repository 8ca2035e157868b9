// What a release says: a section of CHANGELOG.md, and never nothing.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ROOT } from './harness/daemon.ts'

const script = join(ROOT, 'scripts/release-notes.mjs')
const { releaseNotes } = (await import(script)) as {
  releaseNotes(changelog: string, version: string): string
}

const CHANGELOG = `# Changelog

## [Unreleased]

## [0.2.0] - 2026-12-01

### Added

- A thing.
  - [0.1.0] is no heading here.

### Fixed

- Another.

## [0.1.0] - 2026-11-01

- The first one.

[0.1.0]: https://example.org/0.1.0
`

t.test('a version has its own section and nothing else', async (t) => {
  const wanted = '### Added\n\n- A thing.\n  - [0.1.0] is no heading here.\n\n### Fixed\n\n- Another.\n'
  t.equal(releaseNotes(CHANGELOG, '0.2.0'), wanted)
  t.equal(releaseNotes(CHANGELOG, '0.1.0'), '- The first one.\n', 'without the links at the end')
})

t.test('no section, or an empty one, is no release', async (t) => {
  t.throws(() => releaseNotes(CHANGELOG, '0.3.0'), {
    message: 'CHANGELOG.md has no section [0.3.0]; it has Unreleased, 0.2.0, 0.1.0',
  })
  t.throws(() => releaseNotes(CHANGELOG, 'unreleased'), {
    message: 'the section [unreleased] of CHANGELOG.md is empty',
  })
})

t.test('the command', async (t) => {
  const run = (...words: string[]) => spawnSync(process.execPath, [script, ...words], { encoding: 'utf8' })
  t.same([run('v99.0.0').status, run('v99.0.0').stdout], [1, ''])
  t.equal(run().status, 1)
})

t.test('our own: groups of Keep a Changelog, each once, nothing outside of them', async (t) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')
  const titles = [...changelog.matchAll(/^## \[([^\]]+)\]/gm)].map(([, title = '']) => title)
  t.ok(
    titles.includes('Unreleased') || titles.includes(version),
    `a section for ${version} or for what comes`,
  )
  for (const title of titles) {
    const notes = releaseNotes(changelog, title)
    const groups = [...notes.matchAll(/^### (.*)$/gm)].map(([, group]) => group)
    t.same(groups, [...new Set(groups)], title)
    t.same(
      groups.filter((group) => !/^(Added|Changed|Deprecated|Removed|Fixed|Security)$/.test(group ?? '')),
      [],
    )
    t.match(notes, /^### /, 'begins with a group')
    t.notMatch(notes, /^- .*\n\n- /m, 'a list is not broken')
  }
})
