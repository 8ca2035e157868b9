// From six digits to SPAKE2+'s secrets. Computed for each attempt, in the thread pool: 16 MB and some 50 ms.
import { scrypt } from 'node:crypto'
import { type Secrets, type Setting, secretsFrom, withLengths } from './spake2plus.ts'

/** RFC 7914; slow enough that an online guesser gains nothing, cheap enough for small machines. */
const SCRYPT = { N: 2 ** 14, r: 8, p: 1, maxmem: 32 * 1024 * 1024 }
/** RFC 9383 §3.2: for P-256 at least 80 bytes. */
const HASHED_BYTES = 80

/**
 * RFC 9383 §3.2: w0s ‖ w1s = PBKDF(len(pw) ‖ pw ‖ len(idProver) ‖ idProver ‖ len(idVerifier) ‖ idVerifier), each half modulo
 * the order. `code` is six digits; the identities are the raw fingerprints. Rejects with a RangeError for another code.
 */
export async function secretsOf(
  code: string,
  { prover, verifier }: Omit<Setting, 'context'>,
): Promise<Secrets> {
  if (!/^[0-9]{6}$/.test(code)) throw new RangeError('a code is six digits')
  const password = withLengths([Buffer.from(code, 'ascii'), prover, verifier])
  const hashed = await new Promise<Buffer>((resolve, reject) => {
    scrypt(password, Buffer.alloc(0), HASHED_BYTES, SCRYPT, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
  return secretsFrom(hashed)
}
