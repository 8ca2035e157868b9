// Prints what CHANGELOG.md says of one version, as the text of a release: `node scripts/release-notes.mjs 0.1.0`, or `unreleased`.
// Exits with 1 where the version has no section or an empty one.
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The section of `version`, without its heading. Throws where there is none, or nothing in it. */
export function releaseNotes(changelog, version) {
  const sections = changelog.split(/^## (?=\[)/m).slice(1)
  const found = sections.find((section) => titleOf(section).toLowerCase() === version.toLowerCase())
  if (found === undefined) {
    throw new Error(
      `CHANGELOG.md has no section [${version}]; it has ${sections.map(titleOf).join(', ') || 'none'}`,
    )
  }
  const text = found
    .slice(found.indexOf('\n') + 1)
    .replace(/^\[[^\]]+\]: .*$/gm, '')
    .trim()
  if (!/^- /m.test(text)) throw new Error(`the section [${version}] of CHANGELOG.md is empty`)
  return `${text}\n`
}

function titleOf(section) {
  return section.slice(1, section.indexOf(']'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [version] = process.argv.slice(2)
  try {
    if (version === undefined) throw new Error('which version? node scripts/release-notes.mjs 0.1.0')
    process.stdout.write(
      releaseNotes(readFileSync(resolve(root, 'CHANGELOG.md'), 'utf8'), version.replace(/^v/, '')),
    )
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
