// What two changes at once can do to each other, and what a disk that refuses changes: nothing.
import t from 'tap'
import { TallyError } from '../../../src/contract/errors.ts'
import { MEMBERS_CAP, TOKENS_CAP } from '../../../src/daemon/tokens/token-data.ts'
import { full, kept, order, outcomes, refusal, storedMember, storedToken } from './kept.ts'

t.test('of two who add the same member at once one hears that it exists', async (t) => {
  for (const act of ['new', 'add', 'rename'] as const) {
    const { tokens, document } = kept(t)
    await tokens.addMember('old', 'owner')
    const other = {
      new: () => tokens.create(order('kitchen', ['usage:read'], { exists: 'new' })),
      add: () => tokens.addMember('kitchen', 'owner'),
      rename: () => tokens.renameMember('old', 'kitchen', 'owner'),
    }[act]
    const settled = await Promise.allSettled([
      tokens.create(order('kitchen', ['usage:read'], { exists: 'new' })),
      other(),
    ])
    t.same(outcomes(settled), ['ok', 'memberExists'], act)
    t.equal(document.value.members.filter(({ name }) => name === 'kitchen').length, 1)
    t.equal(document.value.tokens.length, 1, 'and made no token')
  }
  const { tokens } = kept(t)
  const both = [tokens.create(order('kitchen')), tokens.create(order('kitchen'))]
  t.same(outcomes(await Promise.allSettled(both)), ['ok', 'ok'], 'where either will do both have one')
  t.match(tokens.members(), [{ name: 'kitchen', tokens: 2 }])
})

t.test('a member that is removed meanwhile leaves no token', async (t) => {
  const { tokens, document } = kept(t)
  await tokens.addMember('kitchen', 'owner')
  const settled = await Promise.allSettled([
    tokens.create(order('kitchen', ['usage:read'], { exists: 'must' })),
    tokens.removeMember('kitchen', { by: 'owner', force: false }),
    tokens.create(order('kitchen', ['usage:read'], { exists: 'must' })),
    tokens.rotate('kitchen', { scopes: ['usage:read'], label: undefined, expiresIn: undefined, by: 'owner' }),
    tokens.renameMember('kitchen', 'hall', 'owner'),
  ])
  t.same(outcomes(settled), ['ok', 'ok', 'noSuchMember', 'noSuchMember', 'noSuchMember'])
  t.same(document.value, { members: [], tokens: [] })
})

t.test('the last one who may manage the others goes only by force', async (t) => {
  const cases: ((at: ReturnType<typeof kept>, ids: string[]) => Promise<unknown>[])[] = [
    ({ tokens }, [a, b]) => [a, b].map((id) => tokens.revoke(id!, { by: 'owner', force: false })),
    ({ tokens }, [, b]) => [
      tokens.removeMember('ann', { by: 'owner', force: false }),
      tokens.revoke(b!, { by: 'owner', force: false }),
    ],
    ({ tokens }, [a]) => [
      tokens.revoke(a!, { by: 'owner', force: false }),
      tokens.rotate('ben', { scopes: ['usage:read'], label: undefined, expiresIn: undefined, by: 'owner' }),
    ],
    ({ tokens }) => ['ann', 'ben'].map((name) => tokens.removeMember(name, { by: 'owner', force: false })),
  ]
  for (const [index, both] of cases.entries()) {
    const at = kept(t)
    const { tokens } = at
    const made = [await tokens.create(order('ann', ['admin'])), await tokens.create(order('ben', ['admin']))]
    await tokens.create(order('cem', ['usage:read']))
    const settled = await Promise.allSettled(
      both(
        at,
        made.map(({ id }) => id),
      ),
    )
    t.same(outcomes(settled), ['ok', 'lastAdmin'], `two at once, ${index}`)
    const left = tokens.list().filter(({ scopes }) => scopes.includes('admin'))
    t.equal(left.length, 1)
    await tokens.revoke(tokens.list('cem')[0]!.id, { by: 'owner', force: false })
    await tokens.revoke(left[0]!.id, { by: 'owner', force: true })
    t.same(tokens.list(), [], 'by force')
  }
})

t.test('there are at most so many members and tokens, also of two who come at once', async (t) => {
  const members = Array.from({ length: MEMBERS_CAP - 1 }, (_, index) => storedMember(index))
  const stored = Array.from({ length: TOKENS_CAP - 1 }, (_, index) => storedToken(index))
  const { tokens, document } = kept(t, { members, tokens: stored })
  const made = [tokens.create(order('m0')), tokens.create(order('m1')), tokens.create(order('m2'))]
  t.same(outcomes(await Promise.allSettled(made)), ['ok', 'tooMany', 'tooMany'])
  t.equal(document.value.tokens.length, TOKENS_CAP)
  const added = [tokens.addMember('x', 'owner'), tokens.addMember('y', 'owner')]
  t.same(outcomes(await Promise.allSettled(added)), ['ok', 'tooMany'])
  t.equal(document.value.members.length, MEMBERS_CAP)
  await tokens.rotate('m0', { scopes: ['usage:read'], label: undefined, expiresIn: undefined, by: 'owner' })
  t.equal(document.value.tokens.length, 1 + 0, 'm0 had all of them')
})

t.test('what the disk did not take is not so', async (t) => {
  const { tokens, document, ended, records } = kept(t)
  const made = await tokens.create(order('ann', ['admin']))
  t.ok(tokens.authenticate(made.secret, null))
  const before = [structuredClone(tokens.members()), tokens.list().length, records.length]
  document.refusal = full()
  const by = { by: 'owner', force: true }
  const refused = await Promise.allSettled([
    tokens.create(order('ben')),
    tokens.addMember('cem', 'owner'),
    tokens.renameMember('ann', 'eva', 'owner'),
    tokens.removeMember('ann', by),
    tokens.revoke(made.id, by),
    tokens.rotate('ann', { scopes: undefined, label: undefined, expiresIn: undefined, by: 'owner' }),
    tokens.giveBack(made.secret, null),
  ])
  t.same(new Set(outcomes(refused)), new Set(['stateUnwritable']))
  t.match(refused[0], { reason: { message: /not changed \(ENOSPC\)/ } })
  t.same([tokens.members(), tokens.list().length, records.length], before)
  t.same(ended, [], 'nobody is cut off')
  t.ok(tokens.authenticate(made.secret, null))
  document.refusal = null
  await tokens.revoke(made.id, by)
  t.equal(tokens.authenticate(made.secret, null), null)
  t.same(ended, [made.id])
})

t.test('a rotation that may not grant what it would is refused, and nothing ends', async (t) => {
  const { tokens, ended } = kept(t)
  await tokens.create(order('ann', ['usage:read']))
  const wider = tokens.create(order('ann', ['admin']))
  const seen: string[][] = []
  const rotated = tokens.rotate('ann', {
    scopes: undefined,
    label: undefined,
    expiresIn: undefined,
    by: 'token 00000000',
    allows: (scopes) => {
      seen.push([...scopes])
      if (scopes.includes('admin')) throw new TallyError('scopeTooWide')
    },
  })
  await wider
  t.equal(await refusal(rotated), 'scopeTooWide')
  t.same(seen, [['usage:read', 'admin']], 'it is asked of what there is when it happens')
  t.same(ended, [])
})
