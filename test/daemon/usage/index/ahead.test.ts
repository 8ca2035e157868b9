// The first start of a real daemon on many logs: the indexer is at work before the daemon is, and nothing is lost between the two.
import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { EXIT } from '../../../../src/contract/errors.ts'
import type { Indexer } from '../../../../src/daemon/usage/index/indexing.ts'
import { DAEMON, type Daemon, daemon, isolatedEnv, temporaryFolder, until } from '../../../harness/daemon.ts'
import { callLines, LOG, totalOf, UsageHome } from '../usage-home.ts'

/** More than the daemon reads itself, of which nothing counts. */
function noise(home: string): void {
  const line = `${JSON.stringify({ type: 'user', message: 'x'.repeat(1_000) })}\n`.repeat(1_000)
  for (let part = 0; part < 40; part++) put(home, `.claude/projects/noise/${part}.jsonl`, line)
}

function put(home: string, path: string, text: string): void {
  mkdirSync(dirname(join(home, path)), { recursive: true })
  writeFileSync(join(home, path), text)
}

async function total({ call }: Daemon): Promise<{ calls: number; output: number | undefined }> {
  const { total } = await call('usage.summary', { range: 'all', timeZone: 'UTC' })
  return { calls: total.calls, output: total.tokens?.output }
}

const ready = ({ call }: Daemon) => until(async () => (await call('daemon.status')).ready, 'it is ready')

function checkpointsIn(home: string): string[] {
  return readdirSync(home).filter((name) => name.startsWith('checkpoint.'))
}

t.test(
  'many logs are read by an indexer that finds them itself, in the folders of config and environment',
  async (t) => {
    const home = temporaryFolder(t)
    noise(home)
    put(home, LOG, callLines(1, 3))
    put(home, 'listed/session-b.jsonl', callLines(4, 5, 'session-b'))
    put(home, 'other/projects/p/session-c.jsonl', callLines(6, 7, 'session-c'))
    writeFileSync(
      join(home, 'config.json'),
      JSON.stringify({ sources: { 'claude-code': { roots: [join(home, 'listed')] } } }),
    )
    const folders = `${join(home, '.claude')},${join(home, 'other')}`
    const running = await daemon(t, { home, env: { CLAUDE_CONFIG_DIR: folders } })
    await ready(running)
    t.same(await total(running), totalOf(1, 2, 3, 4, 5, 6, 7))
    // The daemon itself would write one seconds later. Paths stand in it as text.
    const checkpoint = readFileSync(join(home, 'checkpoint.bin'))
    for (const name of ['session-a', 'session-b', 'session-c']) {
      t.ok(checkpoint.includes(`${name}.jsonl`), `the indexer found ${name}`)
    }
    t.equal((await running.call('daemon.status')).index.files, 43)
  },
)

t.test('what is appended while the indexer reads is counted, once', async (t) => {
  const home = temporaryFolder(t)
  noise(home)
  put(home, LOG, callLines(1, 2))
  const running = await daemon(t, { home })
  for (let n = 3; n <= 30; n++) {
    appendFileSync(join(home, LOG), callLines(n, n))
    if (n % 10 === 0) put(home, `.claude/projects/p/later-${n}.jsonl`, callLines(1, 1, `later-${n}`))
    await running.call('daemon.status')
  }
  await ready(running)
  const wanted = totalOf(...Array.from({ length: 30 }, (_, at) => at + 1), 1, 1, 1)
  await until(async () => (await total(running)).calls === wanted.calls, 'everything is counted')
  t.same(await total(running), wanted)
  await running.call('usage.rescan')
  t.same(await total(running), wanted)
})

t.test('few logs are left to the daemon', async (t) => {
  const home = temporaryFolder(t)
  put(home, LOG, callLines(1, 2))
  const running = await daemon(t, { home })
  await ready(running)
  t.same(await total(running), totalOf(1, 2))
  t.same(checkpointsIn(home), [], 'nobody wrote a checkpoint yet')
})

function usageHome(t: Parameters<typeof temporaryFolder>[0]): UsageHome {
  const home = new UsageHome(temporaryFolder(t))
  home.write(LOG, callLines(1, 2))
  return home
}

/** Processes that were started for an instance. */
function processesOf(home: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`TALLYD_HOME=${home}\0`)
      )
    } catch {
      return false
    }
  })
}

t.test(
  'an indexer that gets no order ends with its daemon',
  { skip: process.platform === 'linux' ? false : 'it looks for processes in /proc' },
  async (t) => {
    const home = temporaryFolder(t)
    const started = () => {
      const child = spawn(process.execPath, [DAEMON], { env: isolatedEnv(home), stdio: 'ignore' })
      return { child, ended: new Promise((resolve) => child.once('exit', resolve)) }
    }
    const first = await daemon(t, { home })
    await ready(first)
    await until(() => processesOf(home).join() === `${first.pid}`, 'its own had too little to do')
    for (const name of checkpointsIn(home)) rmSync(join(home, name))
    t.equal(await started().ended, EXIT.alreadyRunning)
    await until(() => processesOf(home).join() === `${first.pid}`, 'nothing is left of the second')
    await first.kill('SIGKILL')
    for (const ms of [60, 100, 150, 250]) {
      const { child, ended } = started()
      await sleep(ms)
      child.kill('SIGKILL')
      await ended
      await until(() => processesOf(home).length === 0, `nothing is left of it after ${ms} ms`)
    }
  },
)

const nobody: Indexer = {
  run: async () => [],
  onProgress: () => undefined,
  stop: () => undefined,
}

t.test('an indexer that fails: the daemon reads everything itself, and says so', async (t) => {
  const home = usageHome(t)
  await home.start({ ahead: { indexer: nobody, done: Promise.reject(new Error('the disk is full')) } })
  t.same(home.total(), totalOf(1, 2))
  t.match(home.incidents.all, [{ code: 'indexerFailed', says: /the disk is full/ }])
  await home.stop()
})

t.test(
  'an indexer that says it is done and left no checkpoint: the daemon reads everything itself',
  async (t) => {
    const home = usageHome(t)
    await home.start({ ahead: { indexer: nobody, done: Promise.resolve([]) } })
    t.same(home.total(), totalOf(1, 2))
    await home.stop()
  },
)
