// The totals' side of the ledger: puts a registered call into its bucket and takes it out again, and keeps every session
// counted once, in the bucket of its earliest call.
import { bandOf } from '../../tallies/bands.ts'
import { type Buckets, packSeries, type ToolBuckets } from '../../tallies/buckets.ts'
import { quarterOf } from '../../tallies/quarters.ts'
import { KIND, NO_CALL, type Register } from './register.ts'

/** In the order in which two tellings of equal rank are compared. */
export const NUMBERS = [
  'output',
  'input',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite1h',
  'webSearches',
  'reasoning',
] as const

export class Accounts {
  readonly buckets: Buckets
  readonly toolBuckets: ToolBuckets
  /** Rises with every change of a total. */
  revision = 0
  /** Closed accounts ignore `put` and `take`, until `open` makes them anew. */
  #closed = false
  readonly #register: () => Register

  constructor(buckets: Buckets, toolBuckets: ToolBuckets, register: () => Register) {
    this.buckets = buckets
    this.toolBuckets = toolBuckets
    this.#register = register
  }

  close(): void {
    this.#closed = true
  }

  /** Makes every total anew from what is registered, and keeps them right from here on. */
  open(): void {
    this.#closed = false
    const register = this.#register()
    const { calls, sessions, toolCalls } = register
    this.buckets.clear(calls.table.length)
    this.toolBuckets.clear(toolCalls.table.length)
    const { startCall } = sessions.table.of
    startCall.fill(NO_CALL)
    const { kind, session } = calls.table.of
    for (let row = 0; row < calls.table.length; row++) {
      if (kind[row] === KIND.gone) continue
      this.#add(row, 1)
      const root = register.rootOf(session[row]!)
      const start = startCall[root]!
      if (start === NO_CALL || this.#isEarlier(row, start)) startCall[root] = row
    }
    // Once for each session, where `put` would move it with every earlier call.
    for (let row = 0; row < sessions.table.length; row++) {
      if (startCall[row] !== NO_CALL) this.#addSession(startCall[row]!, 1)
    }
    for (let row = 0; row < toolCalls.table.length; row++) this.putTool(row, 1)
  }

  /** Adds the call to its bucket; where it is its session's earliest, the session is counted there too. */
  put(row: number): void {
    if (this.#closed) return
    this.#add(row, 1)
    const register = this.#register()
    const root = register.rootOf(register.calls.table.of.session[row]!)
    const { startCall } = register.sessions.table.of
    const start = startCall[root]!
    if (start !== row) {
      if (start !== NO_CALL && !this.#isEarlier(row, start)) return
      if (start !== NO_CALL) this.#addSession(start, -1)
      startCall[root] = row
    }
    this.#addSession(row, 1)
  }

  /** Takes the call out of its bucket, to change it; `put` brings it back. */
  take(row: number): void {
    if (this.#closed) return
    this.#add(row, -1)
    const register = this.#register()
    const root = register.rootOf(register.calls.table.of.session[row]!)
    if (register.sessions.table.of.startCall[root] === row) this.#addSession(row, -1)
  }

  /** A call that was taken will be later or elsewhere: if it was its session's earliest, the next one counts it. */
  unstart(row: number): void {
    if (this.#closed) return
    const register = this.#register()
    const { of, length } = register.calls.table
    const root = register.rootOf(of.session[row]!)
    const { startCall } = register.sessions.table.of
    if (startCall[root] !== row) return
    let next = NO_CALL
    for (let other = 0; other < length; other++) {
      if (other === row || of.kind[other] === KIND.gone) continue
      if (register.rootOf(of.session[other]!) !== root) continue
      if (next === NO_CALL || this.#isEarlier(other, next)) next = other
    }
    startCall[root] = next
    if (next !== NO_CALL) this.#addSession(next, 1)
  }

  /** Two sessions became one, with root `root`; it starts with the earlier of their calls. True if both had some. */
  joined(root: number, other: number): boolean {
    if (this.#closed) return false
    const { startCall } = this.#register().sessions.table.of
    const [mine, theirs] = [startCall[root]!, startCall[other]!]
    if (theirs === NO_CALL) return false
    if (mine === NO_CALL) {
      startCall[root] = theirs
      return false
    }
    const later = this.#isEarlier(theirs, mine) ? mine : theirs
    startCall[root] = later === mine ? theirs : mine
    this.#addSession(later, -1)
    return true
  }

  putTool(row: number, sign: 1 | -1): void {
    if (this.#closed) return
    const { of } = this.#register().toolCalls.table
    this.toolBuckets.add(of.quarter[row]!, of.agent[row]!, of.tool[row]!, sign)
    this.revision++
  }

  #isEarlier(row: number, than: number): boolean {
    const { of } = this.#register().calls.table
    if (of.first[row] !== of.first[than]) return of.first[row]! < of.first[than]!
    if (of.a[row] !== of.a[than]) return of.a[row]! < of.a[than]!
    if (of.b[row] !== of.b[than]) return of.b[row]! < of.b[than]!
    return of.apart[row]! < of.apart[than]!
  }

  #bucketOf(row: number): number {
    const { of } = this.#register().calls.table
    const prompt = of.input[row]! + of.cacheRead[row]! + of.cacheWrite5m[row]! + of.cacheWrite1h[row]!
    series.agent = of.agent[row]!
    series.model = of.model[row]!
    series.activity = of.activity[row]!
    series.band = bandOf(prompt)
    return this.buckets.rowOf(quarterOf(of.first[row]!), packSeries(series))
  }

  #add(row: number, sign: 1 | -1): void {
    const bucket = this.#bucketOf(row)
    const calls = this.#register().calls.table.of
    const { of } = this.buckets.table
    // One by one: in a loop over the names each costs ten times as much.
    of.calls[bucket]! += sign
    of.input[bucket]! += sign * calls.input[row]!
    of.output[bucket]! += sign * calls.output[row]!
    of.cacheRead[bucket]! += sign * calls.cacheRead[row]!
    of.cacheWrite5m[bucket]! += sign * calls.cacheWrite5m[row]!
    of.cacheWrite1h[bucket]! += sign * calls.cacheWrite1h[row]!
    of.reasoning[bucket]! += sign * calls.reasoning[row]!
    of.webSearches[bucket]! += sign * calls.webSearches[row]!
    this.revision++
  }

  #addSession(row: number, sign: 1 | -1): void {
    const bucket = this.#bucketOf(row)
    const { sessions } = this.buckets.table.of
    sessions[bucket] = sessions[bucket]! + sign
  }
}

/** Used again for each call. */
const series = { agent: 0, model: 0, activity: 0, band: 0 }
