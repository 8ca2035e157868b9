// `tallyctl audit`: what happened to trust, oldest first; `audit verify`: whether the log is as it was written.
import type { AuditEntry, AuditList, Verified } from '../../contract/audit.ts'
import { AUDIT_KINDS } from '../../contract/audit-words.ts'
import { CEREMONY_ENDS } from '../../contract/ceremony-words.ts'
import { deviceNamed } from '../../contract/device-named.ts'
import { EXIT, TallyError } from '../../contract/errors.ts'
import { follow as followDaemon } from '../connection/following.ts'
import { count } from '../terminal/figures.ts'
import type { Screen } from '../terminal/screen.ts'
import { clean, hanging } from '../terminal/text.ts'
import type { Command, Surrounding } from './command.ts'

const MOST = 10_000
const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

export const audit: Command = async (asked, at) => {
  const since = instant(asked.value('since'), Date.now())
  const params = since === undefined ? {} : { since, limit: MOST }
  const result = await at.daemon.call('audit.list', params)
  if (asked.has('follow')) return follow(result, at, asked.has('json'))
  if (asked.has('json')) await at.screen.json(result)
  else if (result.entries.length > 0)
    await at.screen.answer(...result.entries.flatMap((each) => entryLines(each, at.screen.columns)))
  else await at.screen.answer('nothing was recorded in that time')
  return EXIT.ok
}

export const verifyAudit: Command = async (asked, at) => {
  const head = asked.words[0]
  if (head !== undefined && !/^[0-9]{1,15}:[0-9a-f]{64}$/.test(head)) {
    throw new TallyError('wrongUsage', `${head} is no head`, 'give SEQ:HASH as audit verify printed it')
  }
  const result = await at.daemon.call('audit.verify', head === undefined ? {} : { head })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(...verifiedLines(result.verified, at.screen))
  return result.verified.intact ? EXIT.ok : EXIT.failed
}

/** Prints what there is and then what comes, until the daemon ends or Ctrl-C. */
async function follow(known: AuditList, at: Surrounding, asJson: boolean): Promise<number> {
  let last = 0
  let printed: Promise<void> = Promise.resolve()
  /** The daemon has ended: what its last moments added was not heard of. */
  let isBehind = false
  const print = async ({ entries }: AuditList): Promise<void> => {
    for (const entry of entries) {
      if (entry.seq <= last) continue
      last = entry.seq
      await at.screen.answer(...(asJson ? [JSON.stringify(entry)] : entryLines(entry, at.screen.columns)))
    }
  }
  await print(known)
  const ended = new Promise<number>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(EXIT.ok))
  })
  const following = followDaemon(at.daemon, {
    subscriptions: [{ event: 'audit.added' }],
    listeners: {
      'audit.added': (value) => {
        const step = async () => {
          const first = value.entries[0]?.seq ?? 0
          // More came at once than the value holds.
          if (isBehind || (last > 0 && first > last + 1)) {
            await print(await at.daemon.call('audit.list', { after: last, limit: MOST }))
          }
          isBehind = false
          await print(value)
        }
        // The daemon may end meanwhile: what is missing then comes with the next value.
        printed = printed.then(step).catch(() => undefined)
      },
    },
    away() {
      isBehind = true
      void at.screen.note('tallyd has ended; waiting for it to come back')
    },
  })
  return Promise.race([ended, following])
}

/**
 * `2026-11-20T14:02:11Z   4711   paired   laptop (4f19c2aa) 192.168.1.31:4765   both see each other's totals`; on a terminal of
 * `columns` broken below its words, in a pipe (null) one line.
 */
export function entryLines(
  { seq, at, what, subject, detail, count: often, since }: AuditEntry,
  columns: number | null,
): string[] {
  const { id, name, address } = subject
  const about = [deviceNamed(name ?? '', id), address ?? ''].filter((text) => text !== '').join(' ')
  const span = since === null ? '' : ` since ${time(since)}`
  const times = often > 1 ? `${count(often)} times${span}` : null
  const parts = [kindInWords(what), about === '' ? null : about, detailInWords(what, detail), times]
  const said = clean(parts.filter((part) => part !== null).join('   '))
  return hanging(`${time(at)}   ${seq}   `, said, columns)
}

/** A newer daemon may record kinds that this client does not know. */
function kindInWords(what: string): string {
  return Object.hasOwn(AUDIT_KINDS, what) ? AUDIT_KINDS[what as keyof typeof AUDIT_KINDS].says : what
}

const WAYS: ReadonlyMap<string, string> = new Map([
  ['mutual', "each sees the other's totals"],
  ['read', 'this device only reads'],
  ['give', 'this device only gives'],
])

/** Words that stand in the log for scripts become sentences; sentences and names stay. */
function detailInWords(what: string, detail: string | null): string | null {
  if (detail === null) return null
  if (what === 'paired' || what === 'invited') return WAYS.get(detail) ?? detail
  const [, here, why = ''] = /^(here: )?(\w+)$/.exec(detail) ?? []
  if (!Object.hasOwn(CEREMONY_ENDS, why)) return detail
  const words = CEREMONY_ENDS[why as keyof typeof CEREMONY_ENDS]
  // What the kind has said already is not said again.
  if (what === 'wrongCode') return here === undefined ? null : 'typed here'
  return here === undefined ? words : `${words}; the code was typed here`
}

/** Whether it is intact, what is wrong, and the head to keep. */
export function verifiedLines(
  { intact, entries, first, head, kept, problems }: Verified,
  screen: Screen,
): string[] {
  if (head === null) return ['the audit log is empty']
  const range = first === 1 ? `${count(entries)} entries` : `${count(entries)} entries from ${first} on`
  const verdict = intact
    ? screen.mark(`intact   ${range}, each with the hash of the one before`, 'good')
    : screen.mark(`not intact   ${range}`, 'broken')
  const wrong = problems.map(({ file, line, says }) => `${clean(file)}:${line}   ${clean(says)}`)
  const said = {
    found: 'the head that was given is there as it was',
    missing: 'the head that was given is not there: a tail was cut, or the log was written anew',
    tooOld: 'the head that was given is older than what is kept',
  }
  return [
    verdict,
    ...wrong,
    ...(kept === null ? [] : [said[kept]]),
    `head     ${head.seq}:${clean(head.hash)}`,
  ]
}

/** RFC 3339 of `2026-11-01`, `yesterday`, `7d`, `2h`, or of what is RFC 3339 already; days are those of this terminal. */
export function instant(text: string | undefined, now: number): string | undefined {
  if (text === undefined) return undefined
  const back = /^([1-9]\d{0,4})d$/.exec(text === 'yesterday' ? '2d' : text)
  const ago = /^(\d{1,6})(s|m|h)$/.exec(text)
  const date = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  const today = new Date(now)
  let at = Number.NaN
  if (back !== null) {
    at = new Date(today.getFullYear(), today.getMonth(), today.getDate() - Number(back[1]) + 1).getTime()
  } else if (ago !== null) at = now - Number(ago[1]) * (UNITS_MS[ago[2] ?? ''] ?? 0)
  else if (date !== null) at = midnight(Number(date[1]), Number(date[2]), Number(date[3]))
  else if (/^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}/.test(text)) at = Date.parse(text.replace(' ', 'T'))
  if (Math.abs(at) < 8.64e15) return new Date(at).toISOString()
  const next = 'use 2026-11-01, yesterday, an RFC 3339 time, 7d for days or 2h for hours back'
  throw new TallyError('wrongUsage', `--since is ${text}, which is no time`, next)
}

/** Not a number for the 30th of February. */
function midnight(year: number, month: number, day: number): number {
  const date = new Date(year, month - 1, day)
  return date.getMonth() === month - 1 && date.getDate() === day ? date.getTime() : Number.NaN
}

function time(at: string): string {
  return `${at.slice(0, 19)}Z`
}
