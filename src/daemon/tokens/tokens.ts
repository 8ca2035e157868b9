// Members and their tokens: makes, finds and ends them. A token opens something only after the disk has it, and nothing any more
// once the disk knows that it ended.
import { TallyError } from '../../contract/errors.ts'
import { type IdentityMode, lesserIdentity, USUAL_IDENTITY } from '../../contract/identity-modes.ts'
import type { Scope } from '../../contract/scope-words.ts'
import type { MemberRow, Minted, TokenRow } from '../../contract/tokens.ts'
import { Book, type BookContext } from './book.ts'
import {
  knownMember,
  memberNamed,
  nameOf,
  quoted,
  withMember,
  withoutMember,
  withRenamed,
} from './members.ts'
import { type Made, type Order, withToken } from './minting.ts'
import { memberRow } from './rows.ts'
import type { StoredToken, TokenData } from './token-data.ts'

export type { BookContext as TokensContext } from './book.ts'
export type { Order } from './minting.ts'
export { UNUSED_LIVES_MS } from './terms.ts'

/** What a valid token says of who shows it. */
export interface Holder {
  readonly id: string
  readonly member: string
  readonly label: string
  readonly scopes: readonly Scope[]
  readonly identity: IdentityMode
  readonly expiresAt: string | null
  readonly device: string | null
}

/** What is to come in the place of a member's tokens. */
export interface Rotation extends Pick<Order, 'label' | 'expiresIn' | 'by'> {
  /** Undefined for the least of all of them. */
  readonly identity?: IdentityMode | undefined
  /** Undefined for those of all of them. */
  readonly scopes: readonly Scope[] | undefined
  readonly force?: boolean
  /** Throws where who asks may not grant these. */
  readonly allows?: (scopes: readonly Scope[], identity: IdentityMode) => void
}

export class Tokens {
  readonly #book: Book
  readonly #now: () => number
  readonly #record: BookContext['record']

  constructor(context: BookContext) {
    this.#book = new Book(context)
    this.#now = context.now
    this.#record = context.record
  }

  /** Writes what is not written yet: uses, and ends that only the clock has told of. */
  close(): Promise<void> {
    return this.#book.close()
  }

  members(): MemberRow[] {
    const valid = this.#book.valid()
    return this.#book.data.members.map((member) => memberRow(member, valid))
  }

  /** Every token that is valid, or those of the member with that name. */
  list(member?: string): TokenRow[] {
    const rows = this.#book.valid().map((token) => this.#book.row(token))
    return member === undefined ? rows : rows.filter((row) => row.member === member)
  }

  /** The valid tokens of the member that the token with this id belongs to; a name may be another one's meanwhile. */
  listBeside(id: string): TokenRow[] {
    const valid = this.#book.valid()
    const own = valid.find((token) => token.id === id)
    return valid.filter(({ member }) => member === own?.member).map((token) => this.#book.row(token))
  }

  /** The member that has claimed the device: the one of its login; null where it is unclaimed. */
  claimedBy(device: string): string | null {
    const login = this.#book.valid().find((token) => token.origin === 'login' && token.device === device)
    return login === undefined ? null : nameOf(this.#book.data, login.member)
  }

  /**
   * Who shows this secret; null where it is not valid. `device` is the fingerprint of the certificate that was presented with
   * it, null where none was: a token that is bound to another one, to one where none was presented, or to none where one was,
   * is not valid (RFC 8705 §3). Who keeps a
   * connection open for it has to be ready for `tokensEnded` before anything else is waited for.
   */
  authenticate(secret: string, device: string | null): Holder | null {
    const token = this.#book.find(secret, device)
    if (token === null) return null
    this.#book.use(token)
    const { id, label, scopes, identity = USUAL_IDENTITY, expiresAt } = token
    const member = nameOf(this.#book.data, token.member)
    return { id, member, label, scopes, identity, expiresAt, device: token.device }
  }

  /** Throws TallyError memberExists, invalidParams, tooMany or stateUnwritable. */
  async addMember(name: string, by: string): Promise<MemberRow> {
    const { result } = await this.#book.change((data) => withMember(data, name, this.#at()))
    this.#record('memberAdded', { name: result.name }, `by ${by}`)
    return memberRow(result, [])
  }

  /** Throws TallyError noSuchMember, memberExists, invalidParams or stateUnwritable. */
  async renameMember(name: string, given: string, by: string): Promise<MemberRow> {
    const { result } = await this.#book.change((data) => withRenamed(data, name, given))
    const { before, after } = result
    this.#record('memberRenamed', { name: after.name }, `from ${before.name}, by ${by}`)
    return memberRow(after, this.#book.valid())
  }

  /** Every token of it ends. Throws TallyError noSuchMember, lastAdmin or stateUnwritable. */
  async removeMember(name: string, { by, force }: { by: string; force: boolean }): Promise<MemberRow> {
    const { result } = await this.#book.change((data) => {
      const member = knownMember(data, name)
      const left = withoutMember(data, member)
      if (!force) this.#refuseLastAdmin(data, left)
      return [left, memberRow(member, this.#book.valid(data))]
    })
    this.#record('memberRemoved', { name: result.name }, `by ${by}`)
    return result
  }

  /** Throws TallyError noSuchMember, memberExists, invalidParams, tooMany or stateUnwritable. */
  async create(order: Order): Promise<Minted> {
    const { result, gone } = await this.#book.change((data) => {
      const known = memberNamed(data, order.member)
      if (known !== undefined && order.exists === 'new') {
        throw new TallyError('memberExists', quoted(order.member))
      }
      if (known === undefined && order.exists === 'must') {
        throw new TallyError('noSuchMember', quoted(order.member))
      }
      const [peopled, member] =
        known === undefined ? withMember(data, order.member, this.#at()) : [data, known]
      const isReplaced = ({ device, origin }: StoredToken) =>
        order.device !== null && device === order.device && origin === order.origin
      const left = { ...peopled, tokens: peopled.tokens.filter((token) => !isReplaced(token)) }
      const [full, made] = withToken(left, member, order, this.#now())
      return [full, { ...made, name: member.name, isNew: known === undefined }]
    })
    if (result.isNew) this.#record('memberAdded', { name: result.name }, `by ${order.by}`)
    this.#recordRevoked(gone, `replaced by ${result.token.id}`)
    return this.#minted(result)
  }

  /**
   * `beside` is the id of a token: then only those of the same member can be ended. Throws TallyError noSuchToken, lastAdmin or
   * stateUnwritable.
   */
  async revoke(
    id: string,
    { by, force, beside }: { readonly by: string; readonly force: boolean; readonly beside?: string },
  ): Promise<TokenRow> {
    const { result, gone } = await this.#book.change((data) => {
      const token = data.tokens.find((each) => each.id === id)
      const own = data.tokens.find((each) => each.id === beside)
      if (token === undefined || (beside !== undefined && own?.member !== token.member)) {
        throw new TallyError('noSuchToken', quoted(id))
      }
      const left = { ...data, tokens: data.tokens.filter((each) => each !== token) }
      if (!force) this.#refuseLastAdmin(data, left)
      return [left, this.#book.row(token, data)]
    })
    this.#recordRevoked(gone, `by ${by}`)
    return result
  }

  /** The token with this secret is given back by who holds it (RFC 7009); null where there is none. Throws stateUnwritable. */
  async giveBack(secret: string, device: string | null): Promise<TokenRow | null> {
    const token = this.#book.find(secret, device)
    if (token === null) return null
    try {
      return await this.revoke(token.id, { by: `token ${token.id}`, force: true })
    } catch (error) {
      // Somebody else was faster.
      if (error instanceof TallyError && error.error === 'noSuchToken') return null
      throw error
    }
  }

  /**
   * Every token of the member ends, and one begins. Throws TallyError noSuchMember, invalidParams, tooMany, lastAdmin or
   * stateUnwritable, and what `allows` throws.
   */
  async rotate(name: string, rotation: Rotation): Promise<{ token: Minted; revoked: TokenRow[] }> {
    const { result, gone } = await this.#book.change((data) => {
      const member = knownMember(data, name)
      const old = this.#book.valid(data).filter((token) => token.member === member.id)
      const scopes = rotation.scopes ?? [...new Set(old.flatMap((token) => token.scopes))]
      if (scopes.length === 0) {
        throw new TallyError('invalidParams', `${quoted(name)} has no token yet`, 'say --scope')
      }
      const identity = rotation.identity ?? leastOf(old)
      rotation.allows?.(scopes, identity)
      const left = { ...data, tokens: data.tokens.filter((token) => !old.includes(token)) }
      if (rotation.force !== true && !scopes.includes('admin')) this.#refuseLastAdmin(data, left)
      const label = rotation.label ?? old[0]?.label
      const wanted = { ...rotation, scopes, identity, label, origin: 'rotated', device: null } as const
      const [full, made] = withToken(left, member, wanted, this.#now())
      return [full, { ...made, revoked: old.map((token) => this.#book.row(token, data)) }]
    })
    this.#recordRevoked(gone, `by ${rotation.by}`)
    return { token: this.#minted(result), revoked: result.revoked }
  }

  /** Ends what has expired, and what an enrolment handed out and nobody ever used. Throws TallyError stateUnwritable. */
  expire(): Promise<void> {
    return this.#book.expire()
  }

  /** Throws TallyError lastAdmin where nobody is left who may manage the others, and somebody was. */
  #refuseLastAdmin(before: TokenData, left: TokenData): void {
    const hasAdmin = (data: TokenData) =>
      this.#book.valid(data).some(({ scopes }) => scopes.includes('admin'))
    if (hasAdmin(before) && !hasAdmin(left)) throw new TallyError('lastAdmin')
  }

  #minted({ token, secret }: Made): Minted {
    const row = this.#book.row(token)
    const what = `${token.scopes.join(' ')}, by ${token.createdBy}`
    this.#record('tokenCreated', { id: token.id, name: row.member }, what)
    return { ...row, secret }
  }

  #recordRevoked(gone: readonly StoredToken[], detail: string): void {
    for (const { id, member } of gone) {
      this.#record('tokenRevoked', { id, name: nameOf(this.#book.data, member) }, detail)
    }
  }

  #at(): string {
    return new Date(this.#now()).toISOString()
  }
}

function leastOf(tokens: readonly StoredToken[]): IdentityMode {
  const modes = tokens.map(({ identity = USUAL_IDENTITY }) => identity)
  return modes.length === 0 ? USUAL_IDENTITY : modes.reduce(lesserIdentity)
}
