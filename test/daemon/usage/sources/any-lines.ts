// Lines as agents write them, and the same with something wrong: other values, other orders, damaged bytes.
import fc from 'fast-check'
import { generatedLogs } from '../generated-logs.ts'

/** Real lines of both agents. */
export const realLine = generatedLogs
  .map((files) => files.flatMap(({ lines }) => lines))
  .filter((lines) => lines.length > 0)
  .chain((lines) => fc.constantFrom(...lines))

/** Values that JSON can hold and no log should. */
export const oddValue = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    -1,
    1e308,
    0.5,
    null,
    true,
    '',
    '__proto__',
    'NaN',
    [],
    {},
    [[[]]],
    { toString: 1 },
    '9'.repeat(400),
  ),
)

/** `line` in which one value, at any depth, is another. */
export const mutated = (line: fc.Arbitrary<string>) =>
  fc.tuple(line, fc.nat(1000), oddValue).map(([line, at, value]) => {
    const whole = JSON.parse(line) as unknown
    const places: { owner: Record<string, unknown>; key: string }[] = []
    const visit = (owner: unknown): void => {
      if (typeof owner !== 'object' || owner === null) return
      for (const key of Object.keys(owner)) {
        places.push({ owner: owner as Record<string, unknown>, key })
        visit((owner as Record<string, unknown>)[key])
      }
    }
    visit(whole)
    const { owner, key } = places[at % places.length]!
    owner[key] = value
    return JSON.stringify(whole)
  })

/** `line` in which some bytes are others, or which ends early. */
export const damaged = (line: fc.Arbitrary<string>) =>
  fc
    .tuple(line, fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 4 }), fc.nat(2000))
    .map(([line, changes, cut]) => {
      const bytes = Buffer.from(line)
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte
      return bytes.subarray(0, cut < 1000 ? bytes.length : cut)
    })
