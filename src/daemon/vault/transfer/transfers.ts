// Every transfer of this device, in both directions: the one way into them for the rest of the daemon.
import { randomBytes } from 'node:crypto'
import { TallyError } from '../../../contract/errors.ts'
import { TRANSFER } from '../../../contract/transfer-words.ts'
import type { Edit, Transfer } from '../../../contract/transfers.ts'
import { Arrivals } from './arrivals.ts'
import type { TransfersContext } from './context.ts'
import { TransferList } from './list.ts'
import { Outgoing } from './outgoing.ts'
import { parcelOf } from './parcel.ts'

export interface Sent {
  readonly offered: Transfer
  readonly code: string | null
  readonly port: number | null
  readonly addresses: string[]
}

export class Transfers {
  readonly #context: TransfersContext
  readonly #list: TransferList
  /** What comes to this device. */
  readonly arrivals: Arrivals

  constructor(context: TransfersContext) {
    this.#context = context
    this.#list = new TransferList(() => context.changed())
    this.arrivals = new Arrivals(context, this.#list)
  }

  list(): Transfer[] {
    return this.#list.all.map((each) => each.show())
  }

  /** Throws TallyError as transfers.send says. */
  async send(wanted: {
    readonly secrets: readonly string[]
    readonly configs: readonly string[]
    readonly edits: readonly Edit[]
    readonly to: string | undefined
    readonly seconds: number
  }): Promise<Sent> {
    const { vault, network, now } = this.#context
    const to = wanted.to === undefined ? null : network.receiverOf(wanted.to)
    const parcel = parcelOf(await (await vault()).read(), wanted)
    // As with invitations: there is one code at a time, and the newest is it. Whoever has proven it already is not disturbed.
    const replaced = this.#list.outgoing.filter((each) => to === null && each.isWaitingForCode())
    if (this.#list.open.length - replaced.length >= TRANSFER.open) {
      throw new TallyError('tooMany', `${TRANSFER.open} transfers are open`, 'wait for them, or cancel them')
    }
    const toIt = this.#list.outgoing.filter((each) => to !== null && each.show().peer?.id === to.id)
    if (to !== null && toIt.length >= TRANSFER.openOfOne) {
      const says = `${toIt.length} transfers to ${to.name} are open`
      throw new TallyError('tooMany', says, 'wait for them, or cancel them')
    }
    for (const each of replaced) each.replace()
    const id = randomBytes(16).toString('hex')
    const waitsMs = wanted.seconds * 1000
    const outgoing = new Outgoing({
      ...this.#context,
      id,
      to,
      parcel,
      waitsMs,
      now,
      over: () => {
        const close = () => network.closeTransfer(id)
        // A receiver that has not heard that we know may come again for a while.
        if (outgoing.show().state === 'committed') setTimeout(close, LINGER_MS).unref()
        else close()
      },
    })
    // Before anything is waited for: of two at once the second one sees the first.
    this.#list.keep(outgoing)
    try {
      const opened = await network.offerTransfer({
        id,
        to: to?.id ?? null,
        waitsMs,
        wasSentTo: (device) => outgoing.wasSentTo(device),
        met: (line, again) => outgoing.met(line, again),
        attempted: (attempts) => outgoing.attempted(attempts),
      })
      // Opening may have taken longer than it was to wait.
      if (outgoing.isOver()) network.closeTransfer(id)
      return {
        offered: outgoing.show(),
        code: opened.code,
        port: opened.port === 0 ? null : opened.port,
        addresses: opened.addresses,
      }
    } catch (error) {
      outgoing.stop()
      throw error
    }
  }

  /** Whether there was such a transfer and it was open. */
  cancel(id: string): boolean {
    const open = this.#list.open.filter((each) => each.id === id)
    for (const each of open) each.cancel()
    return open.some((each) => each.isOver())
  }

  /** The vault is locked: what is only offered is taken back. */
  recall(): void {
    for (const each of this.#list.outgoing) if (each.show().state === 'offered') each.cancel()
  }

  /** That device is trusted no more; null: none is. What goes on with it by pairing ends. */
  parted(device: string | null): void {
    for (const each of this.#list.open) {
      const { by, peer } = each.show()
      if (by === 'pairing' && (device === null || peer?.id === device)) each.cancel()
    }
  }

  stop(): void {
    for (const each of this.#list.open) each.stop()
  }
}

/** After it was committed a receiver may ask once more, in milliseconds. */
const LINGER_MS = 60_000
