// Members and tokens for a test: on a document in memory whose disk can be slow or refuse, with clocks that the test holds.
import type { Scope } from '../../../src/contract/scope-words.ts'
import type { Document } from '../../../src/daemon/store/document.ts'
import type { StoredMember, StoredToken, TokenData } from '../../../src/daemon/tokens/token-data.ts'
import { type Order, Tokens } from '../../../src/daemon/tokens/tokens.ts'
import type { Teardown } from '../../harness/daemon.ts'

export const NOW = Date.parse('2026-11-20T12:00:00Z')
export const DEVICE = 'a'.repeat(64)

const AT = new Date(NOW).toISOString()
const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
export const storedMember = (index: number): StoredMember => ({
  id: hex(index, 8),
  name: `m${index}`,
  createdAt: AT,
})
export const storedToken = (index: number, more: Partial<StoredToken> = {}): StoredToken => ({
  id: hex(index, 8),
  member: hex(0, 8),
  label: 'l',
  scopes: ['usage:read'],
  hash: hex(index, 64),
  origin: 'created',
  device: null,
  createdAt: AT,
  createdBy: 'owner',
  lastUsedAt: null,
  expiresAt: null,
  ...more,
})

/** What `openDocument` promises, without a disk. */
export class MemoryDocument implements Document<TokenData> {
  value: TokenData
  /** How often the disk was written. */
  writes = 0
  /** What the disk throws instead of writing. */
  refusal: Error | null = null
  #queue: Promise<void> = Promise.resolve()

  constructor(value: TokenData = { members: [], tokens: [] }) {
    this.value = value
  }

  update(change: (copy: TokenData) => TokenData): Promise<void> {
    const done = this.#queue.then(async () => {
      const next = change(structuredClone(this.value))
      await new Promise((resolve) => setImmediate(resolve))
      if (this.refusal !== null) throw this.refusal
      this.writes++
      this.value = next
    })
    this.#queue = done.catch(() => undefined)
    return done
  }
}

/** A disk that is full. */
export function full(): Error {
  return Object.assign(new Error('no space'), { code: 'ENOSPC' })
}

export interface Kept {
  readonly tokens: Tokens
  readonly document: MemoryDocument
  /** Both clocks, in milliseconds; the wall clock may be set. */
  readonly clock: { wall: number; monotonic: number }
  /** Time passes on both clocks. */
  pass(ms: number): void
  /** Ids that were told to have ended, in order. */
  readonly ended: string[]
  /** `what name detail`, in order. */
  readonly records: string[]
}

export function kept(t: Teardown, value?: TokenData): Kept {
  const document = new MemoryDocument(value)
  const clock = { wall: NOW, monotonic: 5_000 }
  const ended: string[] = []
  const records: string[] = []
  const tokens = new Tokens({
    document,
    record: (what, { name = '' } = {}, detail = '') => void records.push(`${what} ${name} ${detail}`.trim()),
    now: () => clock.wall,
    monotonic: () => clock.monotonic,
    onEnded: (ids) => void ended.push(...ids),
  })
  t.teardown(() => tokens.close())
  const pass = (ms: number) => {
    clock.wall += ms
    clock.monotonic += ms
  }
  return { tokens, document, clock, pass, ended, records }
}

/** An order of the owner's, with what differs. */
export function order(
  member: string,
  scopes: readonly Scope[] = ['usage:read'],
  more: Partial<Order> = {},
): Order {
  return {
    member,
    exists: 'either',
    scopes,
    label: undefined,
    expiresIn: undefined,
    origin: 'created',
    device: null,
    by: 'owner',
    ...more,
  }
}

/** The words of the errors that were thrown, and `ok` for what was not. */
export function outcomes(settled: readonly PromiseSettledResult<unknown>[]): string[] {
  return settled.map((each) =>
    each.status === 'fulfilled' ? 'ok' : String(each.reason.error ?? each.reason),
  )
}

/** The word of the error that it ends with; `ok` where it does not. */
export async function refusal(act: Promise<unknown>): Promise<string> {
  return outcomes(await Promise.allSettled([act]))[0]!
}
