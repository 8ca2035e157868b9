// Names from logs (models, tools) as small numbers. Names are data: `__proto__` is a model like any other.

/** More distinct names than this share the last one; a log can be hostile, memory is not endless. */
export const NAMES_CAP = 65_000
const OVERFLOW = '(other)'

export class Names {
  readonly #ids = new Map<string, number>()
  readonly list: string[] = []

  constructor(list: readonly string[] = []) {
    for (const name of list) this.idOf(name)
  }

  idOf(name: string): number {
    const known = this.#ids.get(name)
    if (known !== undefined) return known
    if (this.list.length >= NAMES_CAP && name !== OVERFLOW) return this.idOf(OVERFLOW)
    const id = this.list.push(name) - 1
    this.#ids.set(name, id)
    return id
  }

  nameOf(id: number): string {
    return this.list[id] ?? OVERFLOW
  }
}
