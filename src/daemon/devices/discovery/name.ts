// Names of DNS, RFC 1035 §3.1: as text, as labels, as bytes.

export const NAME_BYTES = 255
const LABEL_BYTES = 63

/** Labels joined by dots; a dot or a backslash inside a label has a backslash before it. Without the root's dot. */
export type Name = string

/** Names are compared without regard to case. */
export function sameName(a: Name, b: Name): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase()
}

export function nameOf(...labels: readonly string[]): Name {
  return labels.map((label) => label.replace(/[.\\]/g, '\\$&')).join('.')
}

export function labelsOf(name: Name): string[] {
  if (name === '') return []
  const labels = name.match(/(?:\\.|[^.\\])+/gs) ?? []
  return labels.map((label) => label.replace(/\\(.)/gs, '$1'))
}

/** A label of at most 63 bytes, cut between two characters. */
export function labelOf(text: string, bytes = LABEL_BYTES): string {
  let label = ''
  let used = 0
  for (const character of text) {
    used += Buffer.byteLength(character)
    if (used > bytes) break
    label += character
  }
  return label
}

/** A name as it stands in a record's data: not compressed. Throws RangeError. */
export function nameBytes(name: Name): Buffer {
  const bytes = Buffer.concat([...labelsOf(name).map(labelBytes), Buffer.alloc(1)])
  if (bytes.length > NAME_BYTES) throw new RangeError('the name is too long')
  return bytes
}

/** Throws RangeError. */
export function labelBytes(label: string): Buffer {
  const bytes = Buffer.from(label)
  if (bytes.length === 0 || bytes.length > LABEL_BYTES) throw new RangeError('a label has 1 to 63 bytes')
  return Buffer.concat([Buffer.of(bytes.length), bytes])
}
