// What the owner can do with a device that was paired: what it is answered then, what is shown of it, and that a restart
// changes nothing of that.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../../harness/daemon.ts'
import { type Device, devices, joinByCode, pairByCode } from '../../harness/devices.ts'
import { type Credentials, type Fate, fateOf, secured, strangersOptions } from '../../harness/stranger.ts'

function credentialsOf({ home }: Device): Credentials {
  return JSON.parse(readFileSync(join(home, 'identity.json'), 'utf8')) as Credentials
}

/** Calls `door` as `who` would: with its certificate, and no token. */
function calling(door: Device, who: Device): Promise<Fate> {
  const credentials = credentialsOf(who)
  return fateOf(strangersOptions(door.port, credentials))
}

/** Four calls of two hours ago. */
const MOVED = Array.from({ length: 4 }, (_, i) => {
  const usage = { input_tokens: 10 + i, output_tokens: 100 }
  const message = { model: 'claude-opus-4-5', id: `moved${i}`, content: [], stop_reason: null, usage }
  const timestamp = new Date(Date.now() - 7_200_000).toISOString()
  return `${JSON.stringify({ type: 'assistant', sessionId: 's', message, requestId: `moved${i}`, timestamp })}\n`
}).join('')

async function allCalls(device: Device): Promise<number> {
  return (await device.call('devices.list', { timeZone: 'UTC' })).total.all.calls
}

async function restarted(device: Device): Promise<void> {
  await device.end()
  await device.start()
  await until(async () => (await device.call('sharing.show')).sharing.open, 'it can be called again')
}

t.test(
  'an unpaired device is cut off within a second, and is known as unpaired after a restart',
  async (t) => {
    const [one, two] = (await devices(t, 2)) as [Device, Device]
    await pairByCode(one, two)
    const credentials = credentialsOf(two)
    const open = await secured(strangersOptions(one.port, credentials))
    const ended = new Promise<number>((resolve) =>
      open.on('error', () => undefined).on('close', () => resolve(performance.now())),
    )
    const began = performance.now()
    await one.call('devices.unpair', { device: two.name })
    t.ok((await ended) - began < 1_000, 'its open connections are ended')
    await one.call('sharing.set', { mode: 'always' })
    t.match((await calling(one, two)).answer, /^HTTP\/1\.1 410 /)
    await until(async () => (await two.row(one))?.state === 'unpaired', 'the other side has heard')
    t.match(await one.row(two), { state: 'unpaired', freshness: 'cached', all: { calls: two.calls } })
    await restarted(one)
    t.match((await calling(one, two)).answer, /^HTTP\/1\.1 410 /)
    t.match(await one.row(two), { state: 'unpaired', freshness: 'cached', all: { calls: two.calls } })
  },
)

t.test('a blocked device gets no byte after the handshake, until it is unblocked', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  await one.call('sharing.set', { mode: 'always' })
  t.same(await one.call('devices.block', { device: two.name }), {
    blocked: { id: await two.id(), name: two.name },
  })
  t.match(await one.row(two), { state: 'blocked', all: { calls: two.calls } })
  for (const when of ['at once', 'after a restart']) {
    const { answer, error } = await calling(one, two)
    t.equal(answer, '', when)
    t.not(error, 'still open', when)
    await t.rejects(joinByCode(two, one), 'its ceremonies are not answered either')
    await t.rejects(joinByCode(one, two), { message: /blocked/ }, 'and it is not paired from here')
    await restarted(one)
  }
  t.equal((await two.row(one))?.state, 'paired', 'it is not told')
  t.same(await one.call('devices.unblock', { device: two.name }), {
    unblocked: { id: await two.id(), name: two.name },
  })
  t.match((await calling(one, two)).answer, /^HTTP\/1\.1 410 /)
  await pairByCode(two, one)
  t.match(await one.row(two), { state: 'paired' })
})

t.test('no file that is lost brings back a trust that was ended', async (t) => {
  const [one, two, three, four] = (await devices(t, 4)) as [Device, Device, Device, Device]
  for (const other of [two, three, four]) await pairByCode(one, other)
  await one.call('sharing.set', { mode: 'always' })
  const roster = join(one.home, 'devices.json')
  for (const [act, lose, who, answer, says] of [
    ['block', () => writeFileSync(roster, '{'), two, /^$/, /devicesUnreadable.*it is not JSON/],
    ['unpair', () => rmSync(roster), three, /^HTTP\/1\.1 410 /, /devicesUnreadable.*it is missing/],
    ['forget', () => writeFileSync(roster, ''), four, /^HTTP\/1\.1 410 /, /devicesUnreadable.*it is empty/],
  ] as const) {
    await one.call(`devices.${act}`, { device: who.name })
    await one.end('SIGKILL')
    lose()
    await one.start()
    await until(async () => (await one.call('sharing.show')).sharing.open, 'it can be called again')
    t.match((await calling(one, who)).answer, answer, act)
    t.not((await one.row(who))?.state, 'paired', act)
    await until(() => existsSync(join(one.home, 'incidents.json')), 'the incident is written')
    await until(() => says.test(readFileSync(join(one.home, 'incidents.json'), 'utf8')), `it says ${says}`)
  }
})

t.test('an identity that others may read stops no counting, and is taken when it is mended', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  const id = await one.id()
  await one.end()
  chmodSync(join(one.home, 'identity.json'), 0o644)
  await one.start()
  t.equal((await one.call('daemon.status')).device.id, null)
  await t.rejects(one.call('identity.show'), /0644/)
  chmodSync(join(one.home, 'identity.json'), 0o600)
  t.equal((await one.call('identity.show')).identity.id, id)
  t.equal((await one.call('daemon.status')).device.id, id)
  await until(async () => (await one.row(two))?.freshness === 'live', 'its links are there')
  t.ok((await one.call('sharing.show')).sharing.open, 'it can be called')
})

t.test('no device is called like a word or an id that means something else', async (t) => {
  const claimed = ['one', 'total', 'deadbeef']
  const [one, ...others] = (await devices(t, 3, {
    config: (at) => ({ device: { name: claimed[at]! } }),
  })) as [Device, Device, Device]
  for (const other of others) await joinByCode(one, other)
  const { devices: rows } = await one.call('devices.list')
  const ids = await Promise.all(others.map((other) => other.id()))
  for (const id of ids) t.equal(rows.find((row) => row.id === id)?.name, `device ${id.slice(0, 8)}`)
  for (const name of ['total', 'Self', 'deadbeef', ids[1]!.slice(0, 8).toUpperCase()])
    await t.rejects(
      one.call('devices.rename', { device: ids[0]!, name }),
      /no name|means something else/,
      name,
    )
})

t.test('a blocked device that is forgotten stays blocked, and is unblocked by its id', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  await one.call('sharing.set', { mode: 'always' })
  await one.call('devices.block', { device: two.name })
  await one.call('devices.forget', { device: two.name })
  await restarted(one)
  t.equal((await calling(one, two)).answer, '')
  await one.call('devices.unblock', { device: (await two.id()).slice(0, 8) })
  t.match((await calling(one, two)).answer, /^HTTP\/1\.1 410 /)
})

t.test('a forgotten device is gone with its history, and yet known when it comes', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  await one.call('sharing.set', { mode: 'always' })
  const id = await two.id()
  await two.end()
  await one.call('devices.forget', { device: id.slice(0, 8) })
  t.equal(await one.row(two), undefined)
  t.equal(await allCalls(one), one.calls)
  await restarted(one)
  t.equal(await one.row(two), undefined)
  t.equal(await allCalls(one), one.calls)
  const left = existsSync(join(one.home, 'copies')) ? readdirSync(join(one.home, 'copies')) : []
  t.same(
    left.filter((name) => name.includes(id)),
    [],
    'no file of it is left',
  )
  await two.start()
  await until(async () => (await two.row(one))?.state === 'unpaired', 'it hears that it was unpaired')
  t.match((await calling(one, two)).answer, /^HTTP\/1\.1 410 /)
  await pairByCode(two, one)
  t.match(await one.row(two), { state: 'paired', all: { calls: two.calls } })
})

t.test(
  'two histories merged: what both have counts once, later answers apply, the old one is not trusted',
  async (t) => {
    const [reader, old, young] = (await devices(t, 3)) as [Device, Device, Device]
    // Set up anew, with the old one's logs.
    for (const { home, call } of [old, young]) {
      mkdirSync(join(home, '.claude', 'projects', 'q'), { recursive: true })
      writeFileSync(join(home, '.claude', 'projects', 'q', 'moved.jsonl'), MOVED)
      await call('usage.rescan')
    }
    await pairByCode(reader, old)
    await pairByCode(reader, young)
    await until(
      async () => (await allCalls(reader)) === 1 + 2 + 3 + 2 * 4,
      'the calls of both are counted, four of them twice',
    )
    const oldId = await old.id()
    t.match(await reader.call('devices.merge', { old: old.name, new: young.name }), {
      merged: { from: { name: old.name }, into: { name: young.name } },
    })
    t.equal(await reader.row(old), undefined)
    t.match((await calling(reader, old)).answer, /^HTTP\/1\.1 410 /)
    const merged = (await reader.row(young))?.all.calls
    t.equal(merged, young.calls + old.calls + 4)
    t.equal(await allCalls(reader), reader.calls + young.calls + old.calls + 4)
    young.spend()
    await until(
      async () => (await reader.row(young))?.all.calls === (merged ?? 0) + 1,
      'a later call arrives',
    )
    const before = await reader.row(young)
    await restarted(reader)
    await until(async () => (await reader.row(young))?.freshness === 'live', 'live again')
    t.same((await reader.row(young))?.all, before?.all, 'a restart changes nothing')
    const { devices: told } = await reader.call('usage.summary', { range: 'all', by: ['device'] })
    t.equal(told.length, 2, 'it is one device everywhere')
    await until(
      async () => (await old.row(reader))?.state === 'unpaired',
      'the old one hears that it is not trusted',
    )
    t.notOk(
      (await reader.call('devices.list')).devices.some(({ id }) => id === oldId),
      'it is not listed',
    )
    // It was no old one after all: it comes again, and tells its history itself.
    await pairByCode(old, reader)
    t.equal((await reader.row(old))?.all.calls, old.calls + 4)
  },
)

t.test('a device cannot be merged into itself, nor forgotten twice', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  await t.rejects(one.call('devices.merge', { old: two.name, new: (await two.id()).slice(0, 8) }), /itself/)
  await one.call('devices.forget', { device: two.name })
  await t.rejects(one.call('devices.forget', { device: two.name }), /no such device/)
})

t.test(
  'who is paired again is not taken for unpaired while the other side still writes it down',
  async (t) => {
    const [one, two] = (await devices(t, 2)) as [Device, Device]
    await pairByCode(one, two)
    for (let round = 0; round < 3; round++) {
      const [from, to] = round % 2 === 0 ? [one, two] : [two, one]
      await from.call('devices.unpair', { device: to.name })
      await until(async () => (await to.row(from))?.state === 'unpaired', 'the other side has heard')
      await pairByCode(to, from)
      t.match([(await one.row(two))?.state, (await two.row(one))?.state], ['paired', 'paired'])
    }
  },
)

t.test(
  'a device that is given the name of another one: the other one is called otherwise here',
  async (t) => {
    const [one, two] = (await devices(t, 2)) as [Device, Device]
    await pairByCode(one, two)
    const path = join(one.home, 'config.json')
    const config = JSON.parse(readFileSync(path, 'utf8'))
    await one.end()
    writeFileSync(path, JSON.stringify({ ...config, device: { name: two.name } }))
    await one.start()
    const id = await two.id()
    const { devices: rows, total } = await one.call('devices.list', { timeZone: 'UTC' })
    t.match(
      rows.map(({ self, name, all }) => [self, name, all.calls]),
      [
        [true, two.name, one.calls],
        [false, `${two.name} ${id.slice(0, 8)}`, two.calls],
      ],
    )
    t.equal(total.all.calls, one.calls + two.calls)
    const { entries } = await one.call('audit.list')
    t.match(entries.at(-1), { what: 'renamed', subject: { id } })
  },
)
