// One kept-alive connection that is asked over and over: as few client costs as possible, so that the server is what is measured.
import type { TLSSocket } from 'node:tls'

const END = Buffer.from('\r\n\r\n')

export interface Exchange {
  readonly status: number
  /** HTTP bytes in both directions, heads included, TLS not. */
  readonly bytes: number
}

export class Line {
  readonly #socket: TLSSocket
  #received: Buffer = Buffer.alloc(0)
  readonly #waiting: ((exchange: Exchange) => void)[] = []
  readonly #sent: number[] = []

  constructor(socket: TLSSocket) {
    this.#socket = socket
    socket.on('data', (part: Buffer) => this.#take(part))
  }

  ask(path: string, token: string): Promise<Exchange> {
    const head = `GET ${path} HTTP/1.1\r\nhost: device\r\nauthorization: Bearer ${token}\r\n\r\n`
    this.#sent.push(head.length)
    this.#socket.write(head)
    return new Promise((resolve) => void this.#waiting.push(resolve))
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(part: Buffer): void {
    this.#received = this.#received.length === 0 ? part : Buffer.concat([this.#received, part])
    for (;;) {
      const end = this.#received.indexOf(END)
      if (end < 0) return
      const head = this.#received.toString('latin1', 0, end)
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
      const bytes = end + END.length + length
      if (this.#received.length < bytes) return
      this.#received = this.#received.subarray(bytes)
      this.#waiting.shift()?.({ status: Number(head.slice(9, 12)), bytes: bytes + this.#sent.shift()! })
    }
  }
}
