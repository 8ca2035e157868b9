// Two real daemons send each other a database with its secrets.
import t from 'tap'
import { until } from '../../../harness/daemon.ts'
import { failureOf, pairByCode } from '../../../harness/devices.ts'
import {
  ALL,
  CANARY,
  contentsOf,
  EVERYTHING,
  fetchedByCode,
  MINIO,
  NOTHING,
  PHOTOS,
  senderAndReceiver,
  transferOf,
  untilState,
} from './two-devices.ts'

t.setTimeout(240_000)

t.test('by code: nothing is stored before it is committed, and then all of it is', async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  const { offered, code, port, addresses } = await sender.call('transfers.send', ALL)
  t.match(code, /^\d{6}$/)
  t.equal(port, sender.port)
  t.same(addresses, [sender.address])
  t.match(offered, { role: 'sender', state: 'offered', by: 'code', items: 4, attemptsLeft: 3, peer: null })
  const { received } = await receiver.call('transfers.receive', { address: sender.address, code: code! })
  t.equal(received?.id, offered.id)
  t.match(received?.from, { id: await sender.id(), name: 'device-0', paired: false })
  t.same(
    received?.items.map(({ kind, name, type, collision }) => ({ kind, name, type, collision })),
    [
      { kind: 'secret', name: 'minio', type: 's3-credentials', collision: null },
      { kind: 'secret', name: 'photo-key', type: 'encryption-key', collision: null },
      { kind: 'secret', name: 'places', type: 'api-key', collision: null },
      { kind: 'config', name: 'photos', type: 'database', collision: null },
    ],
  )
  t.notOk(JSON.stringify(received).includes(CANARY), 'the preview has no secret')
  t.notOk(JSON.stringify(received).includes('PRIVATE KEY'))
  t.same(await contentsOf(receiver), NOTHING, 'nothing is stored')
  t.equal((await transferOf(sender, offered.id))?.state, 'accepted')
  const { committed } = await receiver.call('transfers.commit', { id: offered.id })
  t.match(committed, { told: true, unlinked: [] })
  t.same(committed.outcome, {
    saved: ['minio', 'photo-key', 'places', 'photos'],
    reused: [],
    renamed: [],
    replaced: [],
    declined: [],
  })
  t.same(await contentsOf(receiver), EVERYTHING)
  const { told: _, ...same } = (await receiver.call('transfers.commit', { id: offered.id })).committed
  t.same(same, { outcome: committed.outcome, unlinked: [] }, 'committed again, it repeats the answer')
  const there = await untilState(sender, offered.id, 'committed')
  t.same(there.outcome, committed.outcome)
  t.same(await contentsOf(sender), EVERYTHING, 'the sender keeps what it had')
  const devices = (await receiver.call('devices.list')).devices
  t.equal(devices.length, 1, 'nobody is paired by it')
  const again = await receiver.call('transfers.receive', { address: sender.address, code: code! })
  t.same(again, { received: null, repeated: committed.outcome }, 'asked again, it repeats the answer')
  const { code: later, offered: taken } = await sender.call('transfers.send', ALL)
  await sender.call('transfers.cancel', { id: taken.id })
  const late = receiver.call('transfers.receive', { address: sender.address, code: later! })
  t.equal(await failureOf(late), 'notInvited', 'with another code that is no answer')
})

t.test('to a paired device: its owner is asked, and no code is needed', async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  await pairByCode(receiver, sender)
  const { offered, code } = await sender.call('transfers.send', { ...ALL, to: receiver.name })
  t.equal(code, null)
  await until(async () => (await receiver.call('requests.list')).requests.length === 1, 'its owner is asked')
  const [request] = (await receiver.call('requests.list')).requests
  t.match(request, { kind: 'transfer', transfer: offered.id, items: 4, from: { name: sender.name } })
  t.equal(await failureOf(receiver.call('requests.approve', {})), 'needsReview')
  const { received } = await receiver.call('transfers.accept', {})
  t.match(received.from, { name: sender.name, paired: true })
  t.same((await receiver.call('requests.list')).requests, [], 'it waits no more')
  await receiver.call('transfers.commit', { id: received.id })
  t.same(await contentsOf(receiver), EVERYTHING)
  await untilState(sender, offered.id, 'committed')

  await t.test('denied, nothing is saved, and the sender hears it', async (t) => {
    const { offered: second } = await sender.call('transfers.send', { ...ALL, to: receiver.name })
    await until(
      async () => (await receiver.call('requests.list')).requests.length === 1,
      'its owner is asked',
    )
    await receiver.call('requests.deny', {})
    t.match(await untilState(sender, second.id, 'declined'), { why: 'declined' })
  })
  await t.test('two at once and no more: the third is refused where it is sent', async (t) => {
    const sent = [0, 1].map(() => sender.call('transfers.send', { ...ALL, to: receiver.name }))
    const ids = (await Promise.all(sent)).map(({ offered: { id } }) => id)
    await t.rejects(sender.call('transfers.send', { ...ALL, to: receiver.name }), {
      message: /2 transfers to device-1 are open/,
    })
    const waiting = async () => (await receiver.call('requests.list')).requests.length
    await until(async () => (await waiting()) === 2, 'both are asked about')
    for (const id of ids) await sender.call('transfers.cancel', { id })
    await until(async () => (await waiting()) === 0, 'nobody is asked')
  })
  await t.test('taken back, it waits no more', async (t) => {
    const { offered: third } = await sender.call('transfers.send', { ...ALL, to: receiver.name })
    await until(
      async () => (await receiver.call('requests.list')).requests.length === 1,
      'its owner is asked',
    )
    t.same(await sender.call('transfers.cancel', { id: third.id }), { cancelled: { existed: true } })
    await until(async () => (await receiver.call('requests.list')).requests.length === 0, 'nobody is asked')
    t.equal(await failureOf(receiver.call('transfers.accept', {})), 'noSuchTransfer')
  })
})

t.test('each conflict is decided', async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  const mine = { type: 's3-credentials', fields: { ...MINIO.fields, secretAccessKey: 'mine' } } as const
  await receiver.call('secrets.add', { name: 'minio', secret: mine })
  const other = {
    type: 'database',
    name: 'films',
    description: '',
    path: '/films',
    links: { s3: 'minio' },
  } as const
  await receiver.call('configs.add', { config: other })
  const { id, preview } = await fetchedByCode(sender, receiver)
  t.match(preview.items[0], { name: 'minio', collision: { same: false, usedBy: ['films'] } })
  t.equal(await failureOf(receiver.call('transfers.commit', { id })), 'undecided')
  t.equal(
    await failureOf(
      receiver.call('transfers.commit', {
        id,
        decisions: [{ kind: 'secret', name: 'minio', choice: 'rename', as: 'minio' }],
      }),
    ),
    'secretExists',
    'a new name is checked again',
  )
  const { committed } = await receiver.call('transfers.commit', {
    id,
    decisions: [
      { kind: 'secret', name: 'minio', choice: 'rename', as: 'minio-2' },
      { kind: 'secret', name: 'places', choice: 'skip' },
    ],
    edits: [{ config: 'photos', path: '/mnt/photos' }],
  })
  t.same(committed.unlinked, [{ config: 'photos', role: 'geocodingKey', secret: 'places' }])
  t.match(committed.outcome, {
    saved: ['photo-key', 'photos'],
    renamed: [{ name: 'minio', as: 'minio-2' }],
    declined: ['places'],
  })
  const there = await contentsOf(receiver)
  t.same(there.configs, [
    other,
    { ...PHOTOS, path: '/mnt/photos', links: { s3: 'minio-2', encryptionKey: 'photo-key' } },
  ])
  t.same(there.secrets['minio'], mine)
  t.same(there.secrets['minio-2'], MINIO)

  const again = await fetchedByCode(sender, receiver)
  t.match(
    again.preview.items.map(({ name, collision }) => [name, collision?.same ?? null]),
    [
      ['minio', false],
      ['photo-key', true],
      ['places', null],
      ['photos', false],
    ],
  )
  const second = await receiver.call('transfers.commit', {
    id: again.id,
    decisions: [
      { kind: 'secret', name: 'minio', choice: 'replace' },
      { kind: 'config', name: 'photos', choice: 'replace' },
    ],
  })
  t.match(second.committed.outcome, {
    replaced: ['minio', 'photos'],
    reused: ['photo-key'],
    saved: ['places'],
  })
  t.same((await contentsOf(receiver)).configs, [other, PHOTOS])

  const third = await fetchedByCode(sender, receiver, { secrets: ['minio'], configs: [] })
  t.match(third.preview.items[0]?.collision, { same: true, usedBy: ['films', 'photos'] })
})

t.test('declined, taken back or too late at every state: nothing is stored, and both say so', async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  await t.test('the receiver says no', async (t) => {
    const { id } = await fetchedByCode(sender, receiver)
    t.same(await receiver.call('transfers.cancel', { id }), { cancelled: { existed: true } })
    t.match(await untilState(sender, id, 'declined'), { why: 'cancelledByReceiver' })
    t.match(await transferOf(receiver, id), { state: 'declined', why: 'cancelledByReceiver' })
    t.equal(await failureOf(receiver.call('transfers.commit', { id })), 'transferFailed')
  })
  await t.test('the sender takes it back while it is looked at', async (t) => {
    const { id } = await fetchedByCode(sender, receiver)
    await sender.call('transfers.cancel', { id })
    t.match(await untilState(receiver, id, 'declined'), { why: 'cancelledBySender' })
    t.equal(await failureOf(receiver.call('transfers.commit', { id })), 'transferFailed')
  })
  await t.test('the sender takes it back before anybody came', async (t) => {
    const { offered, code } = await sender.call('transfers.send', ALL)
    await sender.call('transfers.cancel', { id: offered.id })
    t.match(await transferOf(sender, offered.id), { state: 'declined', why: 'cancelledBySender' })
    const late = receiver.call('transfers.receive', { address: sender.address, code: code! })
    t.equal(await failureOf(late), 'notInvited')
  })
  await t.test('nobody comes in time', async (t) => {
    const { offered } = await sender.call('transfers.send', { ...ALL, seconds: 5 })
    t.match(await untilState(sender, offered.id, 'expired'), { why: 'expired' })
  })
  await t.test('a new code replaces the one before', async (t) => {
    const { offered } = await sender.call('transfers.send', ALL)
    await sender.call('transfers.send', ALL)
    t.match(await transferOf(sender, offered.id), { state: 'declined', why: 'replaced' })
  })
  t.same(await contentsOf(receiver), NOTHING)
})

t.test('three wrong codes end it, and each is told', async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  const { offered, code } = await sender.call('transfers.send', ALL)
  const wrong = code === '000000' ? '000001' : '000000'
  for (const left of [2, 1, 0]) {
    const tried = receiver.call('transfers.receive', { address: sender.address, code: wrong })
    t.equal(await failureOf(tried), 'wrongCode')
    t.match(await transferOf(sender, offered.id), {
      attemptsLeft: left,
      failed: 3 - left,
      wrongFrom: ['127.0.0.1'],
    })
  }
  t.match(await transferOf(sender, offered.id), { state: 'failed', why: 'burnt' })
  const right = receiver.call('transfers.receive', { address: sender.address, code: code! })
  t.equal(await failureOf(right), 'notInvited', 'the right one comes too late')
})
