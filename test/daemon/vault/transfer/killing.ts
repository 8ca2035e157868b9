// Kills one of two devices at every step of a transfer by code, and says what is left of it. The steps are the pieces that pass between
// them, encrypted as they are, from the first of the handshake to the last word about the outcome.
import type { Test } from 'tap'
import { until } from '../../../harness/daemon.ts'
import type { Device } from '../../../harness/devices.ts'
import { wireTo } from '../../../mitm/wire.ts'
import {
  ALL,
  contentsOf,
  EVERYTHING,
  fetchedByCode,
  NOTHING,
  senderAndReceiver,
  transferOf,
} from './two-devices.ts'

/** More pieces than any such transfer has. */
const MOST_STEPS = 60

export interface Left {
  /** What the receiver's vault holds. */
  readonly vault: 'everything' | 'nothing'
  /** What the sender says; null where it was the one that was killed. */
  readonly sender: string | null
}

/** What came of each step. Throws where the vault holds a part of it, or where sending it once more did not mend it. */
export async function killAtEveryStep(t: Test, victim: 'sender' | 'receiver'): Promise<Left[]> {
  const [sender, receiver] = await senderAndReceiver(t)
  const left: Left[] = []
  for (let step = 0; step < MOST_STEPS; step++) {
    const came = await killAt(t, step, { sender, receiver }, victim)
    if (came === null) return left
    left.push(came)
    await clear(receiver)
    const { id } = await fetchedByCode(sender, receiver)
    await receiver.call('transfers.commit', { id })
    t.same(await contentsOf(receiver), EVERYTHING, `step ${step}: sent once more, it is there`)
    await clear(receiver)
  }
  throw new Error(`it took more than ${MOST_STEPS} steps`)
}

/** Null where the transfer was over before. */
async function killAt(
  t: Test,
  step: number,
  both: Readonly<Record<'sender' | 'receiver', Device>>,
  victim: 'sender' | 'receiver',
): Promise<Left | null> {
  const { sender, receiver } = both
  const { code, offered } = await sender.call('transfers.send', ALL)
  let killed: Promise<unknown> | null = null
  let isDone = false
  const { address } = await wireTo(t, sender.port, (piece) => {
    if (piece !== step || isDone) return
    killed = both[victim].end('SIGKILL')
    // What is on its way is lost with it.
    return 'cut'
  })
  await receiver
    .call('transfers.receive', { address, code: code! })
    .then(({ received }) => receiver.call('transfers.commit', { id: received!.id }))
    .catch(() => undefined)
  isDone = true
  if (killed === null) return null
  await killed
  await both[victim].start()
  const found = await contentsOf(receiver)
  const vault = Object.keys(found.secrets).length === 0 ? 'nothing' : 'everything'
  t.same(found, vault === 'nothing' ? NOTHING : EVERYTHING, `step ${step}: everything or nothing`)
  if (victim === 'sender') return { vault, sender: null }
  return { vault, sender: await toldAgain(both, code!, offered.id) }
}

/** What the sender says in the end: a receiver that was told to save goes there once more. */
async function toldAgain(
  { sender, receiver }: Readonly<Record<'sender' | 'receiver', Device>>,
  code: string,
  id: string,
): Promise<string> {
  const before = await transferOf(sender, id)
  if (before?.state !== 'reviewed') return before?.state ?? ''
  await receiver.call('transfers.receive', { address: sender.address, code }).catch(() => undefined)
  await until(async () => (await transferOf(sender, id))?.state !== 'reviewed', 'the sender has heard')
  const after = await transferOf(sender, id)
  return `${after?.state}${after?.why === null ? '' : `, ${after?.why}`}, asked again`
}

async function clear(device: Device): Promise<void> {
  for (const { name } of (await device.call('configs.list')).configs)
    await device.call('configs.remove', { name })
  for (const { name } of (await device.call('secrets.list')).secrets)
    await device.call('secrets.remove', { name })
}
