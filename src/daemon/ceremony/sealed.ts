// What a transfer says is sealed once more inside TLS, with keys that only the two ends have that proved the code to each other, or
// that are paired: AES-256-GCM (NIST SP 800-38D), a key for each direction by HKDF (RFC 5869), each frame bound to the transfer and to its
// place in the sequence. A frame that is left out, comes twice, or is of another transfer or direction does not open.
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { requireBytes } from './machine.ts'

/** Bytes of a message that one frame carries: with its mark and tag it fits what the LAN listener reads. */
export const PIECE_BYTES = 960
const TAG_BYTES = 16
const KEY_BYTES = 32
export const LONGEST_FRAME = 1 + PIECE_BYTES + TAG_BYTES
const [MORE, LAST] = [0, 1]

export interface SealedFacts {
  /** SPAKE2+'s shared key, or the exporter of the connection of two paired devices; 32 bytes. */
  readonly secret: Uint8Array
  /** Of the transfer, 16 bytes. */
  readonly transfer: Uint8Array
  /** Fingerprints, 32 bytes each. */
  readonly sender: Uint8Array
  readonly receiver: Uint8Array
}

export type SealedRole = 'sender' | 'receiver'

export interface Sealing {
  /** The frames of one message, in their order. */
  seal(message: Uint8Array): Uint8Array[]
}

export interface Opening {
  /** The message that this frame completes, or null where more of it comes. Throws where the frame is not the next one, or the message is longer than `most`. */
  open(frame: Uint8Array): Buffer | null
}

/** Both directions as one side has them. `most`: bytes of the longest message that is taken. */
export function sealedFor(role: SealedRole, facts: SealedFacts, most: number): Sealing & Opening {
  const { transfer } = facts
  const other: SealedRole = role === 'sender' ? 'receiver' : 'sender'
  return { ...sealing(keyOf(facts, role), transfer), ...opening(keyOf(facts, other), transfer, most) }
}

/** Salt = transfer id ‖ fpS ‖ fpR ‖ who writes. */
function keyOf({ secret, transfer, sender, receiver }: SealedFacts, writer: SealedRole): Buffer {
  requireBytes(secret, KEY_BYTES, 'the secret of a transfer')
  requireBytes(transfer, 16, 'the id of a transfer')
  requireBytes(sender, 32, "sender's fingerprint")
  requireBytes(receiver, 32, "receiver's fingerprint")
  const salt = Buffer.concat([transfer, sender, receiver, Buffer.from(writer, 'ascii')])
  return Buffer.from(hkdfSync('sha256', secret, salt, 'tallyd/transfer/1', KEY_BYTES))
}

function sealing(key: Buffer, transfer: Uint8Array): Sealing {
  let sequence = 0
  return {
    seal(message) {
      const frames: Uint8Array[] = []
      for (let at = 0; at === 0 || at < message.length; at += PIECE_BYTES) {
        const isLast = at + PIECE_BYTES >= message.length
        const { nonce, aad } = placeOf(transfer, sequence++)
        const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad)
        frames.push(
          Buffer.concat([
            cipher.update(Uint8Array.of(isLast ? LAST : MORE)),
            cipher.update(message.subarray(at, at + PIECE_BYTES)),
            cipher.final(),
            cipher.getAuthTag(),
          ]),
        )
      }
      return frames
    },
  }
}

function opening(key: Buffer, transfer: Uint8Array, most: number): Opening {
  let sequence = 0
  let parts: Buffer[] = []
  let bytes = 0
  return {
    open(frame) {
      if (frame.length <= TAG_BYTES || frame.length > LONGEST_FRAME) throw new RangeError('no frame')
      const { nonce, aad } = placeOf(transfer, sequence++)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(aad)
      decipher.setAuthTag(frame.subarray(-TAG_BYTES))
      const plain = Buffer.concat([decipher.update(frame.subarray(0, -TAG_BYTES)), decipher.final()])
      bytes += plain.length - 1
      if (bytes > most) throw new RangeError('the message is too long')
      parts.push(plain.subarray(1))
      if (plain[0] === MORE) return null
      const message = Buffer.concat(parts)
      parts = []
      bytes = 0
      return message
    },
  }
}

/** A counter as nonce (SP 800-38D §8.2.1): each key is of one direction of one connection of one transfer. AAD = transfer id ‖ sequence. */
function placeOf(transfer: Uint8Array, sequence: number): { nonce: Buffer; aad: Buffer } {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64BE(BigInt(sequence), 4)
  return { nonce, aad: Buffer.concat([transfer, nonce.subarray(4)]) }
}
