// Pango markup as its documentation has it, for as much as our widgets use: tags with attributes, five entities and numbers.
// Throws on everything that Pango takes as an error, and then shows nothing.

/** The text without tags, entities resolved. `tags` are those that may stand there. */
export function shownOf(markup: string, tags: readonly string[]): string {
  let shown = ''
  const open: string[] = []
  for (const [piece] of markup.matchAll(/<[^>]*>|&[^;]*;|[^<&]+|[<&]/g)) {
    if (piece.startsWith('&')) shown += entity(piece)
    else if (piece.startsWith('</')) {
      if (open.pop() !== piece.slice(2, -1)) throw new Error(`closes what is not open: ${piece}`)
    } else if (piece.startsWith('<')) {
      const tag = /^<(\w+)(?: \w+="[^"<&]*")*>$/.exec(piece)?.[1]
      if (tag === undefined || !tags.includes(tag)) throw new Error(`no tag of ours: ${piece}`)
      open.push(tag)
    } else shown += piece
  }
  if (open.length > 0) throw new Error(`left open: ${open.join(', ')}`)
  return shown
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function entity(piece: string): string {
  const name = piece.slice(1, -1)
  const number = /^#(\d+)$/.exec(name)?.[1]
  const character = number === undefined ? NAMED[name] : String.fromCodePoint(Number(number))
  if (character === undefined) throw new Error(`no entity: ${piece}`)
  return character
}
