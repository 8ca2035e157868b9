// Takes what the logs tell, in any order and any number of times, and knows each call once. The register remembers who was
// told of, the accounts keep the totals; this is where two tellings of one thing become one.
import type { ActivitySeen, CallKey, CallSeen, UsageEvent } from '../event.ts'
import { quarterOf } from '../quarters.ts'
import { Accounts, NUMBERS } from './accounts.ts'
import { Buckets, ToolBuckets } from './buckets.ts'
import type { Key } from './hash.ts'
import { Names } from './names.ts'
import { KIND, Register } from './register.ts'

/** What `#find` finds of a call that nobody told of. */
const NOWHERE = { row: null, kin: null, covered: false } as const

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
  readonly #accounts: Accounts
  #register: Register | null = null
  #loadRegister: () => Register

  /** `loadRegister` gives the register that belongs to `parts`; called when something is to be counted. */
  constructor(parts: LedgerParts = {}, loadRegister: () => Register = () => new Register()) {
    this.agents = parts.agents ?? new Names()
    this.models = parts.models ?? new Names()
    this.tools = parts.tools ?? new Names()
    this.#loadRegister = loadRegister
    const { buckets = new Buckets(), toolBuckets = new ToolBuckets() } = parts
    this.#accounts = new Accounts(buckets, toolBuckets, () => this.register)
  }

  get buckets(): Buckets {
    return this.#accounts.buckets
  }

  get toolBuckets(): ToolBuckets {
    return this.#accounts.toolBuckets
  }

  /** Rises with every change of a total. */
  get revision(): number {
    return this.#accounts.revision
  }

  get register(): Register {
    this.#register ??= this.#loadRegister()
    return this.#register
  }

  /** Whether the register is in memory. */
  get awake(): boolean {
    return this.#register !== null
  }

  /** Drops what only counting needs; `loadRegister` brings back exactly what is known now. */
  rest(loadRegister: () => Register): void {
    this.#loadRegister = loadRegister
    this.#register = null
    this.buckets.rest()
    this.toolBuckets.rest()
  }

  /**
   * From here on only the register is kept, until `recount` makes the totals from it. For reading many logs at once this
   * is several times faster than keeping every bucket right all the time.
   */
  registerOnly(): void {
    this.#accounts.close()
  }

  recount(): void {
    const { of, length } = this.register.calls.table
    for (let row = 0; row < length; row++) if (of.kind[row] === KIND.family) this.#dropTwins(row)
    this.#accounts.open()
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
    const from = other.register
    const agents = other.agents.list.map((name) => this.agents.idOf(name))
    const { a, b } = from.sessions.table.of
    const sessions = Uint32Array.from({ length: from.sessions.table.length }, (_, row) =>
      this.register.sessionRow({ a: a[row]!, b: b[row]! }),
    )
    for (const [row, session] of sessions.entries()) this.#union(session, sessions[from.rootOf(row)]!)
    this.#mergeCalls(other, agents, sessions)
    this.#mergeTools(other, agents)
  }

  /** Nearly every call is new here, and then its row is taken over as it is. */
  #mergeCalls(other: Ledger, agents: readonly number[], sessions: Uint32Array): void {
    const { calls } = this.register
    const { table } = other.register.calls
    const { of } = table
    const models = other.models.list.map((name) => this.models.idOf(name))
    const { first, taken, known } = calls.addUnknown(table, (row) => of.kind[row] !== KIND.gone)
    const mine = calls.table.of
    for (let i = 0; i < taken.length; i++) {
      const added = first + i
      mine.agent[added] = agents[mine.agent[added]!]!
      mine.session[added] = sessions[mine.session[added]!]!
      mine.model[added] = models[mine.model[added]!]!
      this.#accounts.put(added)
    }
    for (const row of known) {
      const agent = agents[of.agent[row]!]!
      const session = this.register.sessionKey(sessions[of.session[row]!]!)
      const seen = { ...other.#tellingOf(row), session }
      this.#call(agent, seen)
      if (of.activity[row]! > 0) this.#activity({ ...seen, kind: 'activity', activity: of.activity[row]! })
    }
  }

  #mergeTools(other: Ledger, agents: readonly number[]): void {
    const { toolCalls } = this.register
    const { table } = other.register.toolCalls
    const { of } = table
    const tools = other.tools.list.map((name) => this.tools.idOf(name))
    const { first, taken, known } = toolCalls.addUnknown(table, () => true)
    const mine = toolCalls.table.of
    for (let i = 0; i < taken.length; i++) {
      const added = first + i
      mine.agent[added] = agents[mine.agent[added]!]!
      mine.tool[added] = tools[mine.tool[added]!]!
      this.#accounts.putTool(added, 1)
    }
    for (const row of known) {
      const key = { a: of.a[row]!, b: of.b[row]! }
      this.#tool(agents[of.agent[row]!]!, key, of.quarter[row]!, other.tools.nameOf(of.tool[row]!))
    }
  }

  #call(agent: number, seen: CallSeen): void {
    const { calls } = this.register
    const session = this.register.sessionRow(seen.session)
    const isNew = calls.firstRow(seen.key.a, seen.key.b) < 0
    const { row, kin, covered } = isNew ? NOWHERE : this.#find(seen, session)
    if (kin !== null) this.#union(calls.table.of.session[kin]!, session)
    if (covered) return
    if (row === null) {
      const added = calls.add(seen.key)
      this.#write(added, agent, seen, session)
      this.#accounts.put(added)
    } else if (calls.table.of.kind[row] === KIND.replay && seen.apart !== 'replay') {
      this.#accounts.take(row)
      if (seen.at > calls.table.of.first[row]!) this.#accounts.unstart(row)
      this.#write(row, agent, seen, session)
      this.#accounts.put(row)
    } else this.#join(row, seen)
  }

  /**
   * `row` is the call's own, null if it is new; `covered` if it only repeats a call that is known by its own line. `kin` is any
   * call with its key whose session is therefore the same one.
   */
  #find(seen: CallKey, session: number): { row: number | null; kin: number | null; covered: boolean } {
    const { register } = this
    const { of } = register.calls.table
    let [replay, kin]: [number | null, number | null] = [null, null]
    for (const row of register.calls.rowsOf(seen.key)) {
      const kind = of.kind[row]
      if (kind === KIND.gone) continue
      if (kind === KIND.family) {
        if (register.rootOf(of.session[row]!) === register.rootOf(session))
          return { row, kin: null, covered: false }
        continue
      }
      kin = row
      if (kind === KIND.replay) replay = row
      else if (seen.apart === 'replay') return { row: null, kin, covered: true }
      else if (of.apart[row] === seen.apart) return { row, kin, covered: false }
    }
    return { row: replay, kin, covered: false }
  }

  /** Two tellings of one call: the model and numbers of the greatest rank; its time too in a family, else the earliest. */
  #join(row: number, seen: CallSeen): void {
    const { of } = this.register.calls.table
    const wins = this.#wins(row, seen)
    const first = of.first[row]!
    const at = of.kind[row] === KIND.family ? (wins ? seen.at : first) : Math.min(seen.at, first)
    if (!wins && at === first) return
    this.#accounts.take(row)
    if (at > first) this.#accounts.unstart(row)
    of.first[row] = at
    if (wins) this.#writeNumbers(row, seen)
    this.#accounts.put(row)
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
    // One by one: in a loop over the names each costs ten times as much.
    const { numbers } = seen
    of.input[row] = numbers.input
    of.output[row] = numbers.output
    of.cacheRead[row] = numbers.cacheRead
    of.cacheWrite5m[row] = numbers.cacheWrite5m
    of.cacheWrite1h[row] = numbers.cacheWrite1h
    of.reasoning[row] = numbers.reasoning
    of.webSearches[row] = numbers.webSearches
  }

  #activity(seen: ActivitySeen): void {
    const { row } = this.#find(seen, this.register.sessionRow(seen.session))
    if (row === null) return
    const isReplay = this.register.calls.table.of.kind[row] === KIND.replay
    if (isReplay === (seen.apart === 'replay')) this.#raise(row, seen.activity)
  }

  #raise(row: number, activity: number): void {
    const { of } = this.register.calls.table
    if (of.activity[row]! >= activity) return
    this.#accounts.take(row)
    of.activity[row] = activity
    this.#accounts.put(row)
  }

  #tool(agent: number, key: Key, quarter: number, tool: string): void {
    const { toolCalls } = this.register
    const known = toolCalls.firstRow(key.a, key.b)
    const row = known < 0 ? toolCalls.add(key) : known
    const { of } = toolCalls.table
    if (known < 0) {
      of.agent[row] = agent
      of.tool[row] = this.tools.idOf(tool)
    } else {
      if (quarter >= of.quarter[row]!) return
      this.#accounts.putTool(row, -1)
    }
    of.quarter[row] = quarter
    this.#accounts.putTool(row, 1)
  }

  /** Two sessions are one. */
  #union(one: number, other: number): void {
    const { register } = this
    const root = register.rootOf(one)
    const joined = register.rootOf(other)
    if (root === joined) return
    register.sessions.table.of.parent[joined] = root
    if (this.#accounts.joined(root, joined)) this.#joinTwins(root)
  }

  /** Kin that met late may both hold a call that one of them replayed from the other. */
  #joinTwins(root: number): void {
    const { of, length } = this.register.calls.table
    for (let row = 0; row < length; row++) {
      if (of.kind[row] === KIND.family && this.register.rootOf(of.session[row]!) === root)
        this.#dropTwins(row)
    }
  }

  #dropTwins(row: number): void {
    const { calls } = this.register
    const { of } = calls.table
    const root = this.register.rootOf(of.session[row]!)
    for (const twin of calls.rowsOf({ a: of.a[row]!, b: of.b[row]! })) {
      if (twin <= row || of.kind[twin] !== KIND.family) continue
      if (this.register.rootOf(of.session[twin]!) === root) this.#absorb(row, twin)
    }
  }

  #absorb(row: number, twin: number): void {
    const { of } = this.register.calls.table
    this.#accounts.take(twin)
    this.#accounts.unstart(twin)
    of.kind[twin] = KIND.gone
    this.#join(row, this.#tellingOf(twin))
    this.#raise(row, of.activity[twin]!)
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
}
