// The shape of the generated validators: Ajv's, reduced to what is read of it.

/** What does not fit, and where; the schema at that place names the keys that are known there. */
export interface Misfit {
  /** JSON Pointer of the place; empty for the whole. */
  readonly instancePath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message?: string
  readonly schema?: unknown
  readonly parentSchema?: {
    readonly properties?: Readonly<Record<string, unknown>>
    readonly patternProperties?: Readonly<Record<string, unknown>>
  }
  readonly data?: unknown
}

/** Says whether a value fits; if not, `errors` tells of the first misfit (of every branch of a union). */
export interface Validator {
  (value: unknown): boolean
  errors?: readonly Misfit[] | null
}
