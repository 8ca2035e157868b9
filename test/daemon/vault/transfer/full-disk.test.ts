// The receiver's disk is full while it saves what came: nothing of it is there, both sides say so, and it works once there is room.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { daemon } from '../../../harness/daemon.ts'
import { devices, failureOf, freePort } from '../../../harness/devices.ts'
import { mounted } from '../../../harness/disk.ts'
import { ALL, contentsOf, EVERYTHING, fill, NOTHING, untilState } from './two-devices.ts'

t.setTimeout(120_000)

t.test('a full disk', async (t) => {
  const home = mounted(t, 'size=2m,mode=700')
  if (home === undefined) {
    t.pass('not run', { skip: 'a real full disk needs root and mount' })
    return
  }
  const [sender] = await devices(t, 1)
  await fill(sender!)
  const lan = { address: '127.0.0.1', port: await freePort() }
  writeFileSync(join(home, 'config.json'), JSON.stringify({ device: { name: 'small' }, lan }))
  const receiver = await daemon(t, { home, env: { TMPDIR: '/tmp' } })
  const asDevice = { ...sender!, name: 'small', call: receiver.call }
  const fetch = async () => {
    const { code, offered } = await sender!.call('transfers.send', ALL)
    const { received } = await receiver.call('transfers.receive', { address: sender!.address, code: code! })
    t.equal(received?.items.length, 4)
    return offered.id
  }
  const id = await fetch()
  fillUp(join(home, 'filler'))
  t.equal(await failureOf(receiver.call('transfers.commit', { id })), 'stateUnwritable')
  t.match(await untilState(sender!, id, 'failed'), { why: 'full', outcome: null })
  t.match(await untilState(asDevice, id, 'failed'), { why: 'full', outcome: null })
  t.same(await contentsOf(asDevice), NOTHING)
  writeFileSync(join(home, 'filler'), '')
  t.same(await contentsOf(asDevice), NOTHING)
  const again = await fetch()
  await receiver.call('transfers.commit', { id: again })
  t.same(await contentsOf(asDevice), EVERYTHING)
  await untilState(sender!, again, 'committed')
})

/** Until not a byte more fits. */
function fillUp(path: string): void {
  for (const bytes of [65_536, 4_096, 1]) {
    for (;;) {
      try {
        writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' })
      } catch {
        break
      }
    }
  }
}
