// Members and their tokens: makes, finds and ends them. One document: a token opens something only after the disk has it, and
// nothing any more once the disk knows that it ended.
import { randomBytes } from 'node:crypto'
import { TallyError } from '../../contract/errors.ts'
import { printable } from '../../contract/printable.ts'
import type { Scope } from '../../contract/scope-words.ts'
import type { MemberRow, Minted, TokenRow } from '../../contract/tokens.ts'
import type { Audit } from '../store/audit.ts'
import type { Document } from '../store/document.ts'
import { hashOf, matches, mintToken } from './token.ts'
import { MEMBERS_CAP, type StoredMember, type StoredToken, TOKENS_CAP, type TokenData } from './token-data.ts'

/** A token that an enrolment handed out and nobody ever used is revoked after this long, in milliseconds. */
export const UNUSED_LIVES_MS = 10 * 60_000
/** Uses are written at most this often, in milliseconds; a first use at once. */
const USES_WRITTEN_MS = 30_000
/** At least this often it is looked for what has expired: longer timers would be off by a suspended night. */
const LOOK_MS = 60_000

/** What is to be made. */
export interface Order {
  /** Name of the member. */
  readonly member: string
  /** `must` exist, must be `new`, or is made where it does not exist. */
  readonly exists: 'must' | 'new' | 'either'
  readonly scopes: readonly Scope[]
  readonly label: string | undefined
  /** Seconds; undefined for one that does not expire. */
  readonly expiresIn: number | undefined
  readonly origin: StoredToken['origin']
  /** Fingerprint of the device that it is bound to; any other token of that device ends with it. */
  readonly device: string | null
  /** Who makes it: `owner`, `launch`, `token ID`, `device ID`. */
  readonly by: string
}

/** What a valid token says of who shows it. */
export interface Holder {
  readonly id: string
  readonly member: string
  readonly label: string
  readonly scopes: readonly Scope[]
  readonly expiresAt: string | null
  readonly device: string | null
}

export interface TokensContext {
  readonly document: Document<TokenData>
  readonly record: Audit['record']
  /** Unix milliseconds. */
  readonly now: () => number
  /** These tokens open nothing any more: their connections are to be cut. */
  readonly onEnded: (ids: readonly string[]) => void
}

export class Tokens {
  readonly #context: TokensContext
  /** Uses that the disk does not know yet, by token: Unix milliseconds. */
  readonly #used = new Map<string, number>()
  #byHash: ReadonlyMap<string, StoredToken> = new Map()
  #indexed: TokenData | null = null
  #writing: NodeJS.Timeout | null = null
  readonly #look: NodeJS.Timeout

  constructor(context: TokensContext) {
    this.#context = context
    this.#look = setInterval(() => void this.expire().catch(() => undefined), LOOK_MS).unref()
  }

  /** Writes the uses that are not written yet. */
  async close(): Promise<void> {
    clearInterval(this.#look)
    if (this.#writing !== null) clearTimeout(this.#writing)
    await this.#writeUses()
  }

  members(): MemberRow[] {
    return this.#data.members.map((member) => this.#memberRow(member))
  }

  /** Every token that is valid, or those of one member. */
  list(member?: string): TokenRow[] {
    const rows = this.#data.tokens.filter((token) => this.#isValid(token)).map((token) => this.#row(token))
    return member === undefined ? rows : rows.filter((row) => row.member === member)
  }

  /** The member that has claimed the device: the one of its login; null where it is unclaimed. */
  claimedBy(device: string): string | null {
    const token = this.#data.tokens.find(
      (each) => each.origin === 'login' && each.device === device && this.#isValid(each),
    )
    return token === undefined ? null : this.#memberOf(token)
  }

  /**
   * Who shows this secret; null where it is not valid. `device` is the fingerprint of the certificate that was presented with
   * it: a token that is bound to another one, or to one where none was presented, is not valid (RFC 8705 §3).
   */
  authenticate(secret: string, device: string | null): Holder | null {
    const token = this.#index().get(hashOf(secret))
    if (token === undefined || !matches(secret, token.hash) || !this.#isValid(token)) return null
    if (token.device !== null && token.device !== device) return null
    this.#use(token)
    const { id, label, scopes, expiresAt } = token
    return { id, member: this.#memberOf(token), label, scopes, expiresAt, device: token.device }
  }

  /** Throws TallyError memberExists, invalidParams, tooMany or stateUnwritable. */
  async addMember(name: string, by: string): Promise<MemberRow> {
    const member = this.#newMember(cleanName(name))
    await this.#update((data) => ({ ...data, members: [...data.members, member] }))
    this.#context.record('memberAdded', { name: member.name }, `by ${by}`)
    return this.#memberRow(member)
  }

  /** Throws TallyError noSuchMember, memberExists, invalidParams or stateUnwritable. */
  async renameMember(name: string, given: string, by: string): Promise<MemberRow> {
    const member = this.#member(name)
    const renamed = { ...member, name: cleanName(given) }
    if (renamed.name !== member.name) this.#refuseTaken(renamed.name)
    await this.#update((data) => ({
      ...data,
      members: data.members.map((each) => (each.id === member.id ? renamed : each)),
    }))
    this.#context.record('memberRenamed', { name: renamed.name }, `from ${member.name}, by ${by}`)
    return this.#memberRow(renamed)
  }

  /** Throws TallyError noSuchMember, lastAdmin or stateUnwritable. */
  async removeMember(name: string, { by, force }: { by: string; force: boolean }): Promise<MemberRow> {
    const member = this.#member(name)
    const row = this.#memberRow(member)
    const gone = this.#data.tokens.filter((token) => token.member === member.id)
    if (!force) this.#refuseLastAdmin(gone)
    await this.#end(gone, (data) => ({
      ...data,
      members: data.members.filter((each) => each.id !== member.id),
    }))
    this.#context.record('memberRemoved', { name: member.name }, `by ${by}`)
    return row
  }

  /** Throws TallyError noSuchMember, memberExists, invalidParams, tooMany or stateUnwritable. */
  async create(order: Order): Promise<Minted> {
    const name = cleanName(order.member)
    const known = this.#find(name)
    if (known === undefined && order.exists === 'must') throw new TallyError('noSuchMember', quoted(name))
    if (known !== undefined && order.exists === 'new') throw new TallyError('memberExists', quoted(name))
    const member = known ?? this.#newMember(name)
    const replaced = this.#data.tokens.filter(
      (token) => order.device !== null && token.device === order.device && token.origin === order.origin,
    )
    const { token, secret } = this.#mint(member, order)
    await this.#end(replaced, (data) => ({
      members: known === undefined ? [...data.members, member] : data.members,
      tokens: [...data.tokens, token],
    }))
    if (known === undefined) this.#context.record('memberAdded', { name }, `by ${order.by}`)
    this.#context.record('tokenCreated', { id: token.id, name }, `${token.scopes.join(' ')}, by ${order.by}`)
    return { ...this.#row(token), secret }
  }

  /** `of` names the only member whose tokens may be ended. Throws TallyError noSuchToken, lastAdmin or stateUnwritable. */
  async revoke(
    id: string,
    { by, force, of }: { readonly by: string; readonly force: boolean; readonly of?: string },
  ): Promise<TokenRow> {
    const token = this.#data.tokens.find((each) => each.id === id)
    if (token === undefined || (of !== undefined && this.#memberOf(token) !== of)) {
      throw new TallyError('noSuchToken', quoted(id))
    }
    if (!force) this.#refuseLastAdmin([token])
    const row = this.#row(token)
    await this.#end([token])
    this.#context.record('tokenRevoked', { id, name: row.member }, `by ${by}`)
    return row
  }

  /** The token with this secret is given back by who holds it (RFC 7009); null where there is none. Throws stateUnwritable. */
  async giveBack(secret: string, device: string | null): Promise<TokenRow | null> {
    const holder = this.authenticate(secret, device)
    return holder === null ? null : this.revoke(holder.id, { by: `token ${holder.id}`, force: true })
  }

  /** Throws TallyError noSuchMember, invalidParams or stateUnwritable. */
  async rotate(
    name: string,
    order: Pick<Order, 'label' | 'expiresIn' | 'by'> & { readonly scopes: readonly Scope[] | undefined },
  ): Promise<{ token: Minted; revoked: TokenRow[] }> {
    const member = this.#member(name)
    const old = this.#data.tokens.filter((token) => token.member === member.id && this.#isValid(token))
    const scopes = order.scopes ?? [...new Set(old.flatMap((token) => token.scopes))]
    if (scopes.length === 0) {
      throw new TallyError('invalidParams', `${quoted(name)} has no token yet`, 'say --scope')
    }
    const { token, secret } = this.#mint(member, {
      ...order,
      scopes,
      label: order.label ?? old[0]?.label,
      origin: 'rotated',
      device: null,
    })
    const revoked = old.map((each) => this.#row(each))
    await this.#end(old, (data) => ({ ...data, tokens: [...data.tokens, token] }))
    for (const { id } of old) this.#context.record('tokenRevoked', { id, name }, `by ${order.by}`)
    this.#context.record('tokenCreated', { id: token.id, name }, `${scopes.join(' ')}, by ${order.by}`)
    return { token: { ...this.#row(token), secret }, revoked }
  }

  /** Ends what has expired, and what an enrolment handed out and nobody ever used. Throws TallyError stateUnwritable. */
  async expire(): Promise<void> {
    const now = this.#context.now()
    const late = this.#data.tokens.filter((token) => !this.#isValid(token))
    const unused = this.#data.tokens.filter((token) => {
      const isHandedOut = token.origin === 'enrolled' || token.origin === 'login'
      const wasUsed = token.lastUsedAt !== null || this.#used.has(token.id)
      return isHandedOut && !wasUsed && now - Date.parse(token.createdAt) >= UNUSED_LIVES_MS
    })
    const gone = [...new Set([...late, ...unused])]
    if (gone.length === 0) return
    await this.#end(gone)
    for (const token of gone) {
      const what = late.includes(token) ? 'tokenExpired' : 'tokenUnused'
      this.#context.record(what, { id: token.id, name: this.#nameOf(token.member) })
    }
  }

  get #data(): TokenData {
    return this.#context.document.value
  }

  #index(): ReadonlyMap<string, StoredToken> {
    if (this.#indexed !== this.#data) {
      this.#byHash = new Map(this.#data.tokens.map((token) => [token.hash, token]))
      this.#indexed = this.#data
    }
    return this.#byHash
  }

  #isValid({ expiresAt }: StoredToken): boolean {
    return expiresAt === null || Date.parse(expiresAt) > this.#context.now()
  }

  #find(name: string): StoredMember | undefined {
    return this.#data.members.find((each) => each.name === name)
  }

  #member(name: string): StoredMember {
    const member = this.#find(name)
    if (member === undefined) throw new TallyError('noSuchMember', quoted(name))
    return member
  }

  #newMember(name: string): StoredMember {
    this.#refuseTaken(name)
    if (this.#data.members.length >= MEMBERS_CAP) throw new TallyError('tooMany', `${MEMBERS_CAP} members`)
    return { id: newId(), name, createdAt: this.#at() }
  }

  #refuseTaken(name: string): void {
    if (this.#find(name) !== undefined) throw new TallyError('memberExists', quoted(name))
  }

  #refuseLastAdmin(gone: readonly StoredToken[]): void {
    const isAdmin = (token: StoredToken) => token.scopes.includes('admin') && this.#isValid(token)
    const left = this.#data.tokens.filter((token) => isAdmin(token) && !gone.includes(token))
    if (left.length === 0 && gone.some(isAdmin)) throw new TallyError('lastAdmin')
  }

  #mint(
    member: StoredMember,
    order: Omit<Order, 'member' | 'exists'>,
  ): { token: StoredToken; secret: string } {
    if (this.#data.tokens.length >= TOKENS_CAP) throw new TallyError('tooMany', `${TOKENS_CAP} tokens`)
    const secret = mintToken()
    const { scopes, origin, device, by, expiresIn } = order
    const expiresAt =
      expiresIn === undefined ? null : new Date(this.#context.now() + expiresIn * 1000).toISOString()
    const token: StoredToken = {
      id: newId(),
      member: member.id,
      label: order.label === undefined ? member.name : cleanName(order.label),
      scopes: [...new Set(scopes)],
      hash: hashOf(secret),
      origin,
      device,
      createdAt: this.#at(),
      createdBy: by,
      lastUsedAt: null,
      expiresAt,
    }
    return { token, secret }
  }

  /** Takes these out, with whatever else is to change in the same step, and tells who has to cut connections. */
  async #end(
    gone: readonly StoredToken[],
    change: (data: TokenData) => TokenData = (data) => data,
  ): Promise<void> {
    const ids = new Set(gone.map(({ id }) => id))
    await this.#update((data) => {
      const changed = change(data)
      return { ...changed, tokens: changed.tokens.filter(({ id }) => !ids.has(id)) }
    })
    for (const id of ids) this.#used.delete(id)
    if (ids.size > 0) this.#context.onEnded([...ids])
  }

  #use({ id, lastUsedAt }: StoredToken): void {
    const isFirst = lastUsedAt === null && !this.#used.has(id)
    this.#used.set(id, this.#context.now())
    // A token that was handed out and is not known to have been used would be revoked after a crash.
    if (isFirst) return void this.#writeUses()
    this.#writing ??= setTimeout(() => void this.#writeUses(), USES_WRITTEN_MS).unref()
  }

  /** Never throws: a full disk loses a time of use, and the next use writes it. */
  async #writeUses(): Promise<void> {
    if (this.#writing !== null) clearTimeout(this.#writing)
    this.#writing = null
    if (this.#used.size === 0) return
    const used = new Map(this.#used)
    const at = (token: StoredToken): string | null => {
      const ms = used.get(token.id)
      return ms === undefined ? token.lastUsedAt : new Date(ms).toISOString()
    }
    await this.#update((data) => ({
      ...data,
      tokens: data.tokens.map((token) => ({ ...token, lastUsedAt: at(token) })),
    })).then(
      () => {
        for (const [id, ms] of used) if (this.#used.get(id) === ms) this.#used.delete(id)
      },
      () => undefined,
    )
  }

  #row(token: StoredToken): TokenRow {
    const { id, label, scopes, origin, device, createdAt, createdBy, expiresAt } = token
    const used = this.#used.get(id)
    const lastUsedAt = used === undefined ? token.lastUsedAt : new Date(used).toISOString()
    const member = this.#memberOf(token)
    return {
      id,
      member,
      label,
      scopes: [...scopes],
      origin,
      device,
      createdAt,
      createdBy,
      lastUsedAt,
      expiresAt,
    }
  }

  #memberRow({ id, name, createdAt }: StoredMember): MemberRow {
    const tokens = this.#data.tokens.filter((token) => token.member === id && this.#isValid(token))
    const devices = tokens.flatMap(({ origin, device }) => (origin === 'login' ? (device ?? []) : []))
    return { name, createdAt, tokens: tokens.length, devices }
  }

  #memberOf({ member }: StoredToken): string {
    return this.#nameOf(member)
  }

  #nameOf(id: string): string {
    return this.#data.members.find((each) => each.id === id)?.name ?? ''
  }

  #at(): string {
    return new Date(this.#context.now()).toISOString()
  }

  async #update(change: (data: TokenData) => TokenData): Promise<void> {
    try {
      await this.#context.document.update(change)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      throw new TallyError('stateUnwritable', `members and tokens were not changed (${code})`)
    }
  }
}

/** Throws TallyError invalidParams where nothing is left. */
function cleanName(given: string): string {
  const name = printable(given, ' ').replaceAll(/\s+/g, ' ').trim()
  if (name === '') throw new TallyError('invalidParams', `${quoted(given)} is no name`)
  return name
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 64))
}

function newId(): string {
  return randomBytes(4).toString('hex')
}
