// From bytes to a ceremony message and back: nothing reaches a machine that does not fit the contract.
import type { CeremonyMessage } from '../../contract/ceremony.ts'
import { LONGEST_CEREMONY_MESSAGE } from '../../contract/ceremony-words.ts'
import { fitsCeremonyMessage } from '../../contract/generated/wire.ts'

/** null if it is too long, no JSON, or no message of the contract. Never throws. */
export function readMessage(text: string): CeremonyMessage | null {
  if (text.length > LONGEST_CEREMONY_MESSAGE || Buffer.byteLength(text) > LONGEST_CEREMONY_MESSAGE)
    return null
  try {
    const value: unknown = JSON.parse(text)
    return fitsCeremonyMessage(value) ? value : null
  } catch {
    return null
  }
}

/** Which ceremony a connection's first message begins; null if none. */
export function ceremonyBegunBy(message: CeremonyMessage | null): 'compare' | 'code' | null {
  if (message?.type === 'start') return 'compare'
  return message?.type === 'shareP' ? 'code' : null
}

/** As the contract wants bytes. */
export function encoded(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/** The bytes of a field that the contract's schema let through. */
export function decoded(text: string): Buffer {
  return Buffer.from(text, 'base64url')
}
