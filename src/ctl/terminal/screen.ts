// The only file that prints. The rules: the answer on stdout, everything else on stderr; no banners, no emoji, no
// exclamation marks; sentences in lower case without a final stop; figures to the right with their units; colour
// means something and never stands alone; in a pipe no bars, no colour, nothing shortened; every error and every
// empty state ends in what to do next.
import { existsSync, readFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isatty } from 'node:tty'
import { wrapped } from './text.ts'

export type Meaning = 'good' | 'warning' | 'broken' | 'aside'

const CODES: Readonly<Record<Meaning, number>> = { good: 32, warning: 33, broken: 31, aside: 2 }

type Environment = Readonly<Record<string, string | undefined>>

export class Screen {
  readonly #env: Environment
  readonly #program: string
  #command: string | null = null
  #docs: string | null | undefined

  /** `program` is the file that runs, which tells whether this is a clone. */
  constructor(env: Environment, program: string) {
    this.#env = env
    this.#program = program
  }

  /** Width of the terminal on stdout; null when it is none. */
  get columns(): number | null {
    return isatty(1) ? process.stdout.columns || 80 : null
  }

  /** Height of the terminal on stdout. */
  get rows(): number {
    return process.stdout.rows || 24
  }

  /** Whether stdout is a terminal that can move its cursor. */
  get canRedraw(): boolean {
    return isatty(1) && this.#env['TERM'] !== 'dumb'
  }

  /** Width of the terminal on stderr where progress may be drawn; null when it is none. */
  get progressColumns(): number | null {
    return isatty(2) && this.#env['TERM'] !== 'dumb' ? process.stderr.columns || 80 : null
  }

  /** Prints lines of the answer. */
  async answer(...lines: readonly string[]): Promise<void> {
    await put(1, `${lines.join('\n')}\n`)
  }

  /** Prints the answer as it is. */
  async raw(text: string): Promise<void> {
    await put(1, text)
  }

  /** Prints an object as JSON with two spaces. */
  async json(value: unknown): Promise<void> {
    await put(1, `${JSON.stringify(value, null, 2)}\n`)
  }

  /** Prints lines that are not the answer, on stderr; on a terminal broken at spaces, so that no word is cut at the edge. */
  async note(...lines: readonly string[]): Promise<void> {
    const columns = isatty(2) ? process.stderr.columns || 80 : null
    await put(2, `${lines.flatMap((line) => wrapped(line, columns)).join('\n')}\n`)
  }

  /** Replaces the progress line; an empty text removes it. */
  async progress(text: string): Promise<void> {
    await put(2, `\r\x1b[K${text}`)
  }

  get hasColours(): boolean {
    return this.#colours()
  }

  /** Colours text on stdout by what it means. */
  mark(text: string, meaning: Meaning): string {
    return this.#colours() ? `\x1b[${CODES[meaning]}m${text}\x1b[0m` : text
  }

  /** A sentence with what can be used here: its commands as they are typed, its pages of the docs by their paths where they are installed. */
  typed(sentence: string): string {
    const { docs } = this
    const said = this.commandsTyped(sentence)
    return docs === null
      ? said
      : said.replace(/(^|[\s(])docs\/(?=[a-z-]+\.md)/g, (_, before) => `${before}${docs}/`)
  }

  /** Where the docs are installed; null in a clone, in which `docs/` says it, and where they are not. */
  get docs(): string | null {
    if (this.#docs === undefined) {
      const root = isClone(this.#program) ? null : packageRoot(this.#program)
      this.#docs = root !== null && existsSync(join(root, 'docs')) ? join(root, 'docs') : null
    }
    return this.#docs
  }

  /** Commands inside a sentence, as they must be typed here: `tallyctl`, or `npx tallyctl` from a clone. */
  commandsTyped(sentence: string): string {
    this.#command ??= isClone(this.#program) ? 'npx tallyctl' : 'tallyctl'
    return sentence.replace(/(^|[\s`(])tallyctl(?=\s|`|$)/g, `$1${this.#command}`)
  }

  #colours(): boolean {
    const { NO_COLOR: no, FORCE_COLOR: force, TERM: term } = this.#env
    if (no !== undefined && no !== '') return false
    if (force !== undefined) return force !== '0' && force !== 'false'
    return isatty(1) && term !== 'dumb'
  }
}

/** A clone has its sources beside it and is no package that npm installed. */
function isClone(program: string): boolean {
  const root = packageRoot(program)
  return root !== null && !/[\\/]node_modules[\\/]/.test(root) && existsSync(join(root, 'src', 'ctl'))
}

/** The folder above `program` whose package.json is ours, or null: the bundle has one beside it that is not. */
export function packageRoot(program: string): string | null {
  for (let folder = dirname(program); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (existsSync(file) && /"name":\s*"tallyd"/.test(readFileSync(file, 'utf8'))) return folder
  }
  return null
}

// Synchronous, because opening process.stdout costs more than the whole answer, and because then nothing is lost
// when the process exits. A reader that is slow on a non-blocking pipe gets the rest through the stream.
async function put(descriptor: 1 | 2, text: string): Promise<void> {
  const data = Buffer.from(text)
  let at = 0
  try {
    while (at < data.length) at += writeSync(descriptor, data, at)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // `tallyctl usage | head` has all it wanted.
    if (code === 'EPIPE') process.exit(0)
    if (code !== 'EAGAIN') throw error
    const stream = descriptor === 1 ? process.stdout : process.stderr
    stream.once('error', () => process.exit(0))
    await new Promise<void>((resolve) => stream.write(data.subarray(at), () => resolve()))
  }
}
