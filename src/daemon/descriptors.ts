// File descriptors: how many tallyd has open, how many it may have, and whether they ran out. Without one the system closes connections
// before they are seen here, and no error is raised: so it is tried, whenever one was taken, whether there is another.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import type { Check } from '../contract/doctor.ts'
import type { Incidents } from './store/incidents.ts'

/** Above this part of what it may have open, a busy hour can take the rest. */
const LOW = 0.8
/** In milliseconds. What holds descriptors without a connection coming in is seen by this look. */
const LOOK_MS = 60_000
/** It is over when none was missing for so long, in milliseconds: whoever asks afterwards still hears of it. */
const CALM_MS = 600_000
/** A crowd that stays is one that is counted once in so many milliseconds. */
const AGAIN_MS = 60_000
/** Published for each connection that any server accepted. Node calls its own channels experimental; without this one the look is left. */
const ACCEPTED = 'net.server.socket'

const INCIDENT = 'descriptorsUsedUp'
const subject = 'descriptors'
const RAISE_IT =
  process.platform === 'darwin'
    ? 'raise it with ulimit -n before tallyctl start, or SoftResourceLimits in the property list of the service'
    : 'raise it: LimitNOFILE=65536 under [Service] in systemctl --user edit tallyd, or ulimit -n 65536 before tallyctl start'

/** The system's words: this process has none left, the machine has none. */
const MISSING = ['EMFILE', 'ENFILE'] as const
type Missing = (typeof MISSING)[number]

export interface Descriptors {
  /** Any error that was met; those of a missing descriptor are told of. */
  note(error: unknown): void
  /** Looks whether there is one left now. */
  look(): void
  check(): Check
  stop(): void
}

interface DescriptorsContext {
  readonly incidents: Pick<Incidents, 'record' | 'resolve'>
  /** Milliseconds of a clock that nobody sets. */
  readonly ticks?: () => number
  /** Takes a descriptor and gives it back; throws the system's error. Another one in tests. */
  readonly takeOne?: () => void
}

export function watchDescriptors(context: DescriptorsContext): Descriptors {
  const { incidents, ticks = () => performance.now(), takeOne = openNothing } = context
  // A file, on Linux, for which there may be no descriptor later; elsewhere it takes 15 ms, and none.
  const read = process.platform === 'linux' ? limitOf() : undefined
  let missingAt: number | undefined
  let toldAt: number | undefined
  // What may be open now need not be what the one before could have.
  incidents.resolve(INCIDENT)

  function note(error: unknown): void {
    const code = missingIn(error)
    if (code === undefined) return
    missingAt = ticks()
    if (toldAt !== undefined && missingAt - toldAt < AGAIN_MS) return
    toldAt = missingAt
    incidents.record({
      code: INCIDENT,
      subject,
      ...inWords(code, read === undefined ? limitOfReport() : read),
    })
  }

  function look(): void {
    try {
      takeOne()
    } catch (error) {
      note(error)
      return
    }
    if (missingAt === undefined || ticks() - missingAt < CALM_MS) return
    missingAt = undefined
    toldAt = undefined
    incidents.resolve(INCIDENT)
  }

  subscribe(ACCEPTED, look)
  const timer = setInterval(look, LOOK_MS).unref()
  return {
    note,
    look,
    check() {
      try {
        return checkDescriptors(openNow(), limitOf())
      } catch (error) {
        note(error)
        return checkDescriptors(null, null)
      }
    },
    stop() {
      clearInterval(timer)
      unsubscribe(ACCEPTED, look)
    },
  }
}

/** `open` is null where it is not known, `limit` where it is not or where there is none. */
export function checkDescriptors(open: number | null, limit: number | null): Check {
  if (open === null) {
    return { level: 'ok', code: 'descriptors', subject, says: 'how many are open cannot be told' }
  }
  if (limit === null) return { level: 'ok', code: 'descriptors', subject, says: `${open} open` }
  const says = `${open} open, of ${limit} that tallyd may have`
  return open > limit * LOW
    ? { level: 'warning', code: 'descriptorsLow', subject, says, next: RAISE_IT }
    : { level: 'ok', code: 'descriptors', subject, says }
}

function inWords(code: Missing, most: number | null): { says: string; next: string } {
  const then =
    'connections were closed and files could not be opened, some changes are counted a minute later'
  if (code === 'ENFILE') {
    const says = `this machine had no file descriptor left (ENFILE): ${then}`
    return { says, next: 'end programs that hold many files, or have its administrator raise fs.file-max' }
  }
  const limit = most === null ? '' : `, of ${most} that it may have open`
  return { says: `tallyd had no file descriptor left${limit} (EMFILE): ${then}`, next: RAISE_IT }
}

/** The limit that is in force: Node raises the soft one to the hard one when it starts. */
function limitOf(): number | null {
  if (process.platform !== 'linux') return limitOfReport()
  try {
    return limitIn(readFileSync('/proc/self/limits', 'utf8'))
  } catch (error) {
    if (missingIn(error) !== undefined) throw error
    return null
  }
}

/** Of a text as /proc/PID/limits has it; null where there is no limit, or no such line. */
export function limitIn(limits: string): number | null {
  const [, soft] = /^Max open files\s+(\d{1,15})\s/m.exec(limits) ?? []
  return soft === undefined ? null : Number(soft)
}

/** Without /proc. Null where the report cannot leave the network out: it would ask for the names of whoever is connected. */
export function limitOfReport(): number | null {
  const report = process.report as { excludeNetwork?: boolean; getReport(): object } | undefined
  if (report?.excludeNetwork === undefined) return null
  report.excludeNetwork = true
  const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } }
  const soft = userLimits?.open_files?.soft
  return typeof soft === 'number' && Number.isSafeInteger(soft) ? soft : null
}

/** Without the one that it takes to count them; null where they cannot be counted. Throws EMFILE and ENFILE. */
function openNow(): number | null {
  try {
    return readdirSync('/dev/fd').length - 1
  } catch (error) {
    if (missingIn(error) !== undefined) throw error
    return null
  }
}

function openNothing(): void {
  closeSync(openSync('/dev/null', 'r'))
}

/** Of an error, or of the one that it tells of. */
function missingIn(error: unknown): Missing | undefined {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } | null }
  return MISSING.find((each) => each === (code ?? cause?.code))
}
