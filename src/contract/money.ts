// The currency that people are shown money in. Costs are in US dollars everywhere: this is for the last step alone.
import { type Static, Type } from 'typebox'

export const Display = Type.Object(
  {
    currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217, such as EUR' }),
    perUSD: Type.Number({
      minimum: 0.000_001,
      maximum: 1_000_000,
      description: 'how much of it a US dollar is; fixed, nobody is asked',
    }),
  },
  { additionalProperties: false },
)

/** Beside figures that people may be shown; absent where the config names no currency. */
export const displayed = {
  display: Type.Optional(
    Type.Object(
      { currency: Type.String(), perUSD: Type.Number({ exclusiveMinimum: 0 }) },
      { description: "the config's currency; every costUSD is in US dollars all the same" },
    ),
  ),
}

export type Display = Static<typeof Display>
