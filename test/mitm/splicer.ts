// Somebody in the middle who joins halves: the beginning of one ceremony with the end of another, on the level of messages or of
// the bytes on the wire.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Teardown } from '../harness/daemon.ts'
import { type Between, type Leg, standBefore } from './between.ts'

/**
 * Stands in front of whoever listens at `port` of loopback, with two ceremonies to it at once. What the dialler says goes to both.
 * Of what comes back the first `from` messages are those of the first ceremony, all later ones those of the second.
 */
export function spliceMessages(t: Teardown, port: number, otherPort: number, from: number): Promise<Between> {
  return standBefore(t, port, async ({ socket: near }, reach) => {
    const said: string[] = []
    let legs: readonly Leg[] = []
    near.on('message', (data) => {
      said.push(String(data))
      for (const { socket } of legs) socket.send(String(data))
    })
    legs = [await reach(port), await reach(otherPort)]
    for (const text of said) for (const { socket } of legs) socket.send(text)
    for (const [index, { socket }] of legs.entries()) {
      let heard = 0
      socket.on('message', (data) => {
        const isFirstHalf = heard++ < from
        if (isFirstHalf === (index === 0)) near.send(String(data))
      })
      socket.on('close', () => near.close())
      near.on('close', () => socket.close())
    }
  })
}

/**
 * The same with the bytes as they are: of two connections, the first `from` pieces that come back are those of the first, all later
 * ones those of the second.
 */
export async function spliceBytes(t: Teardown, port: number, from: number): Promise<Between> {
  const open = new Set<Socket>()
  const server = createServer((near) => {
    const fars = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
    const heard = [0, 0]
    const speaker = () => (heard[0]! < from ? 0 : 1)
    const end = () => {
      for (const socket of [near, ...fars]) socket.destroy()
    }
    for (const socket of [near, ...fars]) {
      open.add(socket)
      socket.on('error', () => socket.destroy())
    }
    near.on('data', (piece) => {
      for (const far of fars) if (!far.destroyed) far.write(piece)
    })
    near.on('close', end)
    for (const [index, far] of fars.entries()) {
      far.on('data', (piece) => {
        const passes = heard[index]!++ < from === (index === 0)
        if (passes) near.write(piece)
        if (fars[speaker()]!.destroyed) end()
      })
      far.on('close', () => {
        if (speaker() === index) end()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  const at = (server.address() as AddressInfo).port
  return { port: at, address: `127.0.0.1:${at}` }
}
