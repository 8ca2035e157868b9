// What a source is: the pure reader of one agent's logs. A new agent is one file here and one line in `sources.ts`.
import type { Surroundings } from '../../../contract/paths.ts'
import type { UsageEvent } from '../event.ts'
import type { Found } from './found.ts'
import type { ScanForm } from './scanner.ts'

export interface Folder {
  readonly path: string
  readonly origin: 'default' | 'environment' | 'config'
}

/** What one line told. `M` is what has to be remembered of a file from line to line; plain JSON. */
export interface Told<M> {
  readonly memory: M
  readonly events: readonly UsageEvent[]
  /** Why the line, which should have told of a call, was not counted. */
  readonly rejected?: string
}

export interface LineContext {
  /** Unix milliseconds; a time later than a day from now is not believed. */
  readonly now: number
}

export interface Source<M> {
  readonly agent: string
  /** Where the agent writes when the config says nothing. */
  folders(at: Surroundings): Folder[]
  /** Whether a file, by its path relative to the folder, is one of the agent's logs. */
  isLog(relativePath: string): boolean
  /** The session that the log at `path` is a part of, as a text that it shares with the session's other logs. */
  sessionOf(path: string): string
  /**
   * Which lines are worth parsing, decided by their first `HEAD_BYTES` bytes (as Latin-1), because JSON.parse of everything
   * takes three times as long: `skip` what tells nothing for certain, `read` what may, `search` the line for `marker`
   * where the head does not show it, as in a line with other white space or another order of keys.
   */
  sort(head: string): Verdict
  readonly marker: string
  /** The memory before the first line of the file at `path`. */
  begin(path: string): M
  /**
   * Reads one line. It never throws, whatever the bytes. `line` holds one character a byte (Latin-1), because
   * JSON's structure is ASCII and decoding UTF-8 costs more than parsing; `text` restores what is kept.
   */
  read(line: string, memory: M, context: LineContext): Told<M>
  /** Optional, for speed: how lines are told that the scanner looked over instead of `sort` and `read`. */
  readonly scan?: Scan<M>
}

export interface Scan<M> {
  readonly form: ScanForm
  /** What `read` would tell of the line in which this was found. Never throws. */
  told(found: Found, memory: M): Told<M>
}

export type Verdict = 'skip' | 'read' | 'search'

/** What `sort` gets to see: enough for the keys before a line's type, with a long working folder among them. */
export const HEAD_BYTES = 400

/** Any source, where only its own functions look into its memory. */
export type AnySource = Source<unknown>
