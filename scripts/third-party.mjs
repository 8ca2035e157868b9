// dist/third-party.txt: whose code the bundles carry, and under which licence. What must go along with it goes along.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** Licences that ask for their text and nothing else. Another one stops the build, to be read first. */
const KNOWN = [
  'MIT',
  '(MIT OR Apache-2.0)',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '(BSD-3-Clause OR GPL-2.0)',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'Unlicense',
]

/** Not bundled as code: src/daemon/usage/prices/generated/table.ts is made from its data. */
const DATA = ['@pydantic/genai-prices']

/** The folders of the packages that bundles were made of, from esbuild's metafiles. */
function packagesIn(metafiles) {
  const paths = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs)),
  )
  const folders = paths.flatMap((path) => /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [])
  return [...new Set([...folders, ...DATA.map((name) => `node_modules/${name}`)])]
}

/** How many bytes of the bundles are not ours. */
function bytesOfPackages(metafiles) {
  const inputs = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs)),
  )
  return inputs.reduce(
    (sum, [path, { bytesInOutput }]) => sum + (path.includes('node_modules/') ? bytesInOutput : 0),
    0,
  )
}

/** The text of the notice. Throws where a package's licence is not known. Of one that brings no text of its licence it says so. */
export function notice(root, metafiles) {
  const packages = packagesIn(metafiles).map((folder) => readPackage(resolve(root, folder)))
  const byText = new Map()
  for (const each of packages) byText.set(each.text, [...(byText.get(each.text) ?? []), each])
  const parts = [...byText].map(([text, those]) => {
    const names = those.map(({ name, version, license }) => `${name} ${version} (${license})`)
    return [names.sort().join('\n'), text]
  })
  parts.sort(([a], [b]) => (a < b ? -1 : 1))
  const head = `The programs and the page in this folder carry code, and a table of prices, of the packages below:
${bytesOfPackages(metafiles)} bytes, minified. Everything else is tallyd's own.\n`
  return `${[head, ...parts.map(([names, text]) => `${'-'.repeat(72)}\n${names}\n\n${text}\n`)].join('\n')}`
}

function readPackage(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8'))
  if (!KNOWN.includes(license))
    throw new Error(`${name} has the licence ${license}: read it, then name it in ${import.meta.filename}`)
  const file = readdirSync(folder).find((each) => /^(licen[cs]e|copying)(\.|-|$)/i.test(each))
  if (file !== undefined && existsSync(resolve(folder, file))) {
    return {
      name,
      version,
      license,
      text: readFileSync(resolve(folder, file), 'utf8').trim().replaceAll('\r\n', '\n'),
    }
  }
  // A few packages name their licence and do not bring its text.
  const by = typeof author === 'string' ? author : author?.name
  return {
    name,
    version,
    license,
    text: `Licence: ${license}. The package brings no text of it.${by ? ` By ${by}.` : ''}`,
  }
}
