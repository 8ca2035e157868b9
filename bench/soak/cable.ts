// A cable between two devices of one machine that can be cut, or hold what passes, as a network does that is gone for a while.
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** `cut`: connections end and none comes about; `held`: nothing passes, nobody is told. */
export type CableState = 'whole' | 'cut' | 'held'

export class Cable {
  readonly #far: number
  readonly #server: Server
  readonly #ends = new Set<Socket>()
  #state: CableState = 'whole'

  private constructor(far: number) {
    this.#far = far
    this.#server = createServer((near) => this.#join(near))
  }

  /** Leads to `far`, a port of loopback. */
  static async lay(far: number): Promise<Cable> {
    const cable = new Cable(far)
    await new Promise<void>((resolve) => cable.#server.listen(0, '127.0.0.1', resolve))
    return cable
  }

  /** Where to dial instead of `far`. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  set(state: CableState): void {
    this.#state = state
    for (const end of this.#ends) {
      if (state === 'cut') end.destroy()
      else if (state === 'held') end.pause()
      else end.resume()
    }
  }

  close(): void {
    this.set('cut')
    this.#server.close()
  }

  #join(near: Socket): void {
    if (this.#state === 'cut') return void near.destroy()
    const far = connect(this.#far, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#ends.add(from)
      from.on('data', (piece) => to.write(piece))
      from.on('error', () => to.destroy())
      from.on('end', () => to.end())
      from.on('close', () => {
        this.#ends.delete(from)
        to.destroy()
      })
      if (this.#state === 'held') from.pause()
    }
  }
}
