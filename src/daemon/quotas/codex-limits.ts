// Codex's own word on its limits: each `token_count` of a rollout may carry `rate_limits`. Only the end of a file is read: what was
// told last is what counts.
import { type FileHandle, open } from 'node:fs/promises'
import { isObservation, type Observation } from './observation.ts'

/** Bytes that are looked at from the end of a file, in steps of the first; a request's lines are rarely longer. */
const [STEP, FURTHEST] = [64 << 10, 1 << 20]
const MARKER = '"rate_limits"'
/** The limit that is meant is called so, or, in older logs, not at all. Others are of single models or of bought credits. */
const LIMIT_ID = 'codex'

/** The windows that the file told last; none where it tells none near its end. Throws the system's error if it cannot be read. */
export async function readCodexLimits(
  path: string,
  account: string | null,
  now: number,
): Promise<Observation[]> {
  const handle = await open(path, 'r')
  try {
    return await lastLimits(handle, account, now)
  } finally {
    await handle.close()
  }
}

async function lastLimits(handle: FileHandle, account: string | null, now: number): Promise<Observation[]> {
  const { size } = await handle.stat()
  let from = size
  let rest: Buffer = Buffer.alloc(0)
  while (from > 0 && size - from < FURTHEST) {
    const step = Math.min(STEP, from)
    const bytes = Buffer.alloc(step)
    const { bytesRead } = await handle.read(bytes, 0, step, from - step)
    from -= step
    const text = Buffer.concat([bytes.subarray(0, bytesRead), rest])
    // The first line may have begun before.
    const start = from === 0 ? 0 : text.indexOf(10) + 1
    if (start === 0 && from > 0) {
      rest = text
      continue
    }
    const lines = text.toString('utf8', start).split('\n')
    for (let at = lines.length - 1; at >= 0; at--) {
      const found = limitsIn(lines[at]!, account, now)
      if (found.length > 0) return found
    }
    rest = text.subarray(0, start)
  }
  return []
}

/** The windows that a line tells; none for a line that tells no known ones, such as one about used-up credits. */
export function limitsIn(line: string, account: string | null, now: number): Observation[] {
  if (!line.includes(MARKER)) return []
  const told = parsed(line)
  const payload = fieldsIn(told, 'payload')
  const limits = fieldsIn(payload, 'rate_limits')
  if (limits === null || payload?.['type'] !== 'token_count') return []
  const id = limits['limit_id']
  if (id !== undefined && id !== null && id !== LIMIT_ID) return []
  const observedAt = Date.parse(String(told?.['timestamp'] ?? ''))
  return ['primary', 'secondary'].flatMap((name) => {
    const window = fieldsIn(limits, name)
    const observed = window === null ? null : observationOf(window, account, observedAt)
    return isObservation(observed, now) ? [observed] : []
  })
}

type Fields = Readonly<Record<string, unknown>>

/** Early versions told how many seconds were left instead of when it ends. */
function observationOf(window: Fields, account: string | null, observedAt: number): object {
  const { used_percent: used, window_minutes: minutes, resets_at: at, resets_in_seconds: left } = window
  const resetAt =
    typeof at === 'number' ? at * 1_000 : typeof left === 'number' ? observedAt + left * 1_000 : null
  return {
    agent: 'codex',
    account,
    windowSeconds: typeof minutes === 'number' ? minutes * 60 : null,
    usedPercent: typeof used === 'number' ? Math.min(used, 100) : null,
    resetAt,
    observedAt,
  }
}

function parsed(line: string): Fields | null {
  try {
    const value: unknown = JSON.parse(line)
    return isFields(value) ? value : null
  } catch {
    return null
  }
}

function fieldsIn(value: Fields | null, key: string): Fields | null {
  const inner = value?.[key]
  return isFields(inner) ? inner : null
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
