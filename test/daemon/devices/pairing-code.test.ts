// Pairing by code, between real daemons: what both show afterwards.
import t from 'tap'
import { type Device, devices, pairByCode } from '../../harness/devices.ts'

t.test('two devices, one total, on both sides', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  for (const [reader, giver] of [
    [one, two],
    [two, one],
  ] as const) {
    t.match(await reader.row(giver), {
      state: 'paired',
      direction: 'mutual',
      freshness: 'live',
      problem: null,
      all: { calls: giver.calls, tokens: giver.calls * 101 },
    })
    const { total } = await reader.call('devices.list', { timeZone: 'UTC' })
    t.equal(total.all.calls, one.calls + two.calls)
  }
})
