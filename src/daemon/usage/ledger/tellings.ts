// Where two tellings of one call become one: its numbers are those of the greatest rank, its time the earliest, its activity the
// highest, whichever was told first. docs/decisions/0001-tellings-join.md says why.
import type { Names } from '../../tallies/names.ts'
import type { ActivitySeen, CallKey, CallSeen } from '../event.ts'
import { type Accounts, NUMBERS } from './accounts.ts'
import { KIND, type Register } from './register.ts'

/** What `#find` finds of a call that nobody told of. */
const NOWHERE = { row: null, kin: null, covered: false } as const

export class Tellings {
  readonly #models: Names
  readonly #accounts: Accounts
  readonly #awake: () => Register

  /** `register` gives the register, loaded when it is needed. */
  constructor(models: Names, accounts: Accounts, register: () => Register) {
    this.#models = models
    this.#accounts = accounts
    this.#awake = register
  }

  get #register(): Register {
    return this.#awake()
  }

  call(agent: number, seen: CallSeen): void {
    const { calls } = this.#register
    const session = this.#register.sessionRow(seen.session)
    const isNew = calls.firstRow(seen.key.a, seen.key.b) < 0
    const { row, kin, covered } = isNew ? NOWHERE : this.#find(seen, session)
    if (kin !== null) this.join(calls.table.of.session[kin]!, session)
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
    const register = this.#register
    const { of } = register.calls.table
    let [replay, kin]: [number | null, number | null] = [null, null]
    const { calls } = register
    for (let row = calls.firstRow(seen.key.a, seen.key.b); row >= 0; row = calls.nextRow(row)) {
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
    const { of } = this.#register.calls.table
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
    const { of } = this.#register.calls.table
    if (seen.rank !== of.rank[row]) return seen.rank > of.rank[row]!
    for (const name of NUMBERS) {
      if (seen.numbers[name] !== of[name][row]) return seen.numbers[name] > of[name][row]!
    }
    return seen.model > this.#models.nameOf(of.model[row]!)
  }

  #write(row: number, agent: number, seen: CallSeen, session: number): void {
    const { of } = this.#register.calls.table
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
    const { of } = this.#register.calls.table
    of.rank[row] = seen.rank
    of.model[row] = this.#models.idOf(seen.model)
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

  activity(seen: ActivitySeen): void {
    const { row } = this.#find(seen, this.#register.sessionRow(seen.session))
    if (row === null) return
    const isReplay = this.#register.calls.table.of.kind[row] === KIND.replay
    if (isReplay === (seen.apart === 'replay')) this.#raise(row, seen.activity)
  }

  #raise(row: number, activity: number): void {
    const { of } = this.#register.calls.table
    if (of.activity[row]! >= activity) return
    this.#accounts.take(row)
    of.activity[row] = activity
    this.#accounts.put(row)
  }

  /** Two sessions are one. */
  join(one: number, other: number): void {
    const register = this.#register
    const root = register.rootOf(one)
    const joined = register.rootOf(other)
    if (root === joined) return
    register.sessions.table.of.parent[joined] = root
    if (this.#accounts.joined(root, joined)) this.#joinTwins(root)
  }

  /** Kin that met late may both hold a call that one of them replayed from the other. */
  #joinTwins(root: number): void {
    const { of, length } = this.#register.calls.table
    for (let row = 0; row < length; row++) {
      if (of.kind[row] === KIND.family && this.#register.rootOf(of.session[row]!) === root)
        this.dropTwins(row)
    }
  }

  dropTwins(row: number): void {
    const { calls } = this.#register
    const { of } = calls.table
    const root = this.#register.rootOf(of.session[row]!)
    const [a, b] = [of.a[row]!, of.b[row]!]
    for (let twin = calls.firstRow(a, b); twin >= 0; twin = calls.nextRow(twin)) {
      if (twin <= row || of.kind[twin] !== KIND.family) continue
      if (this.#register.rootOf(of.session[twin]!) === root) this.#absorb(row, twin)
    }
  }

  #absorb(row: number, twin: number): void {
    const { of } = this.#register.calls.table
    this.#accounts.take(twin)
    this.#accounts.unstart(twin)
    of.kind[twin] = KIND.gone
    this.#join(row, this.tellingOf(twin))
    this.#raise(row, of.activity[twin]!)
  }

  tellingOf(row: number): CallSeen {
    const { of } = this.#register.calls.table
    const kind = of.kind[row]
    return {
      kind: 'call',
      key: { a: of.a[row]!, b: of.b[row]! },
      apart: kind === KIND.family ? 'family' : kind === KIND.replay ? 'replay' : of.apart[row]!,
      session: { a: 0, b: 0 },
      at: of.first[row]!,
      rank: of.rank[row]!,
      model: this.#models.nameOf(of.model[row]!),
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
