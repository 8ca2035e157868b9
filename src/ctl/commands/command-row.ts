// What a row of the table of commands is: its words, its flags, its examples.

export interface Flag {
  readonly name: string
  readonly short?: string
  /** What the value is called in help; absent where the flag takes none. */
  readonly value?: string
  /** Given without a value, the value is asked for. */
  readonly mayAsk?: true
  /** The only values there are. */
  readonly choices?: readonly string[]
  /** What completion offers where other values are allowed too. */
  readonly suggestions?: readonly string[]
  /** The value is a list of choices with commas between. */
  readonly list?: true
  /** May be given more than once. */
  readonly many?: true
  readonly says: string
}

export interface Word {
  readonly name: string
  readonly choices?: readonly string[]
  /** What completion offers where other words are allowed too. */
  readonly suggestions?: readonly string[]
  readonly optional?: true
  readonly says: string
}

export interface CommandRow {
  readonly says: string
  readonly words: readonly Word[]
  readonly flags: readonly Flag[]
  /** Sentences under the flags; one string a paragraph. */
  readonly more?: readonly string[]
  readonly examples: readonly { readonly line: string; readonly says: string }[]
}
