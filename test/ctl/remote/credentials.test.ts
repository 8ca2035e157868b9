// credentials.json: what is refused, and that it is never half of anything.
import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'
import type { TallyError } from '../../../src/contract/errors.ts'
import { type Credential, readCredentials, tokenIn } from '../../../src/ctl/remote/credentials.ts'
import { checkKeeping, dropCredential, keepCredential } from '../../../src/ctl/remote/keep.ts'
import { endOf, type Teardown, temporaryFolder } from '../../harness/daemon.ts'

const URL_OF_DESK = 'https://desk.local:4766'

function credential(more: Partial<Credential> = {}): Credential {
  return {
    token: `tallyd_${'a'.repeat(43)}`,
    pin: null,
    tokenId: '0a1b2c3d',
    member: 'kitchen display',
    scopes: ['usage:read'],
    savedAt: '2026-11-27T12:00:00.000Z',
    ...more,
  }
}

function fileIn(t: Teardown): string {
  return join(temporaryFolder(t), 'state', 'credentials.json')
}

/** Writes the file as a test says, in a folder that is safe. */
function written(t: Teardown, text: string, mode = 0o600): string {
  const path = fileIn(t)
  mkdirSync(dirname(path), { mode: 0o700 })
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

t.test('an entry is kept, replaced and dropped; the others stay', async (t) => {
  const path = fileIn(t)
  t.equal((await readCredentials(path)).size, 0, 'no file is no credential')
  const [desk, attic] = [credential(), credential({ pin: `sha256//${'A'.repeat(43)}=` })]
  await keepCredential(path, URL_OF_DESK, desk)
  await keepCredential(path, 'https://attic.local', attic)
  t.strictSame(
    await readCredentials(path),
    new Map([
      ['https://attic.local', attic],
      [URL_OF_DESK, desk],
    ]),
  )
  await keepCredential(path, URL_OF_DESK, credential({ member: 'hall' }))
  t.equal((await readCredentials(path)).get(URL_OF_DESK)?.member, 'hall')
  await dropCredential(path, URL_OF_DESK)
  t.strictSame([...(await readCredentials(path)).keys()], ['https://attic.local'])
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(dirname(path)).mode & 0o777, 0o700)
  t.strictSame(readdirSync(dirname(path)), ['credentials.json'], 'nothing else is left')
})

t.test('whatever is not such a file is refused with what mends it, and left as it is', async (t) => {
  const entry = JSON.stringify(credential())
  const file = (version: unknown, each = entry) =>
    `{"version":${version},"credentials":{"${URL_OF_DESK}":${each}}}`
  const bad: readonly [text: string, mode: number, says: RegExp, next: RegExp][] = [
    ['', 0o600, /it is not JSON/, /move it away and connect again/],
    ['\0\0\0\0', 0o600, /it is not JSON/, /restore it from a backup/],
    ['[]', 0o600, /no file of credentials/, /move it away/],
    ['{"version":1}', 0o600, /no file of credentials/, /move it away/],
    [file('"1"'), 0o600, /no file of credentials/, /move it away/],
    [file(0), 0o600, /no file of credentials/, /move it away/],
    [file(2), 0o600, /it is of version 2, this tallyctl knows 1/, /use the newer tallyctl/],
    [file(1, '{"token":5}'), 0o600, /an entry of it is damaged/, /move it away/],
    [
      file(1, entry.replace('tallyd_', 'tallyd_\\r\\nX: ')),
      0o600,
      /an entry of it is damaged/,
      /move it away/,
    ],
    [file(1), 0o644, /others may read it \(mode 0644\)/, /run: chmod 600 '.*credentials\.json'/],
    [file(1), 0o620, /others may read it \(mode 0620\)/, /chmod 600/],
    [' '.repeat(1024 * 1024 + 1), 0o600, /larger than 1 MiB/, /move it away/],
  ]
  for (const [text, mode, says, next] of bad) {
    const path = written(t, text, mode)
    for (const act of [
      () => readCredentials(path),
      () => checkKeeping(path),
      () => keepCredential(path, URL_OF_DESK, credential()),
      () => dropCredential(path, URL_OF_DESK),
    ]) {
      const error = (await act().then(
        () => t.fail(`taken: ${text.slice(0, 40)}`),
        (thrown: unknown) => thrown,
      )) as TallyError
      t.equal(error.error, 'stateUnreadable')
      t.match(error.message, says)
      t.match(error.next, next)
      t.notMatch(`${error.message} ${error.next}`, /tallyd_/, 'no secret in a sentence')
    }
    t.equal(readFileSync(path, 'utf8'), text)
    t.strictSame(readdirSync(dirname(path)), ['credentials.json'])
  }
})

t.test('a link, a folder, and a folder that others may enter are refused', async (t) => {
  const target = written(t, '{"version":1,"credentials":{}}')
  const link = fileIn(t)
  mkdirSync(dirname(link), { mode: 0o700 })
  symlinkSync(target, link)
  await t.rejects(readCredentials(link), { message: /symbolic link/ })
  await t.rejects(keepCredential(link, URL_OF_DESK, credential()), { message: /symbolic link/ })
  t.equal(readFileSync(target, 'utf8'), '{"version":1,"credentials":{}}', 'nothing was written through it')
  const folder = fileIn(t)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  await t.rejects(readCredentials(folder), { error: 'stateUnreadable', message: /it is no file/ })
  const open = fileIn(t)
  mkdirSync(dirname(open))
  chmodSync(dirname(open), 0o755)
  await t.rejects(keepCredential(open, URL_OF_DESK, credential()), { message: /has mode 0755/ })
  t.notOk(existsSync(open))
})

const notRoot = process.getuid?.() === 0 ? false : 'only root can give files away'

t.test('a file of another user is refused', { skip: notRoot }, async (t) => {
  const { chownSync } = await import('node:fs')
  const path = written(t, '{"version":1,"credentials":{}}')
  chownSync(path, 12_345, 12_345)
  await t.rejects(readCredentials(path), { error: 'stateUnreadable', message: /it belongs to user 12345/ })
})

t.test('many at once: every change is there afterwards', async (t) => {
  const path = fileIn(t)
  const urls = Array.from({ length: 20 }, (_, index) => `https://host-${index}.local`)
  await Promise.all(urls.map((url) => keepCredential(path, url, credential())))
  t.strictSame([...(await readCredentials(path)).keys()].sort(), [...urls].sort())
})

t.test('what a killed tallyctl left behind holds up nobody for long, and is never read', async (t) => {
  const path = written(t, '{"version":1,"credentials":{}}')
  writeFileSync(`${path}.new`, '{"version":1,"cred')
  utimesSync(`${path}.new`, new Date(0), new Date(0))
  await keepCredential(path, URL_OF_DESK, credential())
  t.equal((await readCredentials(path)).size, 1)
  t.strictSame(readdirSync(dirname(path)), ['credentials.json'])
})

const KEEP = join(
  dirname(fileURLToPath(import.meta.url)),
  '..',
  '..',
  '..',
  'src',
  'ctl',
  'remote',
  'keep.js',
)

t.test('kill -9 at any moment of writing leaves a whole file, old or new', async (t) => {
  const path = fileIn(t)
  await keepCredential(path, URL_OF_DESK, credential({ member: 'before' }))
  const script = `
    import { keepCredential } from ${JSON.stringify(pathToFileURL(KEEP).href)}
    const entry = ${JSON.stringify(credential())}
    process.stdout.write('writing')
    for (let at = 0; ; at++) await keepCredential(${JSON.stringify(path)}, 'https://busy.local', { ...entry, member: String(at).repeat(2000) })
  `
  for (let round = 0; round < 20; round++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script])
    const ended = endOf(child)
    await new Promise((resolve) => child.stdout.once('data', resolve))
    await sleep(round * 3)
    child.kill('SIGKILL')
    await ended
    const entries = await readCredentials(path)
    t.equal(entries.get(URL_OF_DESK)?.member, 'before', `round ${round}`)
    // The next one need not wait until what is left is old enough.
    if (existsSync(`${path}.new`)) utimesSync(`${path}.new`, new Date(0), new Date(0))
  }
  t.ok((await readCredentials(path)).has('https://busy.local'), 'it was writing')
})

t.test('a token is one printable word, and what is none is not repeated', async (t) => {
  t.equal(tokenIn(' tallyd_EXAMPLE\n', 'a file'), 'tallyd_EXAMPLE')
  for (const text of ['', ' \n', 'two words', 'x\r\nHost: other', 'é'.repeat(20), 'x'.repeat(300)]) {
    try {
      tokenIn(text, 'the file')
      t.fail('taken')
    } catch (error) {
      t.match(error, { error: 'wrongUsage', message: /in the file/ })
      if (text.trim() !== '') t.notOk((error as Error).message.includes(text.trim()))
    }
  }
})
