// `npm start -- --demo`: what it says at its end is true.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { isolatedEnv, ROOT, temporaryFolder, until } from '../harness/daemon.ts'

t.test('the demo says that its home is removed, and it is', async (t) => {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/start.mjs'), '--demo'], {
    env: { ...isolatedEnv(temporaryFolder(t)), TMPDIR: temporaryFolder(t) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.teardown(() => child.kill('SIGTERM'))
  let err = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  await until(() => err.includes('Ctrl-C ends it'), 'the next steps', 60_000)
  const home = /sample logs in (\S+), removed at the end/.exec(err)?.[1] ?? ''
  t.ok(existsSync(home))
  child.kill('SIGINT')
  t.equal(await ended, 0)
  t.notOk(existsSync(home))
  t.match(
    err,
    `\ntallyd has stopped\ndemo: ${home} is removed, with everything counted; your own logs: npm start\n`,
  )
  t.notMatch(err, 'is kept')
})
