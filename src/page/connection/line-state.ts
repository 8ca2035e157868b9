// How the line stands.

export type LineState =
  | { readonly is: 'opening' }
  | { readonly is: 'live' }
  /** Unix milliseconds. */
  | { readonly is: 'lost'; readonly since: number; readonly nextTry: number }
  | { readonly is: 'ended'; readonly since: number }
