// Somebody on the wire who understands nothing of what passes and passes it on, and who can do something at any moment of it.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Teardown } from '../harness/daemon.ts'

export interface Wire {
  /** `127.0.0.1:port`. */
  readonly address: string
  /** How many pieces passed, both ways. */
  readonly passed: () => number
}

/** Passes on to `port` of loopback; `before` is called with the number of each piece, from 0, before it goes on; where it says `cut` the piece does not, and the connection ends. */
export async function wireTo(
  t: Teardown,
  port: number,
  before: (piece: number) => 'cut' | undefined,
): Promise<Wire> {
  let pieces = 0
  const open = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from)
      from.on('data', (piece) => {
        if (before(pieces++) === 'cut') near.destroy()
        else to.write(piece)
      })
      from.on('error', () => to.destroy())
      from.on('end', () => to.end())
      from.on('close', () => {
        open.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, passed: () => pieces }
}
