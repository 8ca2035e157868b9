// What scripts rely on: the JSON of the commands about devices keeps these keys. More may come, none goes.
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { until } from '../harness/daemon.ts'
import { type Device, devices } from '../harness/devices.ts'
import { BUNDLE, started, tallyctl } from './client.ts'

const BUNDLED = { program: BUNDLE }

async function asJson({ home }: Device, ...words: string[]) {
  const { exit, out, err } = await tallyctl(home, [...words, '--json'], BUNDLED)
  if (exit !== EXIT.ok) throw new Error(`${words.join(' ')}: ${err}`)
  return JSON.parse(out)
}

const named = (id: string, name: string) => ({ id, name })

t.test('status, share, invite, pair by code, devices and requests', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  const [idOne, idTwo] = [await one.id(), await two.id()]

  t.match(await asJson(two, 'share', 'always'), { sharing: { open: true, mode: 'always', port: two.port } })
  t.equal((await two.call('devices.list')).devices.length, 1, 'it is open, and nothing is paired')
  t.match(await asJson(two, 'status'), {
    device: named(idTwo, two.name),
    listeners: { lan: { port: two.port } },
  })

  const invite = started(two.home, ['invite', '--json'], BUNDLED)
  t.teardown(() => invite.child.kill('SIGKILL'))
  await until(() => invite.out().includes('\n'), 'the code is there, in one line')
  const { code, expiresAt, ...more } = JSON.parse(invite.out())
  t.match(code, /^\d{6}$/)
  t.ok(Date.parse(expiresAt) > Date.now())
  t.same(more, {})
  const paired = await tallyctl(one.home, ['pair', two.address, '--code', code, '--json'], BUNDLED)
  t.equal(paired.out, `${JSON.stringify({ paired: named(idTwo, two.name) })}\n`)
  const { exit, out } = await invite.ended
  t.equal(exit, EXIT.ok)
  t.equal(out.split('\n')[1], JSON.stringify({ paired: named(idOne, one.name) }))

  await until(async () => (await one.row(two))?.freshness === 'live', 'it is live', 30_000)
  const { devices: rows, total } = await asJson(one, 'devices')
  const spent = { calls: Number, tokens: Number, costUSD: Number }
  const ranges = { today: spent, month: spent, all: spent }
  t.match(total, ranges)
  t.match(rows, [
    { id: idOne, name: one.name, self: true, state: 'self', freshness: 'live', problem: null, ...ranges },
    { id: idTwo, name: two.name, self: false, state: 'paired', freshness: 'live', problem: null, ...ranges },
  ])
  for (const row of rows) for (const key of ['asOf', 'address']) t.ok(key in row, key)
  t.match(rows[1], { asOf: /^\d{4}-.*Z$/, address: two.address })

  await one.call('pairing.compare', { address: two.address })
  await until(async () => (await two.call('requests.list')).requests.length === 1, 'it is asked')
  t.match(await asJson(two, 'requests'), {
    requests: [
      {
        id: String,
        kind: 'pairing',
        digits: /^\d{6}$/,
        from: { id: idOne, name: one.name, address: '127.0.0.1' },
        openedAt: /Z$/,
        expiresAt: /Z$/,
      },
    ],
  })
})
