// Five real devices that all know each other: they agree within seconds, whichever is killed, stopped or started again meanwhile.
import t from 'tap'
import { until } from '../../harness/daemon.ts'
import { type Device, devices, joinByCode } from '../../harness/devices.ts'

/** Calls that each device shows for all of them, and how many of them are live for it. */
async function shownBy(device: Device): Promise<{ calls: number; live: number }> {
  const { devices: rows, total } = await device.call('devices.list', { timeZone: 'UTC' })
  return { calls: total.all.calls, live: rows.filter(({ freshness }) => freshness === 'live').length }
}

/** Resolves when all devices in `up` show the sum of all, and each other live. */
async function agree(all: readonly Device[], up: readonly Device[], what: string, ms = 15_000) {
  const calls = all.reduce((sum, device) => sum + device.calls, 0)
  await until(
    async () => {
      const shown = await Promise.all(up.map(shownBy))
      return shown.every((each) => each.calls === calls && each.live === up.length)
    },
    what,
    ms,
  )
}

t.test('five devices agree through kills, stops and restarts', async (t) => {
  const all = await devices(t, 5)
  const [a, b, c, d, e] = all as [Device, Device, Device, Device, Device]
  for (const [at, inviter] of all.entries()) {
    for (const typist of all.slice(at + 1)) await joinByCode(typist, inviter)
  }
  await agree(all, all, 'all are paired')

  for (const device of all) device.spend()
  await agree(all, all, 'everybody spent', 5_000)

  await a.end('SIGKILL')
  b.spend()
  await agree(all, [b, c, d, e], 'one was killed: its last numbers stay', 5_000)
  t.match(await b.row(a), { freshness: 'cached', all: { calls: a.calls } })

  await c.end()
  a.spend()
  c.spend()
  c.spend()
  await Promise.all([a.start(), c.start()])
  d.spend()
  await agree(all, all, 'both are back, with what was logged meanwhile')

  await Promise.all([d.end('SIGKILL'), e.end('SIGKILL')])
  for (const device of all) device.spend()
  await Promise.all([d.start(), e.start()])
  await agree(all, all, 'two were killed at once')

  // A device that comes back while the only one that saw it is away.
  await b.end()
  await a.end('SIGKILL')
  b.spend()
  await b.start()
  await agree(all.filter((device) => device !== a).concat(a), [b, c, d, e], 'one is back, one is not')
  await a.start()
  await agree(all, all, 'at the end')
})
