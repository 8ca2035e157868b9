// What went wrong and was survived: a bounded list that doctor shows and that outlives a restart.
import { existsSync } from 'node:fs'
import type { Document } from './document.ts'
import type { Quarantine } from './durable-file.ts'
import type { Log } from './log.ts'
import { SCHEMAS } from './schemas.ts'

/** One kind of trouble with one subject; the same again raises `count` and `lastAt`. */
export interface Incident {
  /** Stable word, e.g. `checkpointQuarantined`. */
  readonly code: string
  /** The thing, e.g. a path. */
  readonly subject: string
  readonly says: string
  readonly next: string
  /** A file that was put aside because of it, and that the owner removes once it is of no use: the incident goes with it. */
  readonly kept?: string
  readonly firstAt: string
  readonly lastAt: string
  readonly count: number
}

/** `kept` is null, or left out, where nothing was put aside. */
export type Recorded = Pick<Incident, 'code' | 'subject' | 'says' | 'next'> & {
  readonly kept?: string | null
}

export interface Incidents {
  /** Records it; never throws, even on a full disk (memory keeps it then). */
  record(incident: Recorded): void
  /** Takes back what is true no more, e.g. a disk that has room again; without a subject not what keeps a file. */
  resolve(code: string, subject?: string): void
  list(): readonly Incident[]
}

/** Incidents with their file: read after the socket answers, written soon after each change. */
export interface StoredIncidents extends Incidents {
  /** Reads the file and adds what it holds to what was recorded meanwhile. Never throws. */
  load(): Promise<void>
  /** Takes back those whose file was removed. */
  sweep(): void
  /** Writes what is not written yet. Never throws. */
  flush(): Promise<void>
  /** Why the list could not be written; undefined when the disk has it. */
  unwritten(): string | undefined
}

interface IncidentsContext {
  readonly path: string
  readonly log: Log
  readonly now: () => number
  readonly onChanged: () => void
}

const CAP = 100
/** A flood of incidents is written this often, in milliseconds. */
const PAUSE_MS = 1_000
/** When the disk refused, it is asked again after this long, in milliseconds. */
const RETRY_MS = 60_000
/** Longest text kept of each part. */
const LONGEST = 1_000

type Change = (list: Map<string, Incident>) => boolean

export function createIncidents({ path, log, now, onChanged }: IncidentsContext): StoredIncidents {
  let list = new Map<string, Incident>()
  let document: Document<Incident[]> | undefined
  let early: Change[] | undefined = []
  let dirty = false
  let trouble: string | undefined
  let timer: NodeJS.Timeout | undefined

  function apply(change: Change): void {
    early?.push(change)
    if (!change(list)) return
    dirty = true
    if (early === undefined) timer ??= setTimeout(() => void save(), PAUSE_MS).unref()
    onChanged()
  }

  async function save(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (!dirty || document === undefined) return
    dirty = false
    try {
      await document.update(() => [...list.values()])
      trouble = undefined
    } catch (error) {
      dirty = true
      timer ??= setTimeout(() => void save(), RETRY_MS).unref()
      if (trouble === undefined) log.warn(`${path} cannot be written`, error)
      trouble = error instanceof Error ? error.message : String(error)
    }
  }

  const incidents: StoredIncidents = {
    record(incident) {
      const at = new Date(now()).toISOString()
      if (early === undefined) log.warn(`${incident.code}: ${incident.says}`)
      apply((to) => add(to, incident, at))
    },
    resolve: (code, subject) => apply((to) => remove(to, code, subject)),
    list: () => [...list.values()],
    sweep() {
      for (const { code, subject, kept } of [...list.values()]) {
        if (kept !== undefined && !existsSync(kept)) apply((to) => remove(to, code, subject))
      }
    },
    async load() {
      try {
        const { openDocument } = await import('./document.ts')
        const onQuarantine = (quarantine: Quarantine) => incidents.record(quarantined(quarantine))
        document = await openDocument<Incident[]>({
          path,
          schema: SCHEMAS.incidents,
          check: isList,
          empty: [],
          onQuarantine,
        })
        list = new Map(document.value.map((each) => [keyOf(each.code, each.subject), each]))
        for (const change of early ?? []) dirty = change(list) || dirty
      } catch (error) {
        trouble = error instanceof Error ? error.message : String(error)
        log.warn(`${path} cannot be read`, error)
      }
      early = undefined
      await save()
      if (list.size > 0) onChanged()
    },
    flush: save,
    unwritten: () => trouble,
  }
  return incidents
}

function add(to: Map<string, Incident>, { code, subject, says, next, kept }: Recorded, at: string): boolean {
  const key = keyOf(code, subject)
  const known = to.get(key)
  // The newest stands last, so that the oldest is dropped at the cap.
  to.delete(key)
  to.set(key, {
    code,
    subject: subject.slice(0, LONGEST),
    says: says.slice(0, LONGEST),
    next: next.slice(0, LONGEST),
    ...(kept === undefined || kept === null ? {} : { kept }),
    firstAt: known?.firstAt ?? at,
    lastAt: at,
    count: (known?.count ?? 0) + 1,
  })
  for (const oldest of to.keys()) {
    if (to.size <= CAP) break
    to.delete(oldest)
  }
  return true
}

function remove(from: Map<string, Incident>, code: string, subject: string | undefined): boolean {
  if (subject !== undefined) return from.delete(keyOf(code, subject))
  const before = from.size
  for (const [key, incident] of from) {
    if (incident.code === code && incident.kept === undefined) from.delete(key)
  }
  return from.size < before
}

function keyOf(code: string, subject: string): string {
  return `${code}\n${subject.slice(0, LONGEST)}`
}

function isList(data: unknown): data is Incident[] {
  return Array.isArray(data) && data.length <= CAP && data.every(isIncident)
}

function isIncident(value: unknown): value is Incident {
  if (typeof value !== 'object' || value === null) return false
  const { count, ...texts } = value as Record<string, unknown>
  const names = ['code', 'subject', 'says', 'next', 'firstAt', 'lastAt']
  const isKept = texts['kept'] === undefined || typeof texts['kept'] === 'string'
  return typeof count === 'number' && isKept && names.every((name) => typeof texts[name] === 'string')
}

/** A document that is unreadable or missing, as an incident. */
export function quarantined({ path, broken, why, previousUsed }: Quarantine): Recorded {
  if (broken === null) {
    return {
      code: 'documentMissing',
      subject: path,
      says: `${path} was missing; the version before it is used`,
      next: 'look whether what was changed last is still so, e.g. with tallyctl devices',
    }
  }
  const instead = previousUsed ? 'the version before it is used' : 'nothing could be used instead'
  return {
    code: 'documentQuarantined',
    subject: path,
    says: `${path} could not be read (${why}); ${instead}`,
    next: `look at ${broken}, or remove it`,
    kept: broken,
  }
}
