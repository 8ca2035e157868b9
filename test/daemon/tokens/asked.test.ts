// members.* and tokens.* over the control socket, and as others than the owner may ask them.
import t from 'tap'
import { covers, mayGrant, SCOPE_NAMES, type Scope } from '../../../src/contract/scope-words.ts'
import { createDispatcher } from '../../../src/daemon/listeners/dispatcher.ts'
import { type AskerIdentity, OWNER } from '../../../src/daemon/methods/handlers.ts'
import type { Parts } from '../../../src/daemon/methods/parts.ts'
import { tokensHandlers } from '../../../src/daemon/methods/tokens.ts'
import { createLog } from '../../../src/daemon/store/log.ts'
import { daemon } from '../../harness/daemon.ts'
import { kept, order } from './kept.ts'

t.test('the owner makes, sees, rotates and ends tokens over the control socket', async (t) => {
  const { call, stop } = await daemon(t)
  t.same(await call('members.list'), { members: [] })
  t.same(await call('tokens.list'), { tokens: [] })
  t.match(await call('members.add', { name: 'kitchen display' }), {
    added: { name: 'kitchen display', tokens: 0 },
  })
  const wanted = { member: 'kitchen display', scopes: ['dashboard:read'], label: 'fridge', expiresIn: 3_600 }
  const { token } = await call('tokens.create', wanted)
  t.match(token, { member: 'kitchen display', label: 'fridge', createdBy: 'owner', secret: /^tallyd_/ })
  const { secret, ...row } = token
  t.same(await call('tokens.list'), { tokens: [row] }, 'a list has everything but the secret')
  t.match(await call('members.rename', { member: 'kitchen display', name: 'hall' }), {
    renamed: { tokens: 1 },
  })
  const rotated = await call('tokens.rotate', { member: 'hall' })
  t.match(rotated, {
    token: { label: 'fridge', expiresAt: null },
    revoked: [{ id: token.id, member: 'hall' }],
  })
  t.not(rotated.token.secret, secret)
  t.match(await call('tokens.revoke', { id: rotated.token.id }), { revoked: { id: rotated.token.id } })
  t.match(await call('members.remove', { member: 'hall' }), { removed: { name: 'hall', tokens: 0 } })
  const refused: [Promise<unknown>, RegExp][] = [
    [call('tokens.revoke', { id: token.id }), /no such token/],
    [call('tokens.rotate', { member: 'hall' }), /no such member/],
    [call('members.remove', { member: 'hall' }), /no such member/],
    [call('members.add', { name: '' }), /name/],
    [call('members.add', { name: 'x'.repeat(65) }), /name/],
    [call('members.add', { name: '\u200b' }), /is no name/],
    [call('tokens.create', { member: 'a', scopes: [] }), /scopes/],
    [call('tokens.create', { member: 'a', scopes: ['usage:read', 'usage:read'] }), /scopes/],
    [call('tokens.create', { member: 'a', scopes: ['usage:write'] }), /scopes/],
    [call('tokens.create', { member: 'a', scopes: ['admin'], expiresIn: 59 }), /expiresIn/],
    [call('tokens.create', { member: 'a', scopes: ['admin'], expiresIn: 60.5 }), /expiresIn/],
    [call('tokens.create', { member: 'a', scopes: ['admin'], secret: 'tallyd_EXAMPLE' } as never), /secret/],
    [call('tokens.revoke', { id: 'tallyd_EXAMPLE' }), /id/],
  ]
  for (const [ask, message] of refused) await t.rejects(ask, { message }, String(message))
  await call('tokens.create', { member: 'boss', scopes: ['admin'] })
  await t.rejects(call('members.remove', { member: 'boss' }), { message: /last token/ })
  t.match(await call('members.remove', { member: 'boss', force: true }), { removed: { tokens: 1 } })
  const { entries } = await call('audit.list')
  t.same(
    entries.map(({ what }) => what).filter((what) => /^(member|token)/.test(what)),
    [
      'memberAdded',
      'tokenCreated',
      'memberRenamed',
      'tokenRevoked',
      'tokenCreated',
      'tokenRevoked',
      'memberRemoved',
      'memberAdded',
      'tokenCreated',
      'memberRemoved',
    ],
  )
  t.equal((await stop()).code, 0)
})

t.test('who holds a token may do what its scopes say, and see and end only its own member’s', async (t) => {
  const { tokens } = kept(t)
  const handlers = tokensHandlers({ tokens: async () => tokens } as Parts)
  const dispatcher = createDispatcher({ handlers: handlers as never, log: createLog('fatal') })
  const ask = async (asker: AskerIdentity, method: string, params: object = {}) => {
    const text = await dispatcher.answer(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), { asker })
    const { result, error } = JSON.parse(text!)
    return error === undefined ? result : error.message
  }
  const heldBy = async (
    member: string,
    scopes: readonly Scope[],
  ): Promise<AskerIdentity & { id: string }> => {
    const { id } = await tokens.create(order(member, scopes))
    return { kind: 'token', id, member, address: '127.0.0.1', scopes, identity: 'redacted' }
  }
  const boss = await heldBy('boss', ['admin'])
  const ann = await heldBy('ann', ['usage:read', 'requests:approve'])
  const beside = await heldBy('ann', ['usage:read'])
  const ben = await heldBy('ben', ['metrics:read'])
  const device: AskerIdentity = {
    kind: 'device',
    id: 'a'.repeat(64),
    name: 'd',
    address: '::1',
    scopes: ['admin'],
  }

  const isRefused = /may not|not allowed/i
  for (const method of ['members.list', 'members.add', 'members.remove', 'tokens.create', 'tokens.rotate']) {
    const params = { name: 'x', member: 'ben', scopes: ['usage:read'] }
    const wanted = Object.fromEntries(
      Object.entries(params).filter(([name]) =>
        ({
          'members.list': [],
          'members.add': ['name'],
          'members.remove': ['member'],
          'tokens.create': ['member', 'scopes'],
          'tokens.rotate': ['member'],
        })[method]!.includes(name as never),
      ),
    )
    for (const asker of [ann, ben, device]) t.match(await ask(asker, method, wanted), isRefused, method)
  }
  t.match(await ask(device, 'tokens.list'), isRefused, 'no device, whatever it was given')
  t.same(
    (await ask(ann, 'tokens.list')).tokens.map(({ id }: { id: string }) => id),
    [ann.id, beside.id],
  )
  t.equal((await ask(boss, 'tokens.list')).tokens.length, 4)
  t.match(await ask(ann, 'tokens.revoke', { id: ben.id }), /no such token/)
  t.match(await ask(ann, 'tokens.revoke', { id: beside.id }), { revoked: { id: beside.id } })

  for (const scope of SCOPE_NAMES) {
    const made = await ask(boss, 'tokens.create', { member: 'cem', scopes: [scope] })
    const isOwners = scope === 'admin' || scope === 'requests:approve'
    if (isOwners) t.match(made, /nobody grants more/, scope)
    else t.match(made, { token: { scopes: [scope], createdBy: `token ${boss.id}` } })
    t.equal(mayGrant(['admin'], scope), !isOwners)
    t.match(await ask(OWNER, 'tokens.create', { member: 'cem', scopes: [scope] }), {
      token: { createdBy: 'owner' },
    })
    t.ok(covers(['admin'], scope))
    t.equal(covers(['usage:read'], scope), scope === 'usage:read')
  }
  t.match(await ask(boss, 'tokens.rotate', { member: 'ann' }), /nobody grants more/, 'not by rotating either')
  t.match(await ask(boss, 'tokens.rotate', { member: 'ann', scopes: ['usage:read'] }), {
    revoked: [{ id: ann.id }],
  })
  t.same((await ask(ann, 'tokens.list')).tokens, [], 'whose token has ended sees nothing')
})

t.test(
  'nobody but the owner makes a token that is shown more of whose account it is than they are',
  async (t) => {
    const { tokens } = kept(t)
    const handlers = tokensHandlers({ tokens: async () => tokens } as Parts)
    const dispatcher = createDispatcher({ handlers: handlers as never, log: createLog('fatal') })
    const ask = async (asker: AskerIdentity, method: string, params: object) => {
      const text = await dispatcher.answer(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), {
        asker,
      })
      const { result, error } = JSON.parse(text!)
      return error === undefined ? result.token.identity : error.message
    }
    const { id } = await tokens.create(order('boss', ['admin']))
    const boss = {
      kind: 'token',
      id,
      member: 'boss',
      address: '::1',
      scopes: ['admin'],
      identity: 'redacted',
    } as const
    const wish = { member: 'kitchen', scopes: ['dashboard:read'] }
    t.equal(await ask(boss, 'tokens.create', wish), 'redacted')
    t.equal(await ask(boss, 'tokens.create', { ...wish, identity: 'none' }), 'none')
    t.match(
      await ask(boss, 'tokens.create', { ...wish, identity: 'full' }),
      /nobody grants more than they have/,
    )
    t.equal(await ask(OWNER, 'tokens.create', { ...wish, member: 'hall', identity: 'full' }), 'full')
    t.match(
      await ask(boss, 'tokens.rotate', { member: 'hall' }),
      /nobody grants more/,
      'nor by rotating one that has it',
    )
    t.equal(await ask(OWNER, 'tokens.rotate', { member: 'kitchen' }), 'none', 'the least of those that end')
    t.equal(await ask(OWNER, 'tokens.rotate', { member: 'kitchen', identity: 'full' }), 'full')
  },
)
