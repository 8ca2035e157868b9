// A daemon that runs but takes no further connection is busy, not absent; one that ends is absent, not busy.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { daemon, type Teardown, until } from '../harness/daemon.ts'
import { UPGRADE } from '../harness/web-socket.ts'
import { started, tallyctl } from './client.ts'

/** How many connections the control socket takes. */
const CONNECTIONS = 32
const BUSY =
  /^tallyctl: tallyd runs, but closed the connection without an answer; it holds 32 at once: end another client, for example npx tallyctl watch, and try again\n$/

/** Holds every connection of `socket`; returns them. */
async function holdAll(t: Teardown, socket: string): Promise<Socket[]> {
  const held = Array.from({ length: CONNECTIONS }, () => connect(socket).on('error', () => undefined))
  t.teardown(() => {
    for (const each of held) each.destroy()
  })
  await Promise.all(
    held.map((each) => {
      each.write(UPGRADE)
      return once(each, 'data')
    }),
  )
  return held
}

t.test('a daemon whose connections are all held is busy', async (t) => {
  const { home, socket, pid } = await daemon(t)
  const held = await holdAll(t, socket)
  for (const words of [[], ['usage'], ['status'], ['doctor'], ['watch'], ['stop'], ['start'], ['paths']]) {
    const ran = await tallyctl(home, words)
    t.equal(ran.exit, EXIT.failed, words.join(' '))
    t.equal(ran.out, '')
    t.match(ran.err, BUSY)
  }
  const waited = await tallyctl(home, ['status', '--wait', '2s'])
  t.equal(waited.exit, EXIT.timeout)
  t.match(waited.err, /^tallyctl: tallyd runs, but took no connection in 2\.0 s; /)
  const waiting = started(home, ['status', '--wait', '20s', '--json'])
  setTimeout(() => held[0]?.destroy(), 300)
  const { exit, out } = await waiting.ended
  t.equal(exit, EXIT.ok, 'who waits gets the first connection that is free')
  t.equal(JSON.parse(out).pid, pid)
})

t.test('a daemon that ends while it is asked is absent', async (t) => {
  const running = await daemon(t)
  const watching = started(running.home, ['watch'])
  await until(() => watching.out() !== '', 'the first value')
  await running.kill('SIGKILL')
  const { exit, err } = await watching.ended
  t.equal(exit, EXIT.noDaemon)
  t.match(err, /\ntallyctl: tallyd has ended; run: npx tallyctl start\n$/)
})
