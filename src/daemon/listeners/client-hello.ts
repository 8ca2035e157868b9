// The first bytes of a TLS connection, read before anything is done with them: is it a handshake, and which server does it ask for?
// Only where the fields lie is looked at; OpenSSL reads the same bytes again and judges them.

/** Ours have about 400 bytes, with post-quantum key shares about 1,600; a longer one is not waited for. */
export const LONGEST_HELLO = 4_096

/** `more`: the record is not whole yet. `broken`: no ClientHello. */
export type Hello = 'more' | 'broken' | { readonly serverName: string | null }

const HANDSHAKE = 0x16
const CLIENT_HELLO = 1
const SERVER_NAME = 0
const HOST_NAME = 0

/** Reads one whole record (RFC 8446 §5.1) with a ClientHello (§4.1.2) in it. Never throws. */
export function readHello(bytes: Buffer): Hello {
  if (bytes.length > 0 && bytes[0] !== HANDSHAKE) return 'broken'
  if (bytes.length < 5) return 'more'
  const end = 5 + bytes.readUInt16BE(3)
  if (end > LONGEST_HELLO) return 'broken'
  if (bytes.length < end) return 'more'
  try {
    return { serverName: serverNameIn(bytes.subarray(5, end)) }
  } catch {
    return 'broken'
  }
}

/** Throws a RangeError where a length leads outside. */
function serverNameIn(hello: Buffer): string | null {
  if (hello[0] !== CLIENT_HELLO) throw new RangeError('another message')
  // Type and length, version, random.
  let at = 4 + 2 + 32
  at += 1 + hello.readUInt8(at)
  at += 2 + hello.readUInt16BE(at)
  at += 1 + hello.readUInt8(at)
  const end = at + 2 + hello.readUInt16BE(at)
  at += 2
  while (at < end) {
    const [type, length] = [hello.readUInt16BE(at), hello.readUInt16BE(at + 2)]
    // RFC 6066 §3: a list of names, each with its type; there is one type.
    if (type === SERVER_NAME && length >= 5 && hello.readUInt8(at + 6) === HOST_NAME) {
      const size = hello.readUInt16BE(at + 7)
      return hello.subarray(at + 9, at + 9 + size).toString('latin1')
    }
    at += 4 + length
  }
  return null
}
