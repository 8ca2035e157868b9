// Names on their way out: each has a number in the log's lists, one in ours after the sanitiser, and one in the answer that needs it.
import type { Names } from '../tallies/names.ts'

/** From the log's number to ours. */
export type Translate = (id: number) => number

/** A log's name as small number → the name that leaves, as ours. Past `cap` names all others are `rest`. */
export function translated(
  from: Names,
  to: Names,
  asTold: (name: string) => string,
  cap: number,
  rest: string,
): Translate {
  const known: number[] = []
  return (id) => {
    let own = known[id]
    if (own === undefined) {
      own = to.idOf(asTold(from.nameOf(id)))
      if (own >= cap) own = to.idOf(rest)
      known[id] = own
    }
    return own
  }
}

/** Names in the order in which an answer first needs them: it brings no others. */
export class Listed {
  readonly list: string[] = []
  readonly #names: Names
  readonly #indexes = new Map<number, number>()

  constructor(names: Names) {
    this.#names = names
  }

  indexOf(id: number): number {
    let index = this.#indexes.get(id)
    if (index === undefined) {
      index = this.list.push(this.#names.nameOf(id)) - 1
      this.#indexes.set(id, index)
    }
    return index
  }
}
