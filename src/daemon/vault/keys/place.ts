// What every place is in which the key of the vault can rest: one file each beside this one.
import { checkOf, type KeyHeader } from '../sealed.ts'

/** A key of 32 bytes, and the header by which it is found again. */
export interface MadeKey {
  readonly header: KeyHeader
  readonly key: Buffer
}

export interface KeyPlace {
  /** Puts a key there, or derives one; `passphrase` for the place that needs it. Throws TallyError, or what the disk says. */
  make(passphrase: string | undefined): Promise<MadeKey>
  /** Throws TallyError where it cannot be had. Whether it is the right one the caller tells. */
  get(header: KeyHeader): Promise<Buffer>
  /** Nothing is encrypted under it any more. Throws TallyError, or what the disk says. */
  forget(header: KeyHeader): Promise<void>
}

type Unchecked = KeyHeader extends infer H ? (H extends KeyHeader ? Omit<H, 'check'> : never) : never

export function made(header: Unchecked, key: Buffer): MadeKey {
  return { header: { ...header, check: checkOf(header.id, key) } as KeyHeader, key }
}
