// A checkpoint of an older schema is read forward: step by step it becomes one of ours, in memory, and is then read like any other. A
// step sees sections as bytes, since another schema has other columns, other sections, or other lines in them.
import { SCHEMAS, stepsFrom } from '../../store/schemas.ts'
import { encodeHeader, type Header, sectionBytes } from './envelope.ts'
import { BrokenCheckpoint, heldBytes, type StoredBytes } from './stored-bytes.ts'

/** What a checkpoint of any schema holds. */
export interface Contents {
  /** What the header has beside schema and sections. */
  readonly header: Readonly<Record<string, unknown>>
  /** By name, in the order in which they are written. */
  readonly sections: Readonly<Record<string, { readonly rows: number; readonly bytes: Buffer }>>
}

export interface CheckpointFormat {
  readonly schema: number
  /** How older ones become newer ones: under each schema that a checkpoint may still have, the step to the one after it. It may throw. */
  readonly older: Readonly<Record<number, (older: Contents) => Contents>>
}

/** What this version writes. Every schema so far is 1. */
export const FORMAT: CheckpointFormat = { schema: SCHEMAS.checkpoint, older: {} }

/**
 * A checkpoint of our schema that holds what one of an older schema does. Takes its size in memory twice for a moment. Throws
 * BrokenCheckpoint where it is damaged, where no steps lead to our schema, and where one fails.
 */
export function readForward(stored: StoredBytes, header: Header, format: CheckpointFormat): StoredBytes {
  const { schema, older } = format
  const steps = stepsFrom(header.schema, schema, older)
  if (steps === null) throw new BrokenCheckpoint(`it is of schema ${header.schema}, not ${schema}`)
  const contents = steps.reduce(
    (made, step, index) => {
      try {
        return step(made)
      } catch (error) {
        const from = header.schema + index
        const why = error instanceof Error ? error.message : String(error)
        throw new BrokenCheckpoint(`it is of schema ${header.schema}; from ${from} to ${from + 1}: ${why}`)
      }
    },
    contentsOf(stored, header),
  )
  return heldBytes(encodeContents(contents, schema))
}

/** Throws BrokenCheckpoint. */
function contentsOf(stored: StoredBytes, { schema: _, sections, ...header }: Header): Contents {
  const read = sections.map(
    (section) => [section.name, { rows: section.rows, bytes: sectionBytes(stored, section) }] as const,
  )
  return { header, sections: Object.fromEntries(read) }
}

/** The bytes of a checkpoint. */
export function encodeContents({ header, sections }: Contents, schema: number): Buffer {
  const parts = Object.entries(sections).map(
    ([name, { rows, bytes }]) => [name, { rows, parts: [bytes] }] as const,
  )
  const { bytes: head } = encodeHeader({ ...header, schema }, Object.fromEntries(parts))
  return Buffer.concat([head, ...Object.values(sections).map(({ bytes }) => bytes)])
}
