// What a widget format is: one file for each host, and one line in formats.ts. Pure: a text follows from the facts alone, so
// that everybody who follows a format shares one text, and nothing is sent while nothing changes.
import type { Glance } from '../../../contract/glance.ts'

export interface Facts {
  /** Null where tallyd does not run. */
  readonly glance: Glance | null
  /** What runs tallyctl, word by word; the first word is a program. For menus that open a terminal. */
  readonly tallyctl: readonly string[]
  /** A moment, RFC 3339, as clocks in the glance's zone show it, RFC 3339 too. */
  readonly local: (at: string) => string
}

/** A file of its own that the host takes whole: a plugin. */
export interface PluginFile {
  readonly name: string
  /** Where plugins lie on this host, below the user's home; null where only the host's settings know. */
  readonly folder: string | null
  /** A key of macOS' defaults that names the folder: domain and key. */
  readonly setting?: readonly [domain: string, key: string]
}

/** What makes a host show the widget. In `text`, {{tallyctl}} stands for the command and {{lastText}} for the path of last.txt. */
export interface Install {
  /** Where the text goes, in words. */
  readonly into: string
  readonly file?: PluginFile
  readonly text: string
}

export interface WidgetFormat {
  readonly name: string
  /** The host, in a few words. */
  readonly says: string
  readonly install: Install
  /** One widget as the host reads it, without the line break that ends it. */
  line(facts: Facts): string
}
