// An upgrade in place, with what npm packs: installed over a tallyd that runs, started again, and gone back. Without a supervisor: what
// `service restart` does under systemd is in test/hosts/systemd.test.ts.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { callLines } from '../daemon/usage/usage-home.ts'
import { isolatedEnv, temporaryFolder, until } from '../harness/daemon.ts'
import { install, NEXT_SUFFIX, NEXT_VERSION, packed, packedNext } from '../harness/packed.ts'
import { webSocket } from '../harness/web-socket.ts'
import { started, tallyctl } from './client.ts'

t.setTimeout(240_000)

const NAME = 'somebody'

t.test('over a tallyd that runs: state made new, followers back, and no way back by accident', async (t) => {
  const [old, next] = [packed(t), packedNext(t, { isCheckpointNewer: true })]
  const home = temporaryFolder(t)
  const prefix = join(home, 'npm')
  mkdirSync(prefix)
  install(old, prefix)
  const program = join(prefix, 'lib/node_modules/tallyd/dist/ctl/main.js')
  const run = (...words: string[]) => tallyctl(home, words, { program, timeoutMs: 60_000 })
  const log = join(home, '.claude/projects/p/session-a.jsonl')
  mkdirSync(dirname(log), { recursive: true })
  writeFileSync(log, callLines(1, 3))
  writeFileSync(join(home, 'config.json'), '{"web":{"mode":"off"}}')
  t.teardown(() => run('stop'))

  t.equal((await run('start')).exit, 0)
  t.equal((await run('status', '--wait', '60s')).exit, 0)
  t.equal((await run('members', 'add', NAME)).exit, 0)
  const version = async () => JSON.parse((await run('status', '--json')).out).version as string
  const calls = async () => JSON.parse((await run('usage', 'all', '--json')).out).total.calls as number
  const models = async () => (await run('usage', 'all', '--by', 'model', '--json')).out
  const members = async () => (await run('members', '--json')).out
  // From here on only the checkpoint knows of them.
  rmSync(log)
  const oldVersion = await version()
  const tokens = join(home, 'tokens.json')
  const before = readFileSync(tokens, 'utf8')

  const watching = started(home, ['watch', 'all', '--json'], { program })
  const bar = started(home, ['widgets', 'show', 'waybar', '--follow'], { program })
  const following = started(home, ['audit', '--follow', '--json'], { program })
  t.teardown(() => [watching, bar, following].forEach(({ child }) => void child.kill('SIGKILL')))
  const socket = join(home, 'tallyd.sock')
  const client = await webSocket(t, socket)
  await client.ask('events.subscribe', { event: 'usage.changed', params: { range: 'all' } })
  const valuesOf = ({ out }: { out(): string }) => out().split('\n').slice(0, -1)
  const hasNumbers = () => !/not running/.test(valuesOf(bar).at(-1) ?? 'not running')
  await until(() => valuesOf(watching).length > 0 && hasNumbers() && following.out() !== '', 'all follow')

  install(next, prefix)
  t.equal(await version(), oldVersion, 'the old one goes on')
  t.equal(await calls(), 3)
  t.match(
    (await run('status')).err,
    `tallyd ${oldVersion} runs, this is tallyctl ${NEXT_VERSION}; for one version: `,
  )
  t.match((await run('start')).err, /for one version: .*tallyctl stop && .*tallyctl start/)

  const { pid } = JSON.parse((await run('status', '--json')).out)
  const second = join(prefix, 'lib/node_modules/tallyd/dist/daemon/main.js')
  const began = spawnSync(process.execPath, [second], {
    env: isolatedEnv(home),
    encoding: 'utf8',
    timeout: 60_000,
  })
  t.equal(began.status, EXIT.alreadyRunning, 'a daemon of the next version beside it does not start')
  t.match(began.stderr, new RegExp(`^tallyd: .*pid ${pid}\\b`, 'm'), 'and names the first')
  t.equal(await version(), oldVersion, 'which goes on')

  const seen = valuesOf(watching).length
  t.equal((await run('stop')).exit, 0)
  t.equal(await client.closed, 1001, 'a WebSocket is told goodbye')
  const checkpoint = join(home, 'checkpoint.bin')
  const checkpointBefore = readFileSync(checkpoint)
  t.equal((await run('start')).exit, 0)
  const ready = performance.now()
  await until(() => valuesOf(watching).length > seen, 'watch has a value again')
  t.comment(`watch: ${Math.round(performance.now() - ready)} ms after start returned`)
  await until(hasNumbers, 'the bar has numbers again')
  t.comment(`the bar: ${Math.round(performance.now() - ready)} ms`)
  const again = await webSocket(t, socket)
  await again.ask('events.subscribe', { event: 'usage.changed', params: { range: 'all' } })
  t.match(await again.notified(1), [{ params: { value: { total: { calls: 3 } } } }])
  t.equal((await run('members', 'add', 'another')).exit, 0)
  await until(() => following.out().includes('another'), 'the audit log is followed again')
  t.equal(await version(), NEXT_VERSION)
  t.equal(await calls(), 3, 'nothing is counted twice or lost')
  t.match(await members(), NAME + NEXT_SUFFIX)
  t.match(JSON.parse(readFileSync(tokens, 'utf8')), { schema: 2 })
  const backup = join(home, 'tokens.schema-1.json')
  t.equal(readFileSync(backup, 'utf8'), before, 'what it was is kept')
  t.match(await models(), `m${NEXT_SUFFIX}`, 'the checkpoint is made new as well')
  const checkpointBackup = join(home, 'checkpoint.schema-1.bin')
  t.ok(readFileSync(checkpointBackup).equals(checkpointBefore))

  t.equal((await run('stop')).exit, 0)
  install(old, prefix)
  for (const [path, kept] of [
    [checkpoint, checkpointBackup],
    [tokens, backup],
  ] as const) {
    const newer = readFileSync(path)
    const refused = await run('start')
    t.equal(refused.exit, EXIT.refused)
    const says = `tallyd did not start: a newer tallyd has written here: ${path} has schema 2; this tallyd, ${oldVersion}, knows 1`
    t.match(refused.err, says)
    const advised = /mv '[^']+' '[^']+'/.exec(refused.err)?.[0] ?? ''
    t.equal(advised, `mv '${kept}' '${path}'`)
    t.ok(readFileSync(path).equals(newer), 'and touches nothing')
    t.notOk(existsSync(socket))
    // As it says: back to before the upgrade.
    t.equal(spawnSync('sh', ['-c', advised]).status, 0)
  }
  t.equal((await run('start')).exit, 0)
  t.equal(await calls(), 3)
  t.match(await members(), `"${NAME}"`)
  t.notMatch(await models(), NEXT_SUFFIX)
})
