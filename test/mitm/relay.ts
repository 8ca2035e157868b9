// Somebody in the middle who passes on what both sides say in a ceremony, word for word.
import { WebSocket } from 'ws'
import type { Teardown } from '../harness/daemon.ts'
import { type Between, type Leg, standBefore } from './between.ts'

export interface Relay extends Between {
  /** What went through, in order: who said it and the message. */
  readonly said: readonly { readonly from: 'dialler' | 'dialled'; readonly text: string }[]
}

/** Stands in front of whoever listens at `port` of loopback; `path` is where both go. */
export async function relayTo(t: Teardown, port: number, path = '/v1/ceremony'): Promise<Relay> {
  const said: { from: 'dialler' | 'dialled'; text: string }[] = []
  const meet = async ({ socket: near }: Leg, reach: (port?: number) => Promise<Leg>) => {
    const waiting: (string | Buffer)[] = []
    let far: WebSocket | undefined
    near.on('message', (data, isBinary) => {
      said.push({ from: 'dialler', text: isBinary ? 'sealed' : String(data) })
      const passed = isBinary ? (data as Buffer) : String(data)
      if (far?.readyState === WebSocket.OPEN) far.send(passed)
      else waiting.push(passed)
    })
    far = (await reach()).socket
    for (const text of waiting.splice(0)) far.send(text)
    far.on('message', (data, isBinary) => {
      said.push({ from: 'dialled', text: isBinary ? 'sealed' : String(data) })
      near.send(isBinary ? (data as Buffer) : String(data))
    })
    far.on('error', () => near.terminate())
    far.on('close', () => near.close())
    near.on('close', () => far.close())
  }
  const between = await standBefore(t, port, meet, {}, path)
  return { ...between, said }
}
