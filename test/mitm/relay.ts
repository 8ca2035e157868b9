// Somebody in the middle who passes on what both sides say in a ceremony, word for word.
import { WebSocket } from 'ws'
import type { Teardown } from '../harness/daemon.ts'
import { type Between, standBefore } from './between.ts'

export interface Relay extends Between {
  /** What went through, in order: who said it and the message. */
  readonly said: readonly { readonly from: 'dialler' | 'dialled'; readonly text: string }[]
}

/** Stands in front of whoever listens at `port` of loopback. */
export async function relayTo(t: Teardown, port: number): Promise<Relay> {
  const said: { from: 'dialler' | 'dialled'; text: string }[] = []
  const between = await standBefore(t, port, async ({ socket: near }, reach) => {
    const waiting: string[] = []
    let far: WebSocket | undefined
    near.on('message', (data) => {
      said.push({ from: 'dialler', text: String(data) })
      if (far?.readyState === WebSocket.OPEN) far.send(String(data))
      else waiting.push(String(data))
    })
    far = (await reach()).socket
    for (const text of waiting.splice(0)) far.send(text)
    far.on('message', (data) => {
      said.push({ from: 'dialled', text: String(data) })
      near.send(String(data))
    })
    far.on('error', () => near.terminate())
    far.on('close', () => near.close())
    near.on('close', () => far.close())
  })
  return { ...between, said }
}
