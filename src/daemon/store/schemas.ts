// Which schema each state file has in this version, and the refusal of what a newer one wrote: read as an older one it would be put
// aside, and an owner who only went back a version would have lost devices and tokens.
import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { join, parse } from 'node:path'
import { TallyError } from '../../contract/errors.ts'
import type { Paths } from '../../contract/paths.ts'
import { quoted } from '../../contract/shell-words.ts'

/** By the file's name in `Paths`. A higher number comes with a step in the file's `older`, which makes the new shape of the one before. */
export const SCHEMAS = {
  checkpoint: 1,
  identity: 1,
  devices: 1,
  tokens: 1,
  web: 1,
  webPort: 1,
  logins: 1,
  quotas: 1,
  alerts: 1,
  incidents: 1,
  vault: 1,
} as const satisfies Partial<Record<keyof Paths, number>>

/** In every file the schema stands within so many bytes of its beginning. */
const HEAD_BYTES = 256

/** Throws TallyError newerState where a state file has a schema that `version` of tallyd does not know yet. Nothing is changed. */
export function refuseNewer(paths: Paths, version: string): void {
  for (const [name, known] of Object.entries(SCHEMAS) as [keyof typeof SCHEMAS, number][]) {
    const found = schemaOf(paths[name])
    if (found === null || found <= known) continue
    const kept = olderPath(paths[name], known)
    const back = existsSync(kept)
      ? `; or go back to before the upgrade, without what came since: mv ${quoted(kept)} ${quoted(paths[name])}`
      : `; or put ${paths[name]} of before the upgrade back`
    throw new TallyError(
      'newerState',
      `${paths[name]} has schema ${found}; this tallyd, ${version}, knows ${known}`,
      `install the newer tallyd again, see docs/quick-start.md${back}`,
    )
  }
}

/** Where the file is kept as it was before it was made new: `NAME.schema-1.json`, or what else its name ends with. */
export function olderPath(path: string, schema: number): string {
  const { dir, name, ext } = parse(path)
  return join(dir, `${name}.schema-${schema}${ext}`)
}

/** The steps from the schema that a file has to ours, in their order; null where none, or not every one, leads there. */
export function stepsFrom<S>(
  schema: unknown,
  ours: number,
  older: Readonly<Record<number, S>>,
): NonNullable<S>[] | null {
  if (typeof schema !== 'number' || !Number.isSafeInteger(schema) || schema > ours || schema < 1) return null
  const steps = Array.from({ length: ours - schema }, (_, index) => older[schema + index])
  return steps.every((step) => step !== undefined && step !== null) ? (steps as NonNullable<S>[]) : null
}

/** Null where there is no file, or none that says its schema: whoever reads it reports that. */
function schemaOf(path: string): number | null {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const head = Buffer.alloc(HEAD_BYTES)
    const length = readSync(file, head, 0, HEAD_BYTES, 0)
    const [, schema] = /"schema":\s*(\d{1,9})\b/.exec(head.toString('latin1', 0, length)) ?? []
    return schema === undefined ? null : Number(schema)
  } catch {
    return null
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
