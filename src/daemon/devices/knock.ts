// How a paired device is known before its handshake: the server name that it asks for is a knock, which only who holds its token can
// make. It opens nothing. It only says whose turn it is when strangers crowd the door, before anything expensive is done for them.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const CONTEXT = 'tallyd/knock/1'
const NONCE_BYTES = 12
const MAC_BYTES = 16
const FORM = new RegExp(`^[0-9a-f]{${2 * (NONCE_BYTES + MAC_BYTES)}}$`)
/** Knocks of one device that are remembered, so that who overheard one cannot repeat it. */
const REMEMBERED = 512

/** `grantHash` is the token's hash, which both sides know. A name in the form of a host's, another one every time. */
export function knockOf(grantHash: string, nonce: Uint8Array = randomBytes(NONCE_BYTES)): string {
  return Buffer.concat([nonce, macOf(grantHash, nonce)]).toString('hex')
}

export interface Knocker {
  readonly id: string
  readonly grantHash: string | null
}

export class Knocks {
  readonly #knockers: () => Iterable<Knocker>
  readonly #heard = new Map<string, Set<string>>()

  constructor(knockers: () => Iterable<Knocker>) {
    this.#knockers = knockers
  }

  /** How many knocks are remembered, of all devices. */
  get remembered(): number {
    return [...this.#heard.values()].reduce((sum, { size }) => sum + size, 0)
  }

  /** The device whose knock this is; null if nobody's, or if it was heard before. */
  whose(name: string): string | null {
    if (!FORM.test(name)) return null
    const bytes = Buffer.from(name, 'hex')
    const [nonce, mac] = [bytes.subarray(0, NONCE_BYTES), bytes.subarray(NONCE_BYTES)]
    for (const { id, grantHash } of this.#knockers()) {
      if (grantHash !== null && timingSafeEqual(macOf(grantHash, nonce), mac)) {
        return this.#isNew(id, name) ? id : null
      }
    }
    return null
  }

  #isNew(id: string, name: string): boolean {
    const heard = this.#heard.get(id) ?? this.#begin(id)
    if (heard.has(name)) return false
    heard.add(name)
    for (const oldest of heard) {
      if (heard.size <= REMEMBERED) break
      heard.delete(oldest)
    }
    return true
  }

  /** Begins a device's list, and ends those of devices that are not paired any more: what they showed opens nothing. */
  #begin(id: string): Set<string> {
    const paired = new Set(Array.from(this.#knockers(), (knocker) => knocker.id))
    for (const known of this.#heard.keys()) if (!paired.has(known)) this.#heard.delete(known)
    const heard = new Set<string>()
    this.#heard.set(id, heard)
    return heard
  }
}

function macOf(grantHash: string, nonce: Uint8Array): Buffer {
  const mac = createHmac('sha256', Buffer.from(grantHash, 'hex')).update(CONTEXT).update(nonce).digest()
  return mac.subarray(0, MAC_BYTES)
}
