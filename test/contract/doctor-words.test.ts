// Every word that doctor may say is explained in docs/doctor.md, and no word is there twice.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CHECK_CODES } from '../../src/contract/doctor-words.ts'
import { whoHasPort } from '../../src/contract/port-words.ts'
import { spanInWords } from '../../src/contract/time-words.ts'
import { checkVersion } from '../../src/contract/version-check.ts'

const rows = readFileSync('docs/doctor.md', 'utf8').match(/^\| `[^|]*\|/gm) ?? []
const explained = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, word]) => word))

t.test('the words and docs/doctor.md', async (t) => {
  t.same([...explained].sort(), [...CHECK_CODES].sort())
  t.equal(new Set(CHECK_CODES).size, CHECK_CODES.length)
})

t.test('no word is idle', async (t) => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !/doctor-words|generated/.test(path))
    .map((path) => readFileSync(join('src', path), 'utf8'))
    .join('\n')
  // Two are made of the folder's word.
  const made = ['runFolderUnsafe', 'stateFolderUnsafe']
  t.same(
    CHECK_CODES.filter(
      (word) => !made.includes(word) && !new RegExp(`['"]${word}['"]|\\b${word}:`).test(sources),
    ),
    [],
  )
})

t.test('every incident has its word', async (t) => {
  const sources = readdirSync('src/daemon', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(join('src/daemon', path), 'utf8'))
    .filter((text) => /Incidents\b/.test(text))
    .join('\n')
  const words = [
    ...sources.matchAll(
      /\bcode: '(\w+)'|^(?:export )?const (?:\w*INCIDENT|UN\w+|LEFT_KEY|SHOWN) = '(\w+)'/gm,
    ),
  ]
  const incidents = [...new Set(words.map(([, inline, named]) => inline ?? named ?? ''))].filter(
    (word) => word !== 'unreachable' && word !== 'stateUnwritable',
  )
  t.ok(incidents.length > 15, `${incidents.length} were found`)
  t.same(
    incidents.filter((word) => !(CHECK_CODES as readonly string[]).includes(word)),
    [],
  )
})

t.test('who has a port', async (t) => {
  t.equal(whoHasPort('the port is taken: 4765', 'linux'), "ss -ltnp 'sport = :4765'")
  t.equal(
    whoHasPort('the port is taken: 4767, of web.plainHttp', 'darwin'),
    'lsof -nP -iTCP:4767 -sTCP:LISTEN',
  )
  t.equal(whoHasPort('no port'), null)
})

t.test('stretches of time', async (t) => {
  const said = [0, 59_000, 90_000, 7_100_000, 3 * 3_600_000, 5 * 86_400_000].map(spanInWords)
  t.same(said, ['0 s', '59 s', '2 min', '118 min', '3 h', '5 days'])
})

t.test('the Node below', async (t) => {
  t.match(checkVersion('0.1.0', '20.19.0'), {
    level: 'ok',
    code: 'version',
    says: 'tallyd 0.1.0, Node 20.19.0',
  })
  t.match(checkVersion('0.1.0', '24.1.0'), { level: 'ok' })
  for (const old of ['20.18.3', '18.20.0']) {
    t.match(checkVersion('0.1.0', old), { level: 'warning', code: 'nodeTooOld', next: /install Node 20\.19/ })
  }
})
