// The log's bounds, in a process of its own because it writes to stderr.
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { temporaryFolder } from '../../harness/daemon.ts'

const LOG = pathToFileURL(join(import.meta.dirname, '../../../src/daemon/store/log.js')).href

function run(script: string, stderr: 'pipe' | number = 'pipe') {
  const source = `import { createLog } from '${LOG}'\n${script}`
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', stderr],
  })
  const lines = (ran.stderr ?? '')
    .trim()
    .split('\n')
    .filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as { level: number; msg: string; err?: { message: string } })
}

t.test('levels', async (t) => {
  const all = "log.debug('d'); log.info('i'); log.warn('w'); log.error('e', new Error('why'))"
  const words = (level: string) =>
    run(`const log = createLog(${level}); ${all}`)
      .map(({ msg }) => msg)
      .join('')
  t.equal(words('undefined'), 'iwe')
  t.equal(words("'debug'"), 'diwe')
  t.equal(words("'error'"), 'e')
  t.equal(words("'off'"), '')
  t.equal(words("'nonsense'"), 'iwe')
  t.match(run(`createLog('error').error('e', new Error('why'))`), [
    { level: 50, msg: 'e', err: { message: 'why' } },
  ])
})

t.test('a flood is cut and counted', async (t) => {
  const lines = run(`let time = 1e9; const log = createLog('info', () => time)
    for (let i = 0; i < 1000; i++) log.info('line ' + i)
    time += 61_000
    log.info('after')`)
  t.equal(lines.length, 202)
  t.match(
    lines
      .slice(-2)
      .map(({ msg }) => msg)
      .sort(),
    ['800 lines were dropped, they came too fast', 'after'].sort(),
  )
})

t.test('a file of stderr begins anew past 4 MiB', async (t) => {
  const path = join(temporaryFolder(t), 'log')
  writeFileSync(path, 'x'.repeat(5 * 1024 * 1024))
  const fd = openSync(path, 'a')
  run("createLog('info').info('fresh')", fd)
  closeSync(fd)
  t.ok(statSync(path).size < 1_000)
  t.match(readFileSync(path, 'utf8'), /fresh/)
})

t.test('the level can be changed while it runs', async (t) => {
  const lines = run(
    "const log = createLog('off'); log.info('a'); log.setLevel('debug'); log.debug('b'); log.setLevel(undefined); log.debug('c'); log.info('d')",
  )
  t.same(
    lines.map(({ msg }) => msg),
    ['b', 'd'],
  )
})

t.test('secrets are left out, wherever they come from', async (t) => {
  const secret = 'Zk3x9'.repeat(8).slice(0, 40)
  const token = `tallyd_${secret}abc`
  const lines = run(`const log = createLog('debug')
    const token = '${token}', bare = '${secret}xyz'
    log.info('asked with ' + token + ', then ' + bare)
    log.error('refused', Object.assign(new Error('Authorization: Bearer ' + token), {
      headers: { authorization: 'Bearer short-${secret.slice(0, 12)}', cookie: 'tallyd=${secret.slice(0, 20)}' },
      body: JSON.stringify({ device_code: '${secret.slice(0, 30)}', client_id: 'tallyctl' }),
      key: '-----BEGIN PRIVATE KEY-----\\\\n${secret}\\\\n-----END PRIVATE KEY-----',
      path: '/home/me/.local/state/tallyd/tokens.json',
    }))`)
  const text = JSON.stringify(lines)
  t.equal(lines.length, 2)
  t.notMatch(text, secret.slice(0, 12))
  t.match(text, 'client_id')
  t.match(text, '/home/me/.local/state/tallyd/tokens.json')
  const fingerprint = 'ab'.repeat(32)
  t.match(run(`createLog('info').info('paired with ${fingerprint}')`), [
    { msg: `paired with ${fingerprint}` },
  ])
})
