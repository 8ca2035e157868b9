// A real daemon that is killed with -9 while its vault is changed and its key moves: it always opens again, and what was
// acknowledged is there.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { VaultKey } from '../../../src/contract/vault-words.ts'
import { daemon, temporaryFolder } from '../../harness/daemon.ts'

t.setTimeout(300_000)

const KILLS = 24
const PASSPHRASE = 'correct horse battery staple'

function promised() {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

t.test('killed while it is changed and its key moves, it opens and has what it acknowledged', async (t) => {
  const home = temporaryFolder(t)
  const credentials = temporaryFolder(t)
  writeFileSync(join(credentials, 'tallyd-vault-key'), Buffer.alloc(32, 5))
  writeFileSync(join(home, 'config.json'), JSON.stringify({ web: { mode: 'off' } }))
  const acknowledged = new Set<string>()
  const places: Record<string, number> = {}
  let moves = 0
  for (let round = 0; round < KILLS; round++) {
    const { call, kill } = await daemon(t, { home, env: { CREDENTIALS_DIRECTORY: credentials } })
    let { vault } = await call('vault.status')
    if (vault.state === 'locked') vault = (await call('vault.unlock', { passphrase: PASSPHRASE })).unlocked
    t.equal(
      vault.state,
      round === 0 ? 'empty' : 'open',
      `round ${round}: ${vault.problem?.says ?? vault.key}`,
    )
    places[vault.key ?? 'none'] = (places[vault.key ?? 'none'] ?? 0) + 1
    const names = new Set((await call('secrets.list')).secrets.map(({ name }) => name))
    t.same(
      [...acknowledged].filter((name) => !names.has(name)),
      [],
      'nothing that was acknowledged is lost',
    )
    const doctor = await call('doctor.run')
    t.same(
      doctor.checks
        .filter(({ says }) => says.includes('vault.json'))
        .filter(({ level }) => level === 'broken'),
      [],
    )
    const { promise: enough, resolve: isEnough } = promised()
    let answers = 0
    const answered = () => {
      answers++
      if (answers > round % 8) isEnough()
    }
    const add = async (name: string) => {
      await call('secrets.add', { name, secret: { type: 'api-key', fields: { apiKey: 'x'.repeat(9_000) } } })
      acknowledged.add(name)
      answered()
    }
    const move = async (key: VaultKey) => {
      await call('vault.protect', key === 'passphrase' ? { key, passphrase: PASSPHRASE } : { key })
      moves++
      answered()
    }
    const order: readonly VaultKey[] = ['file', 'credential', 'file', 'passphrase', 'file', 'credential']
    const work = order
      .flatMap((key, index) => [add(`${round} ${index}`), move(key)])
      .map((each) => each.catch(() => undefined))
    // In the middle of what comes after so many answers.
    await enough
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 15))
    await kill('SIGKILL')
    await Promise.all(work)
  }
  t.comment(`${acknowledged.size} acknowledged, ${moves} moves, found in ${JSON.stringify(places)}`)
  t.ok(moves >= KILLS && acknowledged.size >= KILLS && Object.keys(places).length > 2)
  t.same(
    readdirSync(home).filter((name) => name.includes('.broken-')),
    [],
    'nothing was ever damaged',
  )
  t.notOk(readFileSync(join(home, 'vault.json'), 'utf8').includes('xxxxxxxx'))
})
