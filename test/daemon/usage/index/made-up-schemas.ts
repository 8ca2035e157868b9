// Two schemas that never were, below a third which is what this version writes under another number: so that steps have something to do.
// Schema 1 has its names in one object and its logs as one array; schema 2 has the first two columns of a bucket the other way round.
import { readFileSync, writeFileSync } from 'node:fs'
import { type Header, readHeader, sectionBytes } from '../../../../src/daemon/usage/index/envelope.ts'
import {
  type CheckpointFormat,
  type Contents,
  encodeContents,
} from '../../../../src/daemon/usage/index/older-checkpoint.ts'
import { heldBytes } from '../../../../src/daemon/usage/index/stored-bytes.ts'

export type Step = CheckpointFormat['older'][number]

const fromFirst: Step = ({ header, sections }) => ({
  header: header['names'] as Contents['header'],
  sections: changed(sections, 'files', (bytes) => {
    const rows = JSON.parse(bytes.toString()) as unknown[]
    return Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  }),
})

const fromSecond: Step = ({ header, sections }) => ({
  header,
  sections: changed(sections, 'buckets', swapped),
})

export const THIRD: CheckpointFormat & { readonly older: { readonly 1: Step; readonly 2: Step } } = {
  schema: 3,
  older: { 1: fromFirst, 2: fromSecond },
}

/** The checkpoint at `path`, whose schema is what this version writes, becomes one of a made-up schema. Returns its bytes. */
export function makeOlder(path: string, schema: 1 | 2): Buffer {
  const second = fromSecond(contentsIn(readFileSync(path)))
  const bytes = encodeContents(schema === 2 ? second : firstOf(second), schema)
  writeFileSync(path, bytes)
  return bytes
}

export function schemaIn(path: string): number {
  return readHeader(heldBytes(readFileSync(path))).schema
}

function firstOf({ header, sections }: Contents): Contents {
  const files = (bytes: Buffer) => {
    const lines = bytes.toString().split('\n').filter(Boolean)
    return Buffer.from(JSON.stringify(lines.map((line) => JSON.parse(line) as unknown)))
  }
  return { header: { names: header }, sections: changed(sections, 'files', files) }
}

function contentsIn(whole: Buffer): Contents {
  const stored = heldBytes(whole)
  const { schema: _, sections, ...header }: Header = readHeader(stored)
  const read = sections.map(
    (section) => [section.name, { rows: section.rows, bytes: sectionBytes(stored, section) }] as const,
  )
  return { header, sections: Object.fromEntries(read) }
}

function changed(
  sections: Contents['sections'],
  name: string,
  change: (bytes: Buffer, rows: number) => Buffer,
): Contents['sections'] {
  const { rows, bytes } = sections[name]!
  return { ...sections, [name]: { rows, bytes: change(bytes, rows) } }
}

/** The first two columns have four bytes a row each. */
function swapped(bytes: Buffer, rows: number): Buffer {
  const column = rows * 4
  const [first, second] = [bytes.subarray(0, column), bytes.subarray(column, 2 * column)]
  return Buffer.concat([second, first, bytes.subarray(2 * column)])
}
