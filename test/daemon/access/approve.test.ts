// Who may say yes to what: nobody grants more than they have, nobody approves itself, and a claim is taken over by the owner alone.
import t from 'tap'
import type { Scope } from '../../../src/contract/scope-words.ts'
import { ASKED, approver, DEVICE, desk, KITCHEN, OWNER, whyNot } from './desk.ts'

const STUDIO = { address: '192.168.1.7', device: DEVICE }
const USAGE = { scopes: ['usage:read'] as Scope[] }

t.test('the owner grants what was asked for, or what is named: less or more', async (t) => {
  const { begin, say, held } = desk(t)
  const scopes: Scope[] = ['usage:read', 'dashboard:read', 'usage:read']
  t.same(say(begin({ scopes }).userCode).granted.scopes, ['usage:read', 'dashboard:read'])
  t.same(say(begin().userCode, { member: 'hall', scopes: ['admin'] }).granted.scopes, ['admin'])
  const { granted, approved } = say(begin().userCode, {
    member: '  attic \u202e light ',
    label: 'on\x1bthe\nroof',
    expiresIn: 3600,
  })
  t.same(granted, {
    member: 'attic light',
    scopes: ['dashboard:read'],
    label: 'on the roof',
    identity: 'redacted',
    expiresAt: new Date(held.wall + 3_600_000).toISOString(),
  })
  t.match(approved, { kind: 'enrolment', from: { name: 'kitchen display', address: KITCHEN.address } })
})

t.test('nobody else grants more than they have, more than was asked, or a right to grant', async (t) => {
  const { begin, say, recorded } = desk(t)
  const mighty = approver({ scopes: ['admin'] })
  const { userCode } = begin({ scopes: ['usage:read', 'dashboard:read'] })
  t.equal(
    whyNot(() => say(userCode, {}, approver())),
    'scopeTooWide',
    'it has no dashboard:read',
  )
  t.equal(
    whyNot(() => say(userCode, { scopes: ['metrics:read'] }, mighty)),
    'scopeTooWide',
    'not asked for',
  )
  t.ok(say(userCode, USAGE, approver()), 'fewer than asked')
  for (const scope of ['admin', 'requests:approve'] as const) {
    const asked = begin({ scopes: [scope] }).userCode
    t.equal(
      whyNot(() => say(asked, { member: 'hall' }, mighty)),
      'scopeTooWide',
      scope,
    )
    t.same(say(asked, { member: `m ${scope}` }).granted.scopes, [scope], 'the owner may')
  }
  const by = recorded.flatMap(({ what, detail }) => (what === 'enrolmentApproved' ? (detail ?? '') : []))
  t.same(by, ['usage:read, by device 4f19c2aa', 'admin, by owner', 'requests:approve, by owner'])
})

t.test('an identity mode is granted by who is shown as much, and the token has it', async (t) => {
  const { begin, say, poll, tokens, pass } = desk(t)
  const modeOf = (name: string) => tokens.list(name)[0]?.identity
  const fetched = async (member: string, more: object, by = OWNER) => {
    const begun = begin(USAGE)
    const { granted } = say(begun.userCode, { member, ...more }, by)
    pass(5_000)
    await poll(begun)
    t.equal(modeOf(member), granted.identity)
    return granted.identity
  }
  t.equal(await fetched('ann', { identity: 'full' }), 'full')
  t.equal(await fetched('ben', {}), 'redacted')
  t.equal(await fetched('cat', { identity: 'none' }, approver()), 'none')
  t.equal(await fetched('dan', {}, approver()), 'redacted')
  t.equal(await fetched('eve', {}, approver({ identity: 'none' })), 'none', 'never more than its own, unsaid')
  t.equal(
    whyNot(() => say(begin(USAGE).userCode, { member: 'fay', identity: 'full' }, approver())),
    'scopeTooWide',
  )
})

t.test('nobody else lets a client in among tokens that can do more than he may grant', async (t) => {
  const { begin, say, tokens } = desk(t)
  const order = {
    exists: 'either',
    label: undefined,
    expiresIn: undefined,
    origin: 'created',
    device: null,
  } as const
  await tokens.create({ ...order, member: 'ann', scopes: ['admin'], by: 'owner' })
  await tokens.create({ ...order, member: 'hall', scopes: ['usage:read'], by: 'owner' })
  const own = await tokens.create({
    ...order,
    member: 'phone',
    scopes: ['requests:approve', 'usage:read'],
    by: 'owner',
  })
  const phone = approver({ device: null, token: own.id, by: `token ${own.id}` })
  const code = () => begin(USAGE).userCode
  const must = (member: string) => ({ member, exists: 'must' }) as const
  t.equal(
    whyNot(() => say(code(), must('ann'), phone)),
    'scopeTooWide',
  )
  t.equal(
    whyNot(() => say(code(), must('nobody'), phone)),
    'noSuchMember',
  )
  t.ok(say(code(), must('hall'), phone))
  t.ok(say(code(), must('phone'), phone), 'its own')
})

t.test('members: one that must exist, one that must not, and one that is promised already', async (t) => {
  const { begin, say, poll, tokens } = desk(t)
  await tokens.addMember('hall', 'owner')
  const first = begin()
  t.equal(
    whyNot(() => say(first.userCode, { exists: 'must' })),
    'noSuchMember',
  )
  t.equal(
    whyNot(() => say(first.userCode, { member: 'hall' })),
    'memberExists',
  )
  t.equal(
    whyNot(() => say(first.userCode, { member: ' \u200b ' })),
    'invalidParams',
  )
  t.equal(
    whyNot(() => say(first.userCode, { label: ' ' })),
    'invalidParams',
  )
  t.equal(
    whyNot(() => say(first.userCode, { scopes: [] })),
    'invalidParams',
  )
  t.ok(say(first.userCode), 'what was refused is asked again')
  const second = begin()
  t.equal(
    whyNot(() => say(second.userCode)),
    'memberExists',
    'the first is about to add it',
  )
  await poll(first)
  t.ok(say(second.userCode, { exists: 'must' }))
})

t.test('who asks cannot say yes to itself', async (t) => {
  const { access, begin, say, tokens } = desk(t)
  const own = await tokens.create({
    member: 'studio',
    exists: 'new',
    scopes: ['requests:approve', 'usage:read'],
    label: undefined,
    expiresIn: undefined,
    origin: 'login',
    device: DEVICE,
    by: 'owner',
  })
  const away = '192.168.1.9'
  const must = { member: 'studio', exists: 'must' } as const
  const bound = begin(USAGE, STUDIO)
  const device = approver({ device: DEVICE, address: away })
  t.equal(
    whyNot(() => say(bound.userCode, must, device)),
    'selfApproval',
    'the device that asks',
  )
  const token = approver({ device: null, token: own.id, address: away })
  t.equal(
    whyNot(() => say(bound.userCode, must, token)),
    'selfApproval',
    'a token that is bound to it',
  )
  const anonymous = begin(USAGE)
  for (const address of [KITCHEN.address, `::ffff:${KITCHEN.address}`]) {
    const near = approver({ address })
    t.equal(
      whyNot(() => say(anonymous.userCode, {}, near)),
      'selfApproval',
      `from ${address}`,
    )
  }
  t.equal(
    whyNot(() =>
      say(
        begin(USAGE, { address: 'fe80::1%eth0', device: null }).userCode,
        {},
        approver({ address: 'fe80::1' }),
      ),
    ),
    'selfApproval',
  )
  t.ok(say(anonymous.userCode, {}, approver({ address: away })), 'from elsewhere')
  const local = begin({}, { address: '127.0.0.1', device: null })
  const launch = {
    by: 'launch',
    scopes: null,
    identity: 'full',
    device: null,
    token: null,
    address: '127.0.0.1',
  } as const
  t.ok(say(local.userCode, { member: 'hall' }, launch), 'the owner, on the machine that asks')
  t.ok(
    access.deny({ code: begin().userCode }, approver({ address: KITCHEN.address })),
    'saying no is everybody’s',
  )
})

t.test('a device that is claimed: by the same member, or ended with an answer of its own', async (t) => {
  const { begin, say, poll, pass, recorded, tokens, made } = desk(t)
  const first = begin(USAGE, STUDIO)
  t.match(say(first.userCode, { member: 'ann' }).approved, { from: { id: DEVICE }, claimedBy: null })
  t.match(await poll(first, STUDIO), { member: 'ann' })
  t.equal(tokens.claimedBy(DEVICE), 'ann')
  t.match(tokens.list(), [{ origin: 'login', device: DEVICE }])

  const again = begin(USAGE, STUDIO)
  t.match(say(again.userCode, { member: 'ann', exists: 'must' }).approved, { claimedBy: 'ann' })
  t.match(await poll(again, STUDIO), { member: 'ann' })
  t.equal(made(), 1, 'one login a device')

  const other = begin(USAGE, STUDIO)
  t.equal(
    whyNot(() => say(other.userCode, { member: 'bob' })),
    'claimedByOther',
  )
  t.same(await poll(other, STUDIO), { error: 'claimed_by_other' })
  pass(5_000)
  t.same(await poll(other, STUDIO), { error: 'claimed_by_other' })
  t.equal(tokens.claimedBy(DEVICE), 'ann')
  const claims = recorded.filter(({ what }) => /^(device|claim)/.test(what))
  t.match(claims, [
    { what: 'deviceClaimed', subject: { id: DEVICE, name: 'ann' } },
    { what: 'claimRefused', subject: { id: DEVICE, address: STUDIO.address }, detail: 'by owner' },
  ])
  t.equal(claims.length, 2)
})

t.test('a claim is taken over with takeover and the yes of the owner, of nobody else', async (t) => {
  const { begin, say, poll, pass, recorded, tokens, requests } = desk(t)
  const first = begin(USAGE, STUDIO)
  say(first.userCode, { member: 'ann' })
  await poll(first, STUDIO)

  const asking = begin({ ...USAGE, takeover: true }, STUDIO)
  t.match(requests.list(), [{ claimedBy: 'ann', takeover: true }])
  t.equal(
    whyNot(() => say(asking.userCode, { member: 'bob', takeover: true }, approver())),
    'claimedByOther',
  )
  t.same(await poll(asking, STUDIO), { error: 'authorization_pending' }, 'it waits for the owner')
  say(asking.userCode, { member: 'bob' })
  t.equal(tokens.claimedBy(DEVICE), 'ann', 'until it is fetched')
  pass(5_000)
  t.match(await poll(asking, STUDIO), { member: 'bob' })
  t.equal(tokens.claimedBy(DEVICE), 'bob')
  t.equal(recorded.filter(({ what }) => what === 'claimRefused').length, 1)
})

t.test('the owner may say takeover as well', async (t) => {
  const { begin, say, poll, recorded, tokens } = desk(t)
  const first = begin(USAGE, STUDIO)
  say(first.userCode, { member: 'ann' })
  await poll(first, STUDIO)
  const other = begin(USAGE, STUDIO)
  say(other.userCode, { member: 'bob', takeover: true })
  t.match(await poll(other, STUDIO), { member: 'bob' })
  t.equal(tokens.claimedBy(DEVICE), 'bob')
  t.equal(tokens.list().length, 1, 'the token of before ended with the claim')
  t.match(recorded.slice(-2), [
    { what: 'deviceReleased', subject: { id: DEVICE, name: 'ann' } },
    { what: 'deviceClaimed', subject: { id: DEVICE, name: 'bob' } },
  ])
})

t.test('a label is one line that is safe to show, and never empty', async (t) => {
  const { begin, requests } = desk(t)
  for (const [label, name] of [
    ['kitchen\x1b[2J\r\ndisplay', 'kitchen [2J display'],
    ['\u202egnp.exe', 'gnp.exe'],
    [' \u200b ', ASKED.clientId],
    ['x'.repeat(1_000), 'x'.repeat(64)],
  ] as const) {
    const { userCode } = begin({ label }, { address: `10.0.0.${label.length % 250}`, device: null })
    t.equal(requests.list().at(-1)?.from.name, name)
    t.notOk(JSON.stringify(requests.list()).includes(userCode), 'and never the code')
  }
})

t.test('a no by id says who said it', async (t) => {
  const { begin, requests, poll, recorded, say } = desk(t)
  const begun = begin()
  const [request] = requests.list()
  t.equal(
    whyNot(() => requests.approve(request!.id, null)),
    'needsUserCode',
  )
  t.match(requests.deny(request!.id, OWNER.by), { id: request!.id })
  t.match(recorded.at(-1), { what: 'enrolmentDenied', detail: 'by owner' })
  t.same(await poll(begun), { error: 'access_denied' })
  t.equal(
    whyNot(() => say(begun.userCode)),
    'noSuchCode',
  )
})

t.test('the code of one request says nothing to another that was looked at', async (t) => {
  const { access, begin, requests, poll, say } = desk(t)
  const [one, other] = [begin({ label: 'one' }), begin({ label: 'other' })]
  const id = requests.list().find(({ from }) => from.name === 'one')!.id
  t.equal(
    whyNot(() => say(other.userCode, { id })),
    'noSuchCode',
  )
  t.equal(
    whyNot(() => access.deny({ code: other.userCode, id }, OWNER)),
    'noSuchCode',
  )
  t.same(await poll(other), { error: 'authorization_pending' }, 'nothing became of it')
  say(one.userCode, { id })
  t.match(await poll(one), { member: 'kitchen' })
})
