// SIGHUP: what is said of a config file that changed, and of one that cannot be used.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { changedKeys, createReload } from '../../src/daemon/reload.ts'
import { daemon, temporaryFolder, until } from '../harness/daemon.ts'

t.test('which keys differ', async (t) => {
  t.same(changedKeys({}, {}), [])
  t.same(
    changedKeys({ web: { port: 1, lan: true }, budgets: { daily: 5 } }, {
      web: { port: 2, lan: true },
      money: { currency: 'EUR', rate: 1 },
    } as never),
    ['budgets.daily', 'money.currency', 'money.rate', 'web.port'],
  )
  t.same(
    changedKeys({ sources: { codex: { roots: ['/a'] } } }, { sources: { codex: { roots: ['/a'] } } }),
    [],
  )
})

t.test('only the level changes at once, and TALLYD_LOG wins', async (t) => {
  const path = join(temporaryFolder(t), 'config.json')
  for (const [logLevel, levels] of [
    [undefined, ['debug']],
    ['error', []],
  ] as const) {
    const set: (string | undefined)[] = []
    const log = { info: () => undefined, setLevel: (level: string | undefined) => void set.push(level) }
    const incidents = { record: () => t.fail('nothing waits'), resolve: () => undefined }
    const reload = createReload({ path, config: {}, logLevel, incidents, log })
    writeFileSync(path, '{"log":{"level":"debug"}}')
    await reload()
    await reload()
    t.same(set, levels)
  }
})

t.test('a real daemon: changed, broken, and as it was', async (t) => {
  const home = temporaryFolder(t)
  const config = join(home, 'config.json')
  writeFileSync(config, '{"budgets":{"daily":5},"web":{"mode":"off"}}')
  const running = await daemon(t, { home, env: { TALLYD_LOG: 'info' } })
  await until(async () => (await running.call('daemon.status')).ready, 'ready')
  const checks = async () => (await running.call('doctor.run')).checks.filter(({ level }) => level !== 'ok')
  const says = async (pattern: RegExp) => (await checks()).some((each) => pattern.test(each.says))
  const limit = async () => (await running.call('budgets.list')).budgets[0]?.limitUSD

  writeFileSync(config, '{"budgets":{"daily":7},"web":{"mode":"off"}}')
  process.kill(running.pid, 'SIGHUP')
  await until(() => says(/budgets\.daily waits for a restart/), 'what changed is said')
  t.equal(await limit(), 5, 'it waits')

  writeFileSync(config, '{"budgets":{"daily":"much"}')
  process.kill(running.pid, 'SIGHUP')
  await until(() => says(/is not JSON.*nothing of the file was taken over/), 'a broken one is said')
  t.equal(await limit(), 5, 'what it started with is in force')

  writeFileSync(config, '{"budgets":{"daily":5},"web":{"mode":"off"}}')
  process.kill(running.pid, 'SIGHUP')
  await until(async () => !(await says(/waits for a restart|taken over/)), 'and nothing of it is left')
  await until(() => running.log().includes('nothing changed'), 'which the log says')
  t.same(await running.kill(), { code: 0, signal: null })
})

t.test('the level of the log is read from the config, and again', async (t) => {
  const home = temporaryFolder(t)
  const config = join(home, 'config.json')
  writeFileSync(config, '{"log":{"level":"off"}}')
  const running = await daemon(t, { home, env: { TALLYD_LOG: '' } })
  t.equal(running.log(), '')
  writeFileSync(config, '{"log":{"level":"info"}}')
  process.kill(running.pid, 'SIGHUP')
  await until(() => running.log().includes('log.level is info, from now on'), 'it says so')
})
