// What is read from the disk: only what this version can go on with; anything else is put aside, and nothing in it is valid.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createBus } from '../../../src/daemon/bus.ts'
import type { Incident } from '../../../src/daemon/store/incidents.ts'
import { openTokens } from '../../../src/daemon/tokens/open.ts'
import { hashOf, mintToken } from '../../../src/daemon/tokens/token.ts'
import { isTokenData } from '../../../src/daemon/tokens/token-data.ts'
import { type Teardown, temporaryFolder } from '../../harness/daemon.ts'
import { DEVICE, NOW, order, refusal, storedMember, storedToken } from './kept.ts'

type Noted = Pick<Incident, 'code' | 'subject' | 'says' | 'next'>

async function opened(t: Teardown, folder: string) {
  const incidents: Noted[] = []
  const ended: string[] = []
  const bus = createBus().on('tokensEnded', (ids) => ended.push(...ids))
  const tokens = await openTokens({
    paths: { tokens: join(folder, 'tokens.json') },
    bus,
    audit: { record: () => undefined },
    incidents: { record: (each) => void incidents.push(each), resolve: () => undefined, list: () => [] },
    now: () => NOW,
  })
  t.teardown(() => tokens.close())
  return { tokens, incidents, ended }
}

const good = {
  members: [storedMember(0), storedMember(1)],
  tokens: [
    storedToken(1),
    storedToken(2, {
      member: '00000001',
      origin: 'login',
      device: DEVICE,
      lastUsedAt: '2026-11-20T12:00:00Z',
    }),
    storedToken(3, { expiresAt: '2027-11-20T12:00:00.000Z', scopes: ['admin', 'metrics:read'] }),
  ],
}

t.test('only what this version can go on with is taken', async (t) => {
  t.ok(isTokenData(good))
  t.ok(isTokenData({ members: [], tokens: [] }))
  const [member, token] = [good.members[0]!, good.tokens[0]!]
  const other = (more: object) => ({ ...good, tokens: [...good.tokens, { ...storedToken(9), ...more }] })
  const without = (name: string) => {
    const { [name]: _, ...rest } = { ...token } as Record<string, unknown>
    return { ...good, tokens: [rest] }
  }
  const wrong: unknown[] = [
    null,
    [],
    'x',
    {},
    { members: [] },
    { members: {}, tokens: [] },
    { members: [null], tokens: [] },
    { members: [{ ...member, id: 'x' }], tokens: [] },
    { members: [{ ...member, name: '' }], tokens: [] },
    { members: [{ ...member, name: 'x'.repeat(257) }], tokens: [] },
    { members: [{ ...member, createdAt: 'then' }], tokens: [] },
    { members: [member, { ...storedMember(1), name: member.name }], tokens: [] },
    { members: [member, member], tokens: [] },
    { members: Array.from({ length: 501 }, (_, index) => storedMember(index)), tokens: [] },
    { members: [member], tokens: Array.from({ length: 5_001 }, (_, index) => storedToken(index)) },
    ...Object.keys(token).map(without),
    other({ member: '000000ff' }),
    other({ id: token.id }),
    other({ hash: token.hash }),
    other({ hash: 'A'.repeat(64) }),
    other({ hash: token.hash.slice(1) }),
    other({ scopes: 'admin' }),
    other({ scopes: ['everything'] }),
    other({ scopes: [['admin']] }),
    other({ scopes: ['__proto__'] }),
    other({ origin: 'stolen' }),
    other({ origin: 'login', device: null }),
    other({ device: 'x' }),
    other({ createdAt: '' }),
    other({ createdAt: 5 }),
    other({ expiresAt: 'never' }),
    other({ expiresAt: 99_999_999_999_999 }),
    other({ lastUsedAt: 0 }),
    other({ label: 7 }),
  ]
  for (const data of wrong) t.notOk(isTokenData(data), JSON.stringify(data).slice(0, 200))
  t.ok(isTokenData(other({})), 'the base of these is good')
})

t.test('garbage is put aside and nothing in it is valid; one good copy of two is enough', async (t) => {
  const secret = mintToken()
  const data = { members: [storedMember(0)], tokens: [storedToken(1, { hash: hashOf(secret) })] }
  const whole = JSON.stringify({ schema: 1, data })
  const broken = [
    whole.slice(0, -2),
    '',
    '\0\0',
    JSON.stringify({ schema: 2, data }),
    JSON.stringify({ schema: 1, data: { ...data, members: [] } }),
    whole.replace('usage:read', 'usage:everything'),
  ]
  for (const text of broken) {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, 'tokens.json'), text)
    const alone = await opened(t, folder)
    t.equal(alone.tokens.authenticate(secret, null), null, text.slice(0, 40))
    t.same(alone.tokens.members(), [])
    t.match(alone.incidents, [{ code: 'tokensUnreadable', next: /every token is void/ }])
    const kept = readdirSync(folder).filter((name) => name.includes('broken'))
    t.same(
      kept.map((name) => readFileSync(join(folder, name), 'utf8')),
      [text],
      'it is kept for a look',
    )

    const second = temporaryFolder(t)
    writeFileSync(join(second, 'tokens.json'), text)
    writeFileSync(join(second, 'tokens.previous.json'), whole)
    const both = await opened(t, second)
    t.ok(both.tokens.authenticate(secret, null), 'the second copy is used')
    t.match(both.incidents, [{ next: /nothing is lost/ }])
  }
})

t.test('no copy of the file has a token that was revoked, and none has a secret', async (t) => {
  const folder = temporaryFolder(t)
  const first = await opened(t, folder)
  const [gone, stays] = [await first.tokens.create(order('ann')), await first.tokens.create(order('ann'))]
  await first.tokens.revoke(gone.id, { by: 'owner', force: false })
  const files = readdirSync(folder)
  t.same(files.sort(), ['tokens.json', 'tokens.previous.json'])
  for (const name of files) {
    const text = readFileSync(join(folder, name), 'utf8')
    t.equal(statSync(join(folder, name)).mode & 0o777, 0o600)
    t.ok(text.includes(hashOf(stays.secret)))
    for (const secret of [gone.secret, stays.secret]) t.notOk(text.includes(secret.slice(7)))
    t.notOk(text.includes(hashOf(gone.secret)), `${name} does not know it any more`)
    const other = temporaryFolder(t)
    writeFileSync(join(other, name), text)
    const { tokens } = await opened(t, other)
    t.equal(tokens.authenticate(gone.secret, null), null)
    t.ok(tokens.authenticate(stays.secret, null))
  }
})

t.test('what was over before the start is taken out at the start', async (t) => {
  const folder = temporaryFolder(t)
  const late = storedToken(1, { expiresAt: new Date(NOW).toISOString() })
  const unused = storedToken(2, { origin: 'enrolled', createdAt: new Date(NOW - 600_000).toISOString() })
  const data = { members: [storedMember(0)], tokens: [late, unused, storedToken(3)] }
  writeFileSync(join(folder, 'tokens.json'), JSON.stringify({ schema: 1, data }))
  const { tokens, ended } = await opened(t, folder)
  t.same([...new Set(ended)], [late.id, unused.id])
  t.match(tokens.list(), [{ id: storedToken(3).id }])
  const text = readFileSync(join(folder, 'tokens.json'), 'utf8')
  t.notOk(text.includes(late.hash) || text.includes(unused.hash))
})

t.test('a file that cannot be read opens nothing, is not written over, and is named', async (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'tokens.json'))
  const { tokens, incidents } = await opened(t, folder)
  t.match(incidents, [{ code: 'tokensUnreadable', says: /EISDIR/, next: /restart tallyd/ }])
  t.same([tokens.members(), tokens.list()], [[], []])
  t.equal(tokens.authenticate(mintToken(), null), null)
  t.equal(await refusal(tokens.create(order('ann'))), 'stateUnwritable')
  t.same(readdirSync(folder), ['tokens.json'])
})
