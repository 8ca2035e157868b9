// The log's bounds, in a process of its own because it writes to stderr.
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { temporaryFolder } from '../../harness/daemon.ts'
import { mounted } from '../../harness/disk.ts'

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
  const lines = run(`let time = 1e9; const log = createLog('info', { ticks: () => time })
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

t.test('a file that a shell led stderr to is not ours to empty', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'somebody.log')
  const much = 'x'.repeat(5 * 1024 * 1024)
  writeFileSync(path, much)
  const fd = openSync(path, 'a')
  const paths = { log: join(folder, 'tallyd.log'), logPrevious: join(folder, 'tallyd.previous.log') }
  for (const given of ['', `, { paths: ${JSON.stringify(paths)} }`])
    run(`createLog('info'${given}).info('fresh')`, fd)
  closeSync(fd)
  t.match(readFileSync(path, 'utf8').slice(much.length), /fresh[\s\S]*fresh/)
})

/** What a daemon in `folder` writes to its own log, which holds `before`. */
function detached(folder: string, before: string, script: string) {
  const paths = { log: join(folder, 'tallyd.log'), logPrevious: join(folder, 'tallyd.previous.log') }
  writeFileSync(paths.log, before, { mode: 0o600 })
  const fd = openSync(paths.log, 'a')
  run(`const paths = ${JSON.stringify(paths)}; ${script}`, fd)
  closeSync(fd)
  return paths
}

t.test('the own log is kept, once, when it begins anew: last words outlive a row of crashes', async (t) => {
  const folder = temporaryFolder(t)
  const much = 'x'.repeat(5 * 1024 * 1024)
  writeFileSync(join(folder, 'tallyd.previous.log'), 'older')
  // Each start looks, also of a daemon that has nothing to say before it dies.
  const { log, logPrevious } = detached(folder, `${much}last words`, "createLog('off', { paths })")
  t.equal(statSync(log).size, 0)
  t.match(readFileSync(logPrevious, 'utf8').slice(-20), /xlast words$/)
  t.equal(statSync(logPrevious).mode & 0o777, 0o600)
  detached(folder, 'next', "createLog('info', { paths }).info('fresh')")
  t.match(readFileSync(log, 'utf8'), /^next\{.*fresh/)
  t.match(readFileSync(logPrevious, 'utf8').slice(-20), /xlast words$/, 'as long as there is room')
  t.same(readdirSync(folder).sort(), ['tallyd.log', 'tallyd.previous.log'])
})

t.test('where the disk has no room for what was kept, the bound comes first', async (t) => {
  const folder = mounted(t, 'size=7m,mode=700')
  if (folder === undefined) {
    t.pass('not run', { skip: 'a real full disk needs root and mount' })
    return
  }
  const { log } = detached(folder, 'x'.repeat(5 * 1024 * 1024), "createLog('off', { paths })")
  t.equal(statSync(log).size, 0)
  t.same(readdirSync(folder), ['tallyd.log'])
})

t.test('while it runs: a log that is written without end stays within its bounds', async (t) => {
  const folder = temporaryFolder(t)
  const script = `let time = 1; const log = createLog('debug', { paths, ticks: () => time })
    const line = 'y'.repeat(100_000)
    for (let window = 0; window < 8; window++) {
      time += 61_000
      for (let i = 0; i < 300; i++) log.error('it failed', new Error(line))
      await new Promise((resolve) => setTimeout(resolve, 200))
    }`
  const { log, logPrevious } = detached(folder, '', script)
  // 4 MiB, and what comes before the next look: 200 lines of 16 KiB at most.
  const most = 4 * 1024 * 1024 + 200 * 16 * 1024
  for (const path of [log, logPrevious]) t.ok(statSync(path).size < most, path)
  t.ok(statSync(logPrevious).size > 4 * 1024 * 1024, 'it did begin anew')
  for (const line of readFileSync(log, 'utf8').trim().split('\n')) {
    t.ok(line.length <= 16 * 1024)
    JSON.parse(line)
  }
})

t.test('a clock that is set back does not silence it', async (t) => {
  const lines = run(`const real = Date.now; const log = createLog('info')
    for (let i = 0; i < 200; i++) log.info('line ' + i)
    Date.now = () => real() - 86_400_000
    performance.now = () => 61_000
    log.info('after')`)
  t.equal(lines.at(-1)?.msg, 'after')
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
  t.match(run(`createLog('info').info('of ann.b+c@firm.example, with pino@9.1.0')`), [
    { msg: 'of [redacted], with pino@9.1.0' },
  ])
  const fingerprint = 'ab'.repeat(32)
  t.match(run(`createLog('info').info('paired with ${fingerprint}')`), [
    { msg: `paired with ${fingerprint}` },
  ])
})
