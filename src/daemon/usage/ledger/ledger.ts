// Keeps the totals: takes events in any order, any number of times, and keeps every bucket equal to the sum of the calls
// that are known. A change of what is known about a call takes it out of its bucket and puts it back where it belongs.
import { bandOf } from '../bands.ts'
import type { ActivitySeen, CallKey, CallSeen, UsageEvent } from '../event.ts'
import { quarterOf } from '../quarters.ts'
import { Buckets, packSeries, ToolBuckets } from './buckets.ts'
import type { Key } from './hash.ts'
import { Names } from './names.ts'
import { KIND, NO_CALL, Register } from './register.ts'

const NUMBERS = [
  'output',
  'input',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite1h',
  'webSearches',
  'reasoning',
] as const

/** Agents are 5 bits of a bucket's series. */
const AGENTS_CAP = 32

export interface LedgerParts {
  readonly agents?: Names
  readonly models?: Names
  readonly tools?: Names
  readonly buckets?: Buckets
  readonly toolBuckets?: ToolBuckets
}

export class Ledger {
  readonly agents: Names
  readonly models: Names
  readonly tools: Names
  readonly buckets: Buckets
  readonly toolBuckets: ToolBuckets
  /** Rises with every change of a total. */
  revision = 0
  #register: Register | null = null
  #loadRegister: () => Register

  /** `loadRegister` gives the register that belongs to `parts`; called when something is to be counted. */
  constructor(parts: LedgerParts = {}, loadRegister: () => Register = () => new Register()) {
    this.agents = parts.agents ?? new Names()
    this.models = parts.models ?? new Names()
    this.tools = parts.tools ?? new Names()
    this.buckets = parts.buckets ?? new Buckets()
    this.toolBuckets = parts.toolBuckets ?? new ToolBuckets()
    this.#loadRegister = loadRegister
  }

  get register(): Register {
    this.#register ??= this.#loadRegister()
    return this.#register
  }

  /** Drops what only counting needs; `loadRegister` brings back exactly what is known now. */
  rest(loadRegister: () => Register): void {
    this.#loadRegister = loadRegister
    this.#register = null
    this.buckets.rest()
    this.toolBuckets.rest()
  }

  /** Whether the register is in memory. */
  get awake(): boolean {
    return this.#register !== null
  }

  /** Takes the events of one agent's logs. Throws RangeError for more agents than a bucket can tell apart. */
  sinkOf(agent: string): (event: UsageEvent) => void {
    const id = this.agents.idOf(agent)
    if (id >= AGENTS_CAP) throw new RangeError(`more than ${AGENTS_CAP} agents`)
    return (event) => {
      if (event.kind === 'call') this.#call(id, event)
      else if (event.kind === 'tool') this.#tool(id, event.key, quarterOf(event.at), event.tool)
      else if (event.kind === 'activity') this.#activity(event)
      else this.#union(this.register.sessionRow(event.session), this.register.sessionRow(event.parent))
    }
  }

  /** Tells this ledger everything that `other` was told: two parts of the logs, read side by side, become one. */
  merge(other: Ledger): void {
    const { calls, sessions, toolCalls } = other.register
    const keyOfSession = (row: number) => ({ a: sessions.table.of.a[row]!, b: sessions.table.of.b[row]! })
    for (let row = 0; row < sessions.table.length; row++) {
      const root = other.register.rootOf(row)
      if (root === row) continue
      this.#union(this.register.sessionRow(keyOfSession(row)), this.register.sessionRow(keyOfSession(root)))
    }
    const { of } = calls.table
    for (let row = 0; row < calls.table.length; row++) {
      if (of.kind[row] === KIND.gone) continue
      const agent = this.agents.idOf(other.agents.nameOf(of.agent[row]!))
      const seen = { ...other.#tellingOf(row), session: keyOfSession(of.session[row]!) }
      this.#call(agent, seen)
      if (of.activity[row]! > 0) this.#activity({ ...seen, kind: 'activity', activity: of.activity[row]! })
    }
    const tools = toolCalls.table.of
    for (let row = 0; row < toolCalls.table.length; row++) {
      const agent = this.agents.idOf(other.agents.nameOf(tools.agent[row]!))
      const key = { a: tools.a[row]!, b: tools.b[row]! }
      this.#tool(agent, key, tools.quarter[row]!, other.tools.nameOf(tools.tool[row]!))
    }
  }

  #call(agent: number, seen: CallSeen): void {
    const { calls } = this.register
    const session = this.register.sessionRow(seen.session)
    const row = this.#find(seen, session)
    if (row === 'covered') return
    if (row === null) {
      const added = calls.add(seen.key)
      this.#write(added, agent, seen, session)
      this.#put(added)
    } else if (calls.table.of.kind[row] === KIND.replay && seen.apart !== 'replay') {
      this.#take(row)
      if (!this.#staysStart(row, seen, session)) this.#unstart(row)
      this.#write(row, agent, seen, session)
      this.#put(row)
    } else {
      this.#join(row, seen)
      this.#union(calls.table.of.session[row]!, session)
    }
  }

  /** The row of the call, null if it is new, `covered` if it only repeats a call that is known by its own line. */
  #find(seen: CallKey, session: number): number | 'covered' | null {
    const { register } = this
    const { of } = register.calls.table
    let replay: number | null = null
    for (const row of register.calls.rowsOf(seen.key)) {
      const kind = of.kind[row]
      if (kind === KIND.gone) continue
      if (kind === KIND.replay) replay = row
      else if (seen.apart === 'replay') return 'covered'
      else if (kind === KIND.family) {
        if (register.rootOf(of.session[row]!) === register.rootOf(session)) return row
      } else if (of.apart[row] === seen.apart) return row
    }
    return replay
  }

  /** Two tellings of one call: the model and numbers of the greatest rank; its time too in a family, else the earliest. */
  #join(row: number, seen: CallSeen): void {
    const { of } = this.register.calls.table
    const wins = this.#wins(row, seen)
    const at = of.kind[row] === KIND.family ? (wins ? seen.at : of.first[row]!) : Math.min(seen.at, of.first[row]!)
    if (!wins && at === of.first[row]) return
    this.#take(row)
    if (at > of.first[row]!) this.#unstart(row)
    of.first[row] = at
    if (wins) this.#writeNumbers(row, seen)
    this.#put(row)
  }

  /** A greater rank wins; of equal ranks the greater numbers, so that the order of telling does not matter. */
  #wins(row: number, seen: CallSeen): boolean {
    const { of } = this.register.calls.table
    if (seen.rank !== of.rank[row]) return seen.rank > of.rank[row]!
    for (const name of NUMBERS) {
      if (seen.numbers[name] !== of[name][row]) return seen.numbers[name] > of[name][row]!
    }
    return seen.model > this.models.nameOf(of.model[row]!)
  }

  #write(row: number, agent: number, seen: CallSeen, session: number): void {
    const { of } = this.register.calls.table
    of.kind[row] =
      seen.apart === 'replay' ? KIND.replay : seen.apart === 'family' ? KIND.family : KIND.request
    of.apart[row] = typeof seen.apart === 'number' ? seen.apart : 0
    of.first[row] = seen.at
    of.session[row] = session
    of.agent[row] = agent
    of.activity[row] = 0
    this.#writeNumbers(row, seen)
  }

  #writeNumbers(row: number, seen: CallSeen): void {
    const { of } = this.register.calls.table
    of.rank[row] = seen.rank
    of.model[row] = this.models.idOf(seen.model)
    for (const name of NUMBERS) of[name][row] = seen.numbers[name]
  }

  #activity(seen: ActivitySeen): void {
    const row = this.#find(seen, this.register.sessionRow(seen.session))
    if (typeof row !== 'number') return
    const isReplay = this.register.calls.table.of.kind[row] === KIND.replay
    if (isReplay === (seen.apart === 'replay')) this.#raise(row, seen.activity)
  }

  #tool(agent: number, key: Key, quarter: number, tool: string): void {
    const { toolCalls } = this.register
    const [known] = toolCalls.rowsOf(key)
    const row = known ?? toolCalls.add(key)
    const { of } = toolCalls.table
    if (known !== undefined) {
      if (quarter >= of.quarter[row]!) return
      this.toolBuckets.add(of.quarter[row]!, of.agent[row]!, of.tool[row]!, -1)
    } else {
      of.agent[row] = agent
      of.tool[row] = this.tools.idOf(tool)
    }
    of.quarter[row] = quarter
    this.toolBuckets.add(quarter, of.agent[row]!, of.tool[row]!, 1)
    this.revision++
  }

  /** Adds the call to its bucket; where it is its session's earliest, the session is counted there too. */
  #put(row: number): void {
    this.#addTo(row, 1)
    const { register } = this
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

  /** Takes the call out of its bucket; `#put` brings it back. */
  #take(row: number): void {
    this.#addTo(row, -1)
    const { register } = this
    const root = register.rootOf(register.calls.table.of.session[row]!)
    if (register.sessions.table.of.startCall[root] === row) this.#addSession(row, -1)
  }

  /** A call that was taken leaves its session: if it was the earliest, the next one counts the session. */
  #unstart(row: number): void {
    const { register } = this
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

  /** Spares the search for the next earliest: an earlier time in the same session cannot lose the start. */
  #staysStart(row: number, seen: CallSeen, session: number): boolean {
    const { of } = this.register.calls.table
    return (
      seen.at <= of.first[row]! &&
      this.register.rootOf(of.session[row]!) === this.register.rootOf(session)
    )
  }

  #isEarlier(row: number, than: number): boolean {
    const { of } = this.register.calls.table
    for (const name of ['first', 'a', 'b', 'apart'] as const) {
      if (of[name][row] !== of[name][than]) return of[name][row]! < of[name][than]!
    }
    return false
  }

  /** Two sessions are one; it starts with the earlier of their calls. */
  #union(one: number, other: number): void {
    const { register } = this
    const root = register.rootOf(one)
    const joined = register.rootOf(other)
    if (root === joined) return
    const { parent, startCall } = register.sessions.table.of
    const [mine, theirs] = [startCall[root]!, startCall[joined]!]
    parent[joined] = root
    if (theirs === NO_CALL) return
    if (mine === NO_CALL) {
      startCall[root] = theirs
      return
    }
    const later = this.#isEarlier(theirs, mine) ? mine : theirs
    startCall[root] = later === mine ? theirs : mine
    this.#addSession(later, -1)
    if (register.calls.table.of.kind[mine] === KIND.family) this.#joinTwins(root)
  }

  /** Kin that met late may both hold a call that one of them replayed from the other. */
  #joinTwins(root: number): void {
    const { register } = this
    const { calls } = register
    const { of } = calls.table
    const inFamily = (row: number) =>
      of.kind[row] === KIND.family && register.rootOf(of.session[row]!) === root
    for (let row = 0; row < calls.table.length; row++) {
      if (!inFamily(row)) continue
      const twins = calls.rowsOf({ a: of.a[row]!, b: of.b[row]! }).filter((r) => r > row && inFamily(r))
      for (const twin of twins) this.#absorb(row, twin)
    }
  }

  #absorb(row: number, twin: number): void {
    const { of } = this.register.calls.table
    this.#take(twin)
    this.#unstart(twin)
    of.kind[twin] = KIND.gone
    this.#join(row, this.#tellingOf(twin))
    this.#raise(row, of.activity[twin]!)
  }

  #raise(row: number, activity: number): void {
    const { of } = this.register.calls.table
    if (of.activity[row]! >= activity) return
    this.#take(row)
    of.activity[row] = activity
    this.#put(row)
  }

  #tellingOf(row: number): CallSeen {
    const { of } = this.register.calls.table
    const kind = of.kind[row]
    return {
      kind: 'call',
      key: { a: of.a[row]!, b: of.b[row]! },
      apart: kind === KIND.family ? 'family' : kind === KIND.replay ? 'replay' : of.apart[row]!,
      session: { a: 0, b: 0 },
      at: of.first[row]!,
      rank: of.rank[row]!,
      model: this.models.nameOf(of.model[row]!),
      numbers: {
        input: of.input[row]!,
        output: of.output[row]!,
        cacheRead: of.cacheRead[row]!,
        cacheWrite5m: of.cacheWrite5m[row]!,
        cacheWrite1h: of.cacheWrite1h[row]!,
        reasoning: of.reasoning[row]!,
        webSearches: of.webSearches[row]!,
      },
    }
  }

  #bucketOf(row: number): number {
    const { of } = this.register.calls.table
    const prompt = of.input[row]! + of.cacheRead[row]! + of.cacheWrite5m[row]! + of.cacheWrite1h[row]!
    const series = packSeries({
      agent: of.agent[row]!,
      model: of.model[row]!,
      activity: of.activity[row]!,
      band: bandOf(prompt),
    })
    return this.buckets.rowOf(quarterOf(of.first[row]!), series)
  }

  #addTo(row: number, sign: 1 | -1): void {
    const bucket = this.#bucketOf(row)
    const calls = this.register.calls.table.of
    const { of } = this.buckets.table
    of.calls[bucket] = of.calls[bucket]! + sign
    for (const name of NUMBERS) of[name][bucket] = of[name][bucket]! + sign * calls[name][row]!
    this.revision++
  }

  #addSession(row: number, sign: 1 | -1): void {
    const bucket = this.#bucketOf(row)
    const { sessions } = this.buckets.table.of
    sessions[bucket] = sessions[bucket]! + sign
  }
}
