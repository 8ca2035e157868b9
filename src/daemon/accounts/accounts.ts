// Whose accounts the agents are signed in with, as their own files say: read only where the config has `identity.read`, held in memory,
// shown to whom the identity mode allows, never told to other devices.
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Surroundings } from '../../contract/paths.ts'
import { printable } from '../../contract/printable.ts'

/** Each null where the file does not say it. */
export interface Account {
  readonly email: string | null
  readonly plan: string | null
  /** A hash of agent and account id, 32 hexadecimal digits. */
  readonly key: string | null
}

/** Files of agents hold whole histories beside the account, in bytes. */
const LARGEST = 16 << 20
/** Files are looked at again at most this often, in milliseconds. */
const LOOK_MS = 60_000

interface AccountFile {
  readonly agent: string
  readonly path: string
  readonly accountIn: (content: unknown) => { email: unknown; plan: unknown; id: unknown }
}

export interface AccountsContext {
  readonly surroundings: Surroundings
  /** `identity.read` of the config. */
  readonly isRead: boolean
  readonly onChanged: () => void
  /** Unix milliseconds. */
  readonly now: () => number
}

export class Accounts {
  readonly #context: AccountsContext
  readonly #files: readonly AccountFile[]
  readonly #accounts = new Map<string, Account>()
  /** Of each file as it was read last: when it was written. */
  readonly #read = new Map<string, number>()
  #lookedAt = Number.NEGATIVE_INFINITY
  #looking: Promise<void> = Promise.resolve()

  constructor(context: AccountsContext) {
    this.#context = context
    this.#files = context.isRead ? filesOf(context.surroundings) : []
  }

  /** The account that the agent is signed in with; null where it is not known, or not read. */
  of(agent: string): Account | null {
    if (this.#files.length === 0) return null
    this.#lookSoon()
    return this.#accounts.get(agent) ?? null
  }

  /** Reads the files that changed. Never throws: a file that cannot be read or understood tells of nobody. */
  look(): Promise<void> {
    this.#lookedAt = this.#context.now()
    this.#looking = this.#looking.then(() => this.#readAll())
    return this.#looking
  }

  async #readAll(): Promise<void> {
    let isNews = false
    for (const { agent, path, accountIn } of this.#files) {
      const writtenMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
      if (this.#read.get(agent) === writtenMs) continue
      this.#read.set(agent, writtenMs)
      const account = await accountOf(agent, path, accountIn)
      isNews ||= JSON.stringify(account) !== JSON.stringify(this.#accounts.get(agent) ?? null)
      if (account === null) this.#accounts.delete(agent)
      else this.#accounts.set(agent, account)
    }
    if (isNews) this.#context.onChanged()
  }

  #lookSoon(): void {
    const age = this.#context.now() - this.#lookedAt
    // A clock that was set back must not put it off.
    if (age >= LOOK_MS || age < 0) void this.look()
  }
}

function filesOf({ env, home }: Surroundings): AccountFile[] {
  const codexHome = nonEmpty(env['CODEX_HOME']) ?? join(home, '.codex')
  const claudeHome = nonEmpty(env['CLAUDE_CONFIG_DIR']?.split(',')[0])
  return [
    { agent: 'codex', path: join(codexHome, 'auth.json'), accountIn: codexAccount },
    { agent: 'claude-code', path: join(claudeHome ?? home, '.claude.json'), accountIn: claudeAccount },
  ]
}

async function accountOf(
  agent: string,
  path: string,
  accountIn: AccountFile['accountIn'],
): Promise<Account | null> {
  try {
    if (statSync(path).size > LARGEST) return null
    const { email, plan, id } = accountIn(JSON.parse(await readFile(path, 'utf8')))
    const account = { email: textIn(email), plan: textIn(plan), key: keyOf(agent, textIn(id)) }
    return account.email === null && account.plan === null && account.key === null ? null : account
  } catch {
    return null
  }
}

/** The claims of the id token and nothing else of the file; its signature is not checked, as nothing is allowed by it. */
function codexAccount(content: unknown) {
  const claims = claimsOf(at(content, 'tokens', 'id_token'))
  const auth = at(claims, 'https://api.openai.com/auth')
  return {
    email: at(claims, 'email'),
    plan: at(auth, 'chatgpt_plan_type'),
    id: at(auth, 'chatgpt_account_id'),
  }
}

function claudeAccount(content: unknown) {
  const account = at(content, 'oauthAccount')
  const plan = at(account, 'organizationType')
  return {
    email: at(account, 'emailAddress'),
    plan: typeof plan === 'string' ? plan.replace(/^claude_/, '') : null,
    id: at(account, 'accountUuid'),
  }
}

/** RFC 7519 §3: the second of three parts, base64url. */
function claimsOf(token: unknown): unknown {
  if (typeof token !== 'string') return null
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
}

function at(value: unknown, ...keys: readonly string[]): unknown {
  let inner = value
  for (const key of keys) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return null
    inner = (inner as Record<string, unknown>)[key]
  }
  return inner
}

function keyOf(agent: string, id: string | null): string | null {
  if (id === null) return null
  return createHash('sha256').update(`${agent}\0${id}`).digest('hex').slice(0, 32)
}

/** One line of at most 254 characters (RFC 5321 §4.5.3.1.3 allows a path of 256 with its brackets). */
function textIn(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const text = printable(value, '').trim()
  return text === '' || text.length > 254 ? null : text
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value
}
