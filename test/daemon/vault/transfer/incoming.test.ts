// One transfer on the receiver's side, with a line that the test holds in its hands: what happens when its sender is told on another line.
import t from 'tap'
import type { TransferMessage } from '../../../../src/contract/transfer-wire.ts'
import type { LineEvent, SealedLine } from '../../../../src/daemon/ceremony/sealed-line.ts'
import { Incoming } from '../../../../src/daemon/vault/transfer/incoming.ts'
import { MINIO } from './two-devices.ts'

const OUTCOME = { saved: ['minio'], reused: [], renamed: [], replaced: [], declined: [] }
const OFFER = { type: 'offer', name: 'desk', items: 1, waitsMs: 60_000 } as const
const ITEMS = { type: 'items', secrets: [{ name: 'minio', value: MINIO }], configs: [] } as TransferMessage

/** It has come, and its owner has decided; `save` is what saves it. */
async function decided(save: () => Promise<{ outcome: typeof OUTCOME; unlinked: [] }>) {
  const sent: TransferMessage[] = []
  const records: string[] = []
  let hear: (event: LineEvent) => void = () => undefined
  const line: SealedLine = {
    transfer: 'a'.repeat(32),
    other: { id: 'b'.repeat(64), address: '127.0.0.1' },
    send: (message) => void sent.push(message),
    listen: (hears) => {
      hear = hears
    },
    close: () => undefined,
  }
  const incoming = new Incoming({
    line,
    by: 'code',
    wanted: true,
    ownName: () => 'laptop',
    ask: () => undefined,
    asked: () => undefined,
    called: () => null,
    changed: () => undefined,
    record: (kind) => void records.push(kind),
    now: Date.now,
  })
  const say = (message: TransferMessage) => hear({ type: 'received', message })
  say(OFFER)
  say(ITEMS)
  await incoming.fetch()
  const committing = incoming.commit(save)
  committing.catch(() => undefined)
  return { incoming, committing, sent, say, records }
}

t.test('told on another line before the go: what comes late on this one saves nothing', async (t) => {
  let saves = 0
  const save = async () => {
    saves++
    return { outcome: OUTCOME, unlinked: [] as [] }
  }
  const { incoming, committing, sent, say } = await decided(save)
  t.same(
    sent.map(({ type }) => type),
    ['accept', 'reviewed'],
  )
  await incoming.giveWay()
  say({ type: 'go' })
  await t.rejects(committing)
  t.equal(saves, 0)
  t.match(incoming.show(), { state: 'failed', why: 'closed' })
})

t.test('told on another line while it is saved: that waits until it is', async (t) => {
  let saved: (value: { outcome: typeof OUTCOME; unlinked: [] }) => void = () => undefined
  const { incoming, committing, say } = await decided(
    () =>
      new Promise((resolve) => {
        saved = resolve
      }),
  )
  say({ type: 'go' })
  let isOver = false
  const way = incoming.giveWay().then(() => {
    isOver = true
  })
  await new Promise(setImmediate)
  t.notOk(isOver)
  saved({ outcome: OUTCOME, unlinked: [] })
  await way
  t.match(incoming.show(), { state: 'committed', outcome: OUTCOME })
  say({ type: 'done' })
  t.match(await committing, { outcome: OUTCOME })
})

t.test('what nobody here wanted, and nobody refused, is not recorded', async (t) => {
  const { records } = await decided(async () => ({ outcome: OUTCOME, unlinked: [] }))
  t.same(records, ['transferFetched'])
})
