// A real daemon that is killed with -9 while members and tokens are changed: what it acknowledged is so, and nothing else but what
// it was just asked.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { hashOf } from '../../../src/daemon/tokens/token.ts'
import { isTokenData, type TokenData } from '../../../src/daemon/tokens/token-data.ts'
import { daemon, temporaryFolder } from '../../harness/daemon.ts'

const ROUNDS = 6
const ASKED = 24

function stored(home: string): TokenData {
  const { data } = JSON.parse(readFileSync(join(home, 'tokens.json'), 'utf8'))
  if (!isTokenData(data)) throw new Error('tokens.json is not whole')
  return data
}

function promised() {
  let resolve: (value: Promise<unknown>) => void = () => undefined
  const promise = new Promise<unknown>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

t.test('killed right after an answer, it keeps what it answered', async (t) => {
  const home = temporaryFolder(t)
  /** The secrets that were handed out and that nobody asked to revoke, by id. */
  const live = new Map<string, string>()
  /** Ids whose revocation was answered. */
  const revoked = new Set<string>()
  let [answered, cut] = [0, 0]

  for (let round = 0; round < ROUNDS; round++) {
    const { call, kill } = await daemon(t, { home })
    const ids = new Set((await call('tokens.list')).tokens.map(({ id }) => id))
    t.same(
      [...live.keys()].filter((id) => !ids.has(id)),
      [],
      `round ${round}: nothing that was handed out is lost`,
    )
    t.same(
      [...revoked].filter((id) => ids.has(id)),
      [],
      'and nothing that was revoked came back',
    )
    if (round > 0) {
      const hashes = new Set(stored(home).tokens.map(({ hash }) => hash))
      t.same(
        [...live.values()].filter((secret) => !hashes.has(hashOf(secret))),
        [],
        'each opens what it opened',
      )
    }
    // Those whose answer the kill took away: nobody has their secret, or nobody knows that they are revoked.
    for (const id of ids) if (!live.has(id)) await call('tokens.revoke', { id })

    const create = async (index: number) => {
      const { token } = await call('tokens.create', { member: `m${index % 3}`, scopes: ['usage:read'] })
      live.set(token.id, token.secret)
    }
    const revoke = async (id: string) => {
      live.delete(id)
      await call('tokens.revoke', { id })
      revoked.add(id)
    }
    const victims = [...live.keys()].slice(0, 4)
    const asks = [...victims.map(revoke), ...Array.from({ length: ASKED }, (_, index) => create(index))]
    const [enough, ended] = [answered + 1 + round, revoked.size]
    // Killed in the moment of an answer, while others are under way.
    const { promise: isKilled, resolve: killed } = promised()
    const counted = asks.map((ask) =>
      ask.then(
        () => {
          answered++
          if (answered >= enough && (victims.length === 0 || revoked.size > ended)) killed(kill('SIGKILL'))
        },
        () => void cut++,
      ),
    )
    void Promise.all(counted).then(() => killed(kill('SIGKILL')))
    await isKilled
    await Promise.all(counted)
  }
  t.ok(answered >= ROUNDS, `${answered} answers`)
  t.comment(`${cut} answers were taken away by the kills`)
  t.ok(revoked.size > 0, `${revoked.size} were revoked`)
})
