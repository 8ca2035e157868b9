// The rows of a table in blocks: which of them may have changed since someone added them up.

/** 1024 rows a block: a change makes one of them be added up again, which takes well below a millisecond. */
const SHIFT = 10

export class Blocks {
  #clock = 0
  /** Of blocks that nobody touched since `touchAll`. */
  #rest = 0
  #versions: number[] = []

  /** The row is about to change. */
  touch(row: number): void {
    this.#versions[row >>> SHIFT] = ++this.#clock
  }

  touchAll(): void {
    this.#rest = ++this.#clock
    this.#versions = []
  }

  /** Another number whenever a row of the block may have changed. */
  versionOf(block: number): number {
    return this.#versions[block] ?? this.#rest
  }

  static count(rows: number): number {
    return Math.ceil(rows / (1 << SHIFT))
  }

  /** First row of a block. */
  static start(block: number): number {
    return block << SHIFT
  }
}
