// `tallyctl members` and `tallyctl tokens`: what is shown of them, what is asked of the daemon, and that a secret is printed once.
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { memberLines } from '../../src/ctl/commands/members.ts'
import { tokenLines } from '../../src/ctl/commands/tokens.ts'
import { Screen } from '../../src/ctl/terminal/screen.ts'
import { daemon } from '../harness/daemon.ts'
import { BUNDLE, tallyctl } from './client.ts'
import { fakeDaemon } from './fake-daemon.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')
const DEVICE = '4f19c2aa'.repeat(8)
const screen = new Screen({}, '/nowhere')
const token = {
  id: '0a1b2c3d',
  member: 'kitchen display',
  label: 'on the fridge',
  scopes: ['usage:read', 'dashboard:read'],
  identity: 'redacted',
  origin: 'created' as const,
  device: null,
  createdAt: '2026-11-19T12:00:00Z',
  createdBy: 'owner',
  lastUsedAt: null,
  expiresAt: null,
}
const login = {
  ...token,
  id: '11111111',
  member: 'ann\u001b[31m\nben',
  label: 'laptop\u202e',
  origin: 'login' as const,
  device: DEVICE,
  lastUsedAt: '2026-11-20T10:00:00Z',
  expiresAt: '2026-12-20T12:00:00Z',
}
const minted = { ...token, secret: 'tallyd_EXAMPLE' }
const member = { name: 'kitchen display', createdAt: '2026-11-01T12:00:00Z', tokens: 2, devices: [] }

t.test('a line a token and a line a member, whatever is in their names', async (t) => {
  t.same(tokenLines({ tokens: [token, login] }, screen, NOW), [
    'id         member            label           scopes                      origin           last used   expires',
    '0a1b2c3d   kitchen display   on the fridge   usage:read dashboard:read   created          never       never',
    '11111111   annben            laptop          usage:read dashboard:read   login 4f19c2aa   2 h ago     in 30 days',
  ])
  t.same(memberLines({ members: [member] }, screen, NOW), [
    'member            tokens   since',
    'kitchen display        2   2026-11-01',
  ])
  const claimed = { ...member, name: 'ann\u001b[2J', tokens: 1, devices: [DEVICE, 'b'.repeat(64)] }
  t.same(memberLines({ members: [member, claimed] }, screen, NOW), [
    'member            tokens   since        devices',
    'kitchen display        2   2026-11-01',
    'ann                    1   2026-11-01   4f19c2aa bbbbbbbb',
  ])
})

t.test('where there is none, it says what to do', async (t) => {
  const { home } = await fakeDaemon(t, {
    'tokens.list': () => ({ tokens: [] }),
    'members.list': () => ({ members: [] }),
  })
  const tokens = await tallyctl(home, ['tokens'])
  t.same([tokens.exit, tokens.out], [EXIT.ok, 'no tokens yet\n'])
  t.equal(
    tokens.err,
    'to make one: npx tallyctl tokens create --help\nhow many tokens the agents used: npx tallyctl usage\n',
  )
  const members = await tallyctl(home, ['members'])
  t.equal(members.out, 'no members yet\n')
  t.match(members.err, /tallyctl tokens create --help/)
  t.same(JSON.parse((await tallyctl(home, ['tokens', '--json'])).out), { tokens: [] })
})

t.test('a secret is the only thing on stdout; one sentence says that it is shown once', async (t) => {
  const { home, calls } = await fakeDaemon(t, {
    'tokens.create': () => ({ token: minted }),
    'tokens.rotate': () => ({
      token: { ...minted, expiresAt: '2999-01-01T00:00:00Z' },
      revoked: [token, login],
    }),
  })
  const words = ['tokens', 'create', '--member', 'kitchen display', '--scope', 'usage:read']
  const made = await tallyctl(home, [
    ...words,
    ...['--scope', 'dashboard:read', '--scope', 'usage:read', '--label', 'fridge', '--expires', '30d'],
  ])
  t.same([made.exit, made.out], [EXIT.ok, 'tallyd_EXAMPLE\n'])
  t.equal(
    made.err,
    '0a1b2c3d of kitchen display may usage:read dashboard:read; its secret is shown this once, tallyd keeps a hash\n',
  )
  t.same(calls.at(-1)?.params, {
    member: 'kitchen display',
    scopes: ['usage:read', 'dashboard:read'],
    label: 'fridge',
    expiresIn: 2_592_000,
  })
  const json = await tallyctl(home, [...words, '--json'])
  t.same([JSON.parse(json.out), json.err], [{ token: minted }, ''])
  t.same(calls.at(-1)?.params, { member: 'kitchen display', scopes: ['usage:read'] })

  const rotated = await tallyctl(home, ['tokens', 'rotate', 'ann', '--scope', 'metrics:read', '--force'])
  t.equal(rotated.out, 'tallyd_EXAMPLE\n')
  t.match(rotated.err, /may .*, for \d+ days; its secret .*\nrevoked for it: 2 tokens\n$/)
  t.same(calls.at(-1)?.params, { member: 'ann', scopes: ['metrics:read'], force: true })
  await tallyctl(home, ['tokens', 'rotate', 'ann'])
  t.same(calls.at(-1)?.params, { member: 'ann' })
})

t.test('what is wrong is said before anything is asked', async (t) => {
  const { home, calls } = await fakeDaemon(t, {})
  for (const [words, said] of [
    [['tokens', 'create', '--scope', 'admin'], /--member is missing; run: .*tokens create --help/],
    [['tokens', 'create', '--member', 'x'], /--scope is missing/],
    [
      ['tokens', 'create', '--member', 'x', '--scope', 'all'],
      /--scope is all, but must be one of usage:read/,
    ],
    [['tokens', 'create', '--member', 'x', '--scope', 'admin', '--expires', 'soon'], /--expires is soon/],
    [['tokens', 'create', '--member', '', '--scope', 'admin'], /--member is empty/],
    [['tokens', 'revoke', 'kitchen'], /kitchen is no id of a token; .*tallyctl tokens lists them/],
    [['tokens', 'revoke', 'tallyd_EXAMPLE'], /is no id of a token/],
    [['tokens', 'revoke'], /ID is missing/],
    [['tokens', 'rotate'], /MEMBER is missing/],
    [['members', 'rename', 'x'], /NEW is missing/],
    [['members', 'add', 'kitchen', 'display'], /display is one word too many/],
    [['revoke', '0a1b2c3d'], /there is no command revoke; run: .*tallyctl tokens revoke 0a1b2c3d/],
  ] as const) {
    const { exit, out, err } = await tallyctl(home, words)
    t.same([exit, out], [EXIT.usage, ''], words.join(' '))
    t.match(err, said)
  }
  t.same(calls, [])
})

t.test('members and tokens of a real daemon, from the first to the last', async (t) => {
  const { home } = await daemon(t)
  const run = (...words: string[]) => tallyctl(home, words, { program: BUNDLE })
  t.equal(
    (await run('members', 'add', 'kitchen  display')).out,
    'kitchen display is a member, without a token yet\n',
  )
  const again = await run('members', 'add', 'kitchen display')
  t.same([again.exit, again.out], [EXIT.usage, ''])
  t.match(again.err, /there is a member of that name already: "kitchen display"/)
  const { out } = await run('tokens', 'create', '--member', 'kitchen display', '--scope', 'admin', '--json')
  const { id, secret } = JSON.parse(out).token
  t.match(secret, /^tallyd_[A-Za-z0-9_-]{43}$/)
  t.equal((await run('members', 'rename', 'kitchen display', 'hall')).out, 'kitchen display is now hall\n')
  t.match((await run('tokens')).out, new RegExp(`\\n${id} {3}hall {5}kitchen display {3}admin {4}created`))
  t.notMatch((await run('tokens', '--json')).out, /secret|hash/)
  for (const words of [
    ['tokens', 'revoke', id],
    ['members', 'remove', 'hall'],
    ['tokens', 'rotate', 'hall', '--scope', 'usage:read'],
  ]) {
    const kept = await run(...words)
    t.same([kept.exit, kept.out], [EXIT.refused, ''], words.join(' '))
    t.match(kept.err, /that is the last token that may manage the others; if that is meant, say --force/)
  }
  t.equal(
    (await run('tokens', 'revoke', id, '--force')).out,
    `${id} of hall is revoked: it opens nothing any more\n`,
  )
  const gone = await run('tokens', 'revoke', id)
  t.equal(gone.exit, EXIT.usage)
  t.match(gone.err, /there is no such token: "[0-9a-f]{8}"; .*tallyctl tokens lists them/)
  await run('tokens', 'create', '--member', 'hall', '--scope', 'usage:read')
  t.equal((await run('members', 'remove', 'hall')).out, 'hall is removed; revoked with it: 1 token\n')
  t.match((await run('members', 'remove', 'hall')).err, /there is no such member: "hall"/)
  t.equal((await run('tokens')).out, 'no tokens yet\n')
})
