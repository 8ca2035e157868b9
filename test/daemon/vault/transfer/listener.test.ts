// For how long a transfer keeps this device open to others.
import t from 'tap'
import { post, until } from '../../../harness/daemon.ts'
import type { Device } from '../../../harness/devices.ts'
import { ALL, senderAndReceiver, transferOf } from './two-devices.ts'

t.setTimeout(120_000)

const sharing = async (device: Device) => (await device.call('sharing.show')).sharing
const closes = (device: Device) => until(async () => !(await sharing(device)).open, 'it closes', 20_000)

t.test('what is taken back, or was declined, keeps nothing open', async (t) => {
  const [sender, receiver] = await senderAndReceiver(t)
  const taken = await sender.call('transfers.send', ALL)
  t.equal((await sharing(sender)).open, true)
  await sender.call('transfers.cancel', { id: taken.offered.id })
  await closes(sender)

  const { offered, code } = await sender.call('transfers.send', ALL)
  const { received } = await receiver.call('transfers.receive', { address: sender.address, code: code! })
  await receiver.call('transfers.cancel', { id: received!.id })
  await until(async () => (await transferOf(sender, offered.id))?.state === 'declined', 'the sender hears it')
  await closes(sender)
})

t.test('an owner’s window, and what else it is open for, stay as they are', async (t) => {
  const [sender] = await senderAndReceiver(t)
  await sender.call('sharing.set', { mode: 'window', seconds: 3600 })
  const before = await sharing(sender)
  const { offered } = await sender.call('transfers.send', ALL)
  await sender.call('transfers.cancel', { id: offered.id })
  t.same(await sharing(sender), before)
  await sender.call('sharing.set', { mode: 'off' })
  await sender.call('pairing.invite')
  const invited = await sharing(sender)
  const second = await sender.call('transfers.send', ALL)
  t.ok((await sharing(sender)).until! > invited.until!, 'longer, as long as something is offered')
  await sender.call('transfers.cancel', { id: second.offered.id })
  t.same(await sharing(sender), invited)
})

t.test('taken back is taken back when it is answered', async (t) => {
  const [sender] = await senderAndReceiver(t)
  await sender.call('pairing.invite')
  const invited = await sharing(sender)
  const { offered } = await sender.call('transfers.send', ALL)
  const batch = [
    { jsonrpc: '2.0', id: 1, method: 'transfers.cancel', params: { id: offered.id } },
    { jsonrpc: '2.0', id: 2, method: 'sharing.show', params: {} },
  ]
  const { body } = await post(sender.daemon.socket, JSON.stringify(batch))
  const answers = JSON.parse(body) as { id: number; result: { sharing: unknown } }[]
  t.same(answers.find(({ id }) => id === 2)?.result.sharing, invited, 'in the same moment')
})

t.test('closed by its owner: what is offered is taken back', async (t) => {
  const [sender] = await senderAndReceiver(t)
  const { offered } = await sender.call('transfers.send', ALL)
  await sender.call('sharing.set', { mode: 'off' })
  t.match(await transferOf(sender, offered.id), { state: 'declined', why: 'cancelledBySender' })
  t.match(await sharing(sender), { open: false, until: null })
})
