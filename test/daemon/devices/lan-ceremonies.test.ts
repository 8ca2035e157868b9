// A few ceremonies at a time: who only holds a place makes room for who has something to say.
import { once } from 'node:events'
import t from 'tap'
import { type CeremonyClient, ceremonyWith, guessedShare } from '../../harness/ceremony-client.ts'
import { until } from '../../harness/daemon.ts'
import { type Device, devices, joinByCode } from '../../harness/devices.ts'

t.test('strangers that hold every place in silence do not keep anybody from pairing', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await two.call('sharing.set', { mode: 'always' })
  const silent: CeremonyClient[] = []
  for (let n = 0; n < 12; n++) silent.push(await ceremonyWith(t, two.port))
  const open = () => silent.filter(({ socket }) => socket.readyState === socket.OPEN).length
  t.ok(open() <= 5, `${open()} are open`)
  await joinByCode(one, two)
  await until(async () => (await two.row(one))?.state === 'paired', 'they are paired')
})

t.test('an attempt in flight keeps its place among silent ones', async (t) => {
  const [two] = (await devices(t, 1)) as [Device]
  await two.call('sharing.set', { mode: 'always' })
  await two.call('pairing.invite')
  const first = await ceremonyWith(t, two.port)
  first.line.send(guessedShare())
  await first.line.next(performance.now() + 5_000)
  t.equal(first.socket.readyState, first.socket.OPEN, 'an attempt in flight')
  for (let n = 0; n < 8; n++) await ceremonyWith(t, two.port)
  t.equal(first.socket.readyState, first.socket.OPEN, 'it keeps its place')
})

t.test('a restart of the listener ends ceremonies', async (t) => {
  const [two] = (await devices(t, 1)) as [Device]
  await two.call('sharing.set', { mode: 'always' })
  const { socket } = await ceremonyWith(t, two.port)
  const closed = once(socket, 'close')
  await two.call('sharing.set', { mode: 'off' })
  await closed
  t.pass('it was ended')
})
