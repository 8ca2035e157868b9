// Where the values lie that a source asks for, in lines that are much alike. An outline names them by their paths; one walk
// over a line's bytes finds them all.
import { CLOSE, COLON, COMMA, ODD, OPEN, plainEnd, QUOTE, startsWith, valueEnd } from './json-bytes.ts'
import { type Leaf, Literal, type Stencil, StencilMaker } from './stencil.ts'

/** Takes the value at `at` itself; returns the index behind it, or a negative number that ends the walk. */
export type Reader = (bytes: Buffer, at: number) => number

/** Keys that an object is known to have; a hostile log has endless others. */
const KEYS_CAP = 256
const KEY_CAP = 64
/** Keys that may come after one; a block of text goes on in three ways. */
const FOLLOWERS_CAP = 4

/** Stencils are made as often as this and then once for so many lines that fitted: making one takes as long as two walks. */
const [FIRST_STENCILS, LINES_A_STENCIL] = [40, 8]
/** Objects that nobody asks for and that are looked into all the same; a hostile log has endless others. */
const UNASKED_CAP = 16
/** Instead of an index: the stencil does not fit the line. */
const MISFIT = -3

/** One key of an object, asked for or not. */
interface Field extends Leaf {
  /** With its quotes and colon, as it stands in the line. */
  readonly key: Literal
  /** -1 for what is passed over. */
  slot: number
  /** Strings with anything escaped are taken too. */
  raw: boolean
  reader: Reader | null
  inside: Shape | null
  /** The keys that came after this one in earlier lines: with hardly an exception one of them comes again. */
  readonly followers: Field[]
}

/** An object of which something is asked for. */
class Shape {
  readonly #fields = new Map<string, Field>()
  /** Stands before the first key. */
  readonly start = newField('')

  fieldOf(name: string): Field {
    const known = this.#fields.get(name)
    if (known !== undefined) return known
    const field = newField(name)
    if (this.#fields.size < KEYS_CAP && name.length <= KEY_CAP) this.#fields.set(name, field)
    return field
  }
}

function newField(name: string): Field {
  const key = new Literal(Buffer.from(`"${name}":`, 'latin1'))
  return { key, slot: -1, raw: false, reader: null, inside: null, followers: [], last: null, varies: false }
}

export class Outline {
  /** Where the value of each slot begins and ends in the bytes walked last; begins at 0 if it is not there. */
  readonly starts: number[] = []
  readonly ends: number[] = []
  readonly #root = new Shape()
  #stencil: Stencil<Field> | null = null
  /** Set while a line is walked of which a stencil is to be made. */
  #maker: StencilMaker<Field> | null = null
  #fitted = 0
  #misfits = 0
  #unasked = 0
  #made = 0

  /** Asks for the value at `path`, like `message.model`; returns its slot. A string with escapes makes the line odd. */
  plain(path: string): number {
    return this.#ask(path).slot
  }

  /** Asks for a value that may be anything; a string's escapes are in it. */
  raw(path: string): number {
    const field = this.#ask(path)
    field.raw = true
    return field.slot
  }

  /** Lets `reader` take the value; returns its slot. */
  read(path: string, reader: Reader): number {
    const field = this.#ask(path)
    field.reader = reader
    return field.slot
  }

  /** Walks the object that begins at `at`; returns the index behind it, ODD, or what a reader ended it with. */
  walk(bytes: Buffer, at: number): number {
    this.#clear()
    return bytes[at] === OPEN ? this.#object(bytes, at, this.#root) : ODD
  }

  /**
   * The same for lines of which each is most likely like the one before, but for some values: then all that lies between those is
   * compared at once. Readers may be called a second time for one line.
   */
  walkAlike(bytes: Buffer, at: number): number {
    if (this.#stencil !== null) {
      this.#clear()
      const end = this.#follow(bytes, at, this.#stencil)
      if (end !== MISFIT) {
        this.#fitted++
        this.#misfits = 0
        return end
      }
    }
    // One line of another form among many is no reason for another stencil.
    const isLone = this.#stencil !== null && this.#misfits++ === 0
    if (isLone || this.#made > FIRST_STENCILS + this.#fitted / LINES_A_STENCIL) return this.walk(bytes, at)
    this.#maker = new StencilMaker()
    const end = this.walk(bytes, at)
    if (end >= 0) {
      this.#stencil = this.#maker.make(bytes, at, end)
      this.#made++
    }
    this.#maker = null
    return end
  }

  #clear(): void {
    const { starts } = this
    for (let slot = 0; slot < starts.length; slot++) starts[slot] = 0
  }

  has(slot: number): boolean {
    return this.starts[slot] !== 0
  }

  /** Whether the slot's value begins with `word`, which a string's closing quote makes the whole of it. */
  is(slot: number, bytes: Buffer, word: Uint8Array): boolean {
    return this.starts[slot] !== 0 && startsWith(bytes, this.starts[slot]!, word)
  }

  #ask(path: string): Field {
    const names = path.split('.')
    const last = names.pop()!
    let shape = this.#root
    for (const name of names) {
      const field = this.#taken(shape, name)
      field.inside ??= new Shape()
      shape = field.inside
    }
    return this.#taken(shape, last)
  }

  #taken(shape: Shape, name: string): Field {
    const field = shape.fieldOf(name)
    if (field.slot < 0) {
      field.slot = this.starts.push(0) - 1
      this.ends.push(0)
    }
    return field
  }

  #object(bytes: Buffer, open: number, shape: Shape): number {
    if (bytes[open + 1] === CLOSE) return open + 2
    let at = open
    let field = shape.start
    do {
      const next = fieldAt(bytes, at + 1, shape, field)
      if (next === null) return ODD
      field = next
      at = this.#value(bytes, at + 1 + field.key.length, field)
      if (at < 0) return at
    } while (bytes[at] === COMMA)
    return bytes[at] === CLOSE ? at + 1 : ODD
  }

  #value(bytes: Buffer, at: number, field: Field): number {
    const { slot } = field
    // Of two values with one key JSON.parse takes the last.
    if (slot >= 0 && this.starts[slot] !== 0) return ODD
    const inside = bytes[at] === OPEN ? this.#insideOf(field) : null
    let end: number
    if (inside === null) {
      end = this.#leaf(bytes, at, field)
      this.#maker?.leaf(field, at, end)
    } else {
      this.#maker?.open(slot, at)
      if (slot >= 0) this.starts[slot] = at
      end = this.#object(bytes, at, inside)
      if (slot >= 0) this.ends[slot] = end
    }
    return end
  }

  /** A stencil may well hold the keys of an object that nobody asks for: then only its numbers are left to be passed over. */
  #insideOf(field: Field): Shape | null {
    if (field.slot >= 0) return field.inside
    if (this.#maker === null) return null
    if (field.inside === null && this.#unasked < UNASKED_CAP) {
      field.inside = new Shape()
      this.#unasked++
    }
    return field.inside
  }

  /** Any value that is not looked into. */
  #leaf(bytes: Buffer, at: number, field: Field): number {
    const { slot, reader } = field
    if (slot < 0) return valueEnd(bytes, at)
    this.starts[slot] = at
    let end: number
    if (reader !== null) end = reader(bytes, at)
    else if (bytes[at] === QUOTE && !field.raw) {
      const quote = plainEnd(bytes, at + 1)
      end = quote < 0 ? ODD : quote + 1
    } else end = valueEnd(bytes, at)
    this.ends[slot] = end
    return end
  }

  /** Walks along a stencil; MISFIT where the line is another. */
  #follow(bytes: Buffer, from: number, { literals, leaves, marks }: Stencil<Field>): number {
    let at = from
    for (let i = 0; i < literals.length; i++) {
      const literal = literals[i]!
      if (!literal.isAt(bytes, at)) return MISFIT
      this.#mark(at, marks[i]!)
      at += literal.length
      if (i === leaves.length) break
      const leaf = leaves[i]!
      if (leaf.inside !== null && bytes[at] === OPEN) return MISFIT
      at = this.#leaf(bytes, at, leaf)
      if (at < 0) return at
    }
    return at
  }

  #mark(at: number, marks: readonly number[]): void {
    for (let i = 0; i < marks.length; i += 3) {
      this.starts[marks[i]!] = at + marks[i + 1]!
      this.ends[marks[i]!] = at + marks[i + 2]!
    }
  }
}

/** The key at `at`, which most likely is one that came after `before` earlier. */
function fieldAt(bytes: Buffer, at: number, shape: Shape, before: Field): Field | null {
  const { followers } = before
  for (let i = 0; i < followers.length; i++) if (followers[i]!.key.isAt(bytes, at)) return followers[i]!
  if (bytes[at] !== QUOTE) return null
  const end = plainEnd(bytes, at + 1)
  if (end < 0 || bytes[end + 1] !== COLON) return null
  const field = shape.fieldOf(bytes.toString('latin1', at + 1, end))
  if (followers.unshift(field) > FOLLOWERS_CAP) followers.pop()
  return field
}
