// Takes what the logs tell, in any order and any number of times, and knows each call once. The register remembers who was
// told of, the tellings make one of several, the accounts keep the totals.
import { Buckets, ToolBuckets } from '../../tallies/buckets.ts'
import { Names } from '../../tallies/names.ts'
import { quarterOf } from '../../tallies/quarters.ts'
import type { UsageEvent } from '../event.ts'
import { Accounts } from './accounts.ts'
import type { Key } from './hash.ts'
import { KIND, Register } from './register.ts'
import { Tellings } from './tellings.ts'

/** Agents are 5 bits of a bucket's series. */
const AGENTS_CAP = 32
/** A call is told in more bytes than this, on average. */
const BYTES_A_CALL = 4096
const ROOM_CAP = 2 ** 20

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
  readonly #tellings: Tellings
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
    this.#tellings = new Tellings(this.models, this.#accounts, () => this.register)
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
   * is several times faster than keeping every bucket right all the time. `bytes` of logs are to be read: there will be room for
   * what they most likely hold, since growing would copy it again and again. Room that is not used costs no memory.
   */
  registerOnly(bytes = 0): void {
    this.#accounts.close()
    const rows = Math.min(ROOM_CAP, Math.ceil(bytes / BYTES_A_CALL))
    this.register.calls.reserve(rows)
    this.register.toolCalls.reserve(rows)
  }

  recount(): void {
    const { of, length } = this.register.calls.table
    for (let row = 0; row < length; row++) if (of.kind[row] === KIND.family) this.#tellings.dropTwins(row)
    this.#accounts.open()
    this.buckets.sort()
  }

  /** Takes the events of one agent's logs. Throws RangeError for more agents than a bucket can tell apart. */
  sinkOf(agent: string): (event: UsageEvent) => void {
    const id = this.agents.idOf(agent)
    if (id >= AGENTS_CAP) throw new RangeError(`more than ${AGENTS_CAP} agents`)
    return (event) => {
      if (event.kind === 'call') this.#tellings.call(id, event)
      else if (event.kind === 'tool') this.#tool(id, event.key, quarterOf(event.at), event.tool)
      else if (event.kind === 'activity') this.#tellings.activity(event)
      else
        this.#tellings.join(this.register.sessionRow(event.session), this.register.sessionRow(event.parent))
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
    for (const [row, session] of sessions.entries()) this.#tellings.join(session, sessions[from.rootOf(row)]!)
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
      const seen = { ...other.#tellings.tellingOf(row), session }
      this.#tellings.call(agent, seen)
      if (of.activity[row]! > 0)
        this.#tellings.activity({ ...seen, kind: 'activity', activity: of.activity[row]! })
    }
  }

  #mergeTools(other: Ledger, agents: readonly number[]): void {
    const { toolCalls } = this.register
    const { table } = other.register.toolCalls
    const { of } = table
    const tools = other.tools.list.map((name) => this.tools.idOf(name))
    const { first, taken, known } = toolCalls.addUnknown(table, null)
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
}
