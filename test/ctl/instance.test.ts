// What start, status, paths and doctor say of an instance whose daemon is absent, or not ready yet.

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { temporaryFolder } from '../harness/daemon.ts'
import { started, tallyctl } from './client.ts'
import { fakeDaemon, status } from './fake-daemon.ts'

t.test('doctor without a daemon checks what can be seen from outside', async (t) => {
  const home = temporaryFolder(t)
  const run = async (next: string) => {
    const ran = await tallyctl(home, ['doctor'])
    t.equal(ran.exit, EXIT.noDaemon)
    t.equal(ran.err, `tallyctl: tallyd is not running; ${next}run: npx tallyctl start\n`)
    return ran.out
  }
  const fresh = await run('')
  t.match(fresh, /^ok +run folder +.*, 0700, ours$/m)
  t.match(fresh, /^ok +config +no file/m)
  t.match(fresh, /^ok +claude-code +no logs in .*\.claude\/projects/m)
  mkdirSync(join(home, '.claude/projects'), { recursive: true })
  writeFileSync(join(home, 'config.json'), '{')
  writeFileSync(join(home, 'tallyd.log'), '{"level":60,"msg":"no \\u001b[31mspace left\\n at x"}\n')
  symlinkSync('tallyd.lock.1.1', join(home, 'tallyd.lock'))
  chmodSync(home, 0o750)
  const broken = await run('mend what is broken, then ')
  t.match(broken, /^broken +run folder +.* has mode 0750\n +run: chmod 700 /m)
  t.match(broken, /^warning +config +.*config\.json is not JSON/m)
  t.match(broken, /^ok +claude-code +logs in .*\.claude\/projects$/m)
  t.match(broken, /^warning +tallyd +it ended without an orderly stop; its last words: no space left\n/m)
  const { checks } = JSON.parse((await tallyctl(home, ['doctor', '--json'])).out)
  t.match(checks[0], { level: 'broken', subject: 'run folder' })
  const link = join(temporaryFolder(t), 'link')
  symlinkSync(home, link)
  t.match((await tallyctl(link, ['doctor'])).out, /^broken +run folder +.* is a symbolic link\n/m)
})

t.test('start where no folder can be: one sentence at once, and no log is pointed at', async (t) => {
  const folder = temporaryFolder(t)
  const file = join(folder, 'f')
  writeFileSync(file, '')
  const failing = async (home: string, says: string) => {
    for (const words of [['start'], ['start', '--foreground']]) {
      const ran = await tallyctl(home, words, { timeoutMs: 10_000 })
      t.strictSame(ran, {
        exit: EXIT.failed,
        out: '',
        err: `tallyctl: ${says}; choose another TALLYD_HOME\n`,
      })
    }
  }
  await failing(file, `${file} is a file, not a folder`)
  await failing(join(file, 'below'), `${file} is a file, not a folder`)
  if (process.platform === 'linux') await failing('/proc/tallyd', '/proc/tallyd cannot be made (ENOENT)')
})

t.test('status --wait also waits for a daemon that is not there yet', async (t) => {
  const home = temporaryFolder(t)
  const running = started(home, ['status', '--wait', '10s', '--json'])
  await sleep(300)
  let asked = 0
  await fakeDaemon(t, { 'daemon.status': () => status({ ready: ++asked > 3 }) }, home)
  const { exit, out } = await running.ended
  t.equal(exit, 0)
  t.equal(JSON.parse(out).ready, true)
  t.equal(asked, 4)
})

t.test('status --wait prints the status when the time was not enough', async (t) => {
  const { home } = await fakeDaemon(t, { 'daemon.status': () => status({ ready: false }) })
  const { exit, out } = await tallyctl(home, ['status', '--wait', '2s', '--json'])
  t.equal(exit, EXIT.timeout)
  t.equal(JSON.parse(out).ready, false)
})

t.test('paths needs no daemon', async (t) => {
  const home = temporaryFolder(t)
  const { exit, out } = await tallyctl(home, ['paths', '--json'])
  t.equal(exit, 0)
  const socket = join(home, 'tallyd.sock')
  t.equal(JSON.parse(out).paths.socket, socket)
  t.strictSame(await tallyctl(home, ['paths', 'socket']), { exit: 0, out: `${socket}\n`, err: '' })
  t.strictSame(JSON.parse((await tallyctl(home, ['paths', 'socket', '--json'])).out), { paths: { socket } })
})
