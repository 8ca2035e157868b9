// What the answers look like that this client can show. The contract's validators are too heavy for it; a test holds these
// checks against the contract's schemas. Keys that are not known pass, and so do new words where any word can be shown.
import type { MethodName } from '../../contract/methods.ts'
import { SECRET_TYPES } from '../../contract/vault-words.ts'
import { GROUPINGS } from '../../contract/words.ts'
import {
  amount,
  type Check,
  count,
  flag,
  isObject,
  listOf,
  mapOf,
  maybe,
  object,
  orNull,
  pairOf,
  port,
  text,
} from './shape-checks.ts'
import { TRANSFER_SHAPES, transferRequest } from './transfer-shapes.ts'

const tokens = {
  input: count,
  output: count,
  cacheRead: count,
  cacheWrite5m: count,
  cacheWrite1h: count,
  reasoning: count,
}
const figures = {
  calls: count,
  sessions: orNull(count),
  tokens: orNull(object(tokens)),
  webSearches: orNull(count),
  costUSD: orNull(amount),
}
const keys = Object.fromEntries(GROUPINGS.map((name) => [name, maybe(text)]))

const display = object({ currency: text, perUSD: (value) => amount(value) && (value as number) > 0 })

const summary = object({
  display: maybe(display),
  range: object({ since: orNull(text), until: text, timeZone: text }),
  by: listOf((value) => (GROUPINGS as readonly unknown[]).includes(value)),
  rows: listOf(object({ ...keys, ...figures })),
  total: object(figures),
  devices: listOf(
    object({
      id: orNull(text),
      name: text,
      self: flag,
      freshness: text,
      asOf: orNull(text),
      state: maybe(text),
    }),
  ),
  sameLogs: maybe(listOf(object({ devices: pairOf(text), buckets: count }))),
  unpriced: listOf(object({ agent: text, model: text, calls: count, tokens: count })),
})

const source = object({
  agent: text,
  folders: listOf(object({ path: text, origin: text, state: text })),
  files: count,
  bytes: count,
  lines: count,
  rejected: listOf(object({ reason: text, lines: count, example: object({ file: text, line: count }) })),
  unreadable: listOf(object({ path: text, code: text })),
  newestAt: orNull(text),
})

const progress = object({
  bytesDone: count,
  bytesTotal: count,
  filesDone: count,
  filesTotal: count,
  startedAt: text,
})

const sharing = object({
  open: flag,
  port: orNull(count),
  mode: text,
  until: orNull(text),
  problem: orNull(text),
})

const web = object({
  url: orNull(text),
  port: orNull(port),
  lan: flag,
  plainHttp: flag,
  plainHttpPort: orNull(port),
  problem: orNull(text),
})

const status = object({
  version: text,
  pid: count,
  ready: flag,
  startedAt: text,
  device: object({ id: orNull(text), name: text }),
  listeners: object({ control: object({ path: text }), lan: sharing, web }),
  index: object({ files: count, bytes: count, lines: count, rejected: count, tookMs: amount }),
  progress: orNull(progress),
  problems: count,
})

const spent = object({ calls: count, tokens: count, costUSD: orNull(amount) })
const spans = { today: spent, month: spent, all: spent }
const device = object({
  id: orNull(text),
  name: text,
  self: flag,
  state: text,
  direction: orNull(text),
  freshness: text,
  asOf: orNull(text),
  problem: orNull(object({ code: text, says: text, since: text })),
  address: orNull(text),
  rights: maybe(listOf(text)),
  ...spans,
})
const named = object({ id: text, name: text })
const identity = object({ id: text, createdAt: text, cloned: flag })
const invitation = object({
  id: text,
  state: text,
  expiresAt: text,
  attemptsLeft: count,
  failed: count,
  wrongFrom: listOf(text),
  paired: orNull(named),
})

const auditEntry = object({
  seq: count,
  at: text,
  what: text,
  subject: object({ id: orNull(text), name: orNull(text), address: orNull(text) }),
  detail: orNull(text),
  count,
  since: orNull(text),
})
const verified = object({
  intact: flag,
  entries: count,
  first: orNull(count),
  head: orNull(object({ seq: count, hash: text })),
  kept: orNull((value) => ['found', 'missing', 'tooOld'].includes(value as string)),
  problems: listOf(object({ file: text, line: count, says: text })),
})
const pairingRequest = object({
  id: text,
  kind: text,
  digits: maybe(text),
  from: object({ id: text, name: text, address: text }),
  direction: text,
  ours: flag,
  openedAt: text,
  expiresAt: text,
})
const enrolmentRequest = object({
  id: text,
  kind: text,
  from: object({ id: orNull(text), name: text, address: text }),
  clientId: text,
  scopes: listOf(text),
  claimedBy: orNull(text),
  takeover: flag,
  openedAt: text,
  expiresAt: text,
})
const REQUESTS: Readonly<Record<string, Check>> = {
  enrolment: enrolmentRequest,
  transfer: transferRequest,
  pairing: pairingRequest,
}
const request: Check = (value) =>
  isObject(value) && (REQUESTS[String(value['kind'])] ?? pairingRequest)(value)
const granted = object({
  member: text,
  scopes: listOf(text),
  label: text,
  identity: text,
  expiresAt: orNull(text),
})
const member = object({ name: text, createdAt: text, tokens: count, devices: listOf(text) })
const tokenFields = {
  id: text,
  member: text,
  label: text,
  scopes: listOf(text),
  identity: text,
  origin: text,
  device: orNull(text),
  createdAt: text,
  createdBy: text,
  lastUsedAt: orNull(text),
  expiresAt: orNull(text),
}
const token = object(tokenFields)
const minted = object({ ...tokenFields, secret: text })
const whoami = object({
  asker: text,
  member: orNull(text),
  token: orNull(text),
  label: orNull(text),
  scopes: listOf(text),
  expiresAt: orNull(text),
  device: object({ id: orNull(text), name: text }),
  claimedBy: orNull(text),
})
const login = object({
  id: text,
  url: text,
  state: text,
  label: text,
  scopes: listOf(text),
  member: orNull(text),
  tokenId: orNull(text),
  code: orNull(object({ userCode: text, verificationUri: text, expiresAt: text })),
  problem: orNull(object({ code: text, says: text })),
})
const comparison = object({
  id: orNull(text),
  state: text,
  digits: orNull(text),
  ours: flag,
  from: object({ id: text, address: text }),
  expiresAt: text,
  why: orNull(text),
  paired: orNull(named),
})

const found = object({
  id: orNull(text),
  name: orNull(text),
  shortId: orNull(text),
  addresses: listOf(text),
  openForPairing: flag,
})
const displayPairing = object({
  id: text,
  state: text,
  member: text,
  expiresAt: text,
  attempts: (value) => count(value) && (value as number) >= 1,
  rejected: count,
  token: orNull(text),
})
const quota = object({
  agent: text,
  account: orNull(text),
  kind: text,
  label: text,
  windowSeconds: (value) => count(value) && (value as number) >= 60,
  usedPercent: orNull((value) => amount(value) && (value as number) <= 100),
  resetAt: orNull(text),
  observedAt: text,
  device: text,
})

const budget = object({
  period: text,
  since: text,
  until: text,
  limitUSD: (value) => amount(value) && (value as number) > 0,
  spentUSD: orNull(amount),
  percent: orNull(amount),
  state: text,
  unpricedTokens: count,
  crossed: listOf(object({ percent: count, at: text })),
})

const monthSpent = object({ since: text, until: text, costUSD: orNull(amount), unpricedTokens: count })
const plan = object({
  agent: text,
  priceUSD: (value) => amount(value) && (value as number) > 0,
  month: monthSpent,
  lastMonth: monthSpent,
})

const vault = object({
  state: text,
  key: orNull(text),
  says: text,
  path: text,
  secrets: orNull(count),
  configs: orNull(count),
  problem: orNull(object({ code: text, says: text, next: text })),
})
const secretType: Check = (value) => Object.hasOwn(SECRET_TYPES, String(value))
const secretFields = { name: text, type: secretType, usedBy: listOf(text), createdAt: text, updatedAt: text }
const secret = object(secretFields)
const config = object({
  type: text,
  name: text,
  description: text,
  path: text,
  origin: maybe(text),
  links: object({ s3: maybe(text), encryptionKey: maybe(text), geocodingKey: maybe(text) }),
  createdAt: text,
  updatedAt: text,
})

/** An older daemon says no code. */
const check = object({ level: text, code: maybe(text), subject: text, says: text, next: maybe(text) })

/** By method, whether a result is one that the commands can show. */
export const SHAPES = {
  'daemon.hello': object({ version: text, methods: listOf(text), events: listOf(text) }),
  'daemon.status': status,
  'daemon.paths': object({ paths: mapOf(text) }),
  'daemon.stop': object({ stopped: object({ pid: count }) }),
  'usage.summary': summary,
  'usage.sources': object({ sources: listOf(source) }),
  'usage.rescan': object({
    rescanned: object({ files: count, changed: count, lines: count, tookMs: amount }),
  }),
  'quotas.list': object({ quotas: listOf(quota) }),
  'budgets.list': object({
    display: maybe(display),
    timeZone: text,
    budgets: listOf(budget),
    missing: listOf(object({ name: text, asOf: orNull(text) })),
  }),
  'plans.list': object({ display: maybe(display), plans: listOf(plan) }),
  'quotas.observe': object({ observed: object({ windows: count }) }),
  'devices.list': object({ devices: listOf(device), total: object(spans), display: maybe(display) }),
  'devices.rename': object({ renamed: object({ id: orNull(text), name: text }) }),
  'devices.unpair': object({ unpaired: named }),
  'devices.block': object({ blocked: named }),
  'devices.unblock': object({ unblocked: named }),
  'devices.forget': object({ forgotten: named }),
  'devices.grant': object({ granted: named }),
  'devices.ungrant': object({ ungranted: named }),
  'devices.merge': object({ merged: object({ from: named, into: named }) }),
  'pairing.invite': object({
    invited: object({ id: text, code: text, expiresAt: text, port, addresses: listOf(text) }),
  }),
  'pairing.join': object({ paired: named }),
  'pairing.cancel': object({ cancelled: object({ existed: flag }) }),
  'pairing.compare': object({ comparing: comparison }),
  'pairing.show': object({ invitation: orNull(invitation), comparison: orNull(comparison) }),
  'requests.list': object({ requests: listOf(request) }),
  'requests.approve': object({ approved: request, granted: maybe(granted) }),
  'requests.deny': object({ denied: request }),
  'members.list': object({ members: listOf(member) }),
  'members.add': object({ added: member }),
  'members.rename': object({ renamed: member }),
  'members.remove': object({ removed: member }),
  'tokens.list': object({ tokens: listOf(token) }),
  'tokens.create': object({ token: minted }),
  'tokens.revoke': object({ revoked: token }),
  'tokens.rotate': object({ token: minted, revoked: listOf(token) }),
  'access.whoami': object({ you: whoami }),
  'logins.list': object({ logins: listOf(login) }),
  'logins.begin': object({ login }),
  'logins.end': object({ ended: object({ url: text, tokenId: orNull(text), revoked: flag }) }),
  'logins.call': object({
    answer: object({ error: maybe(object({ code: Number.isInteger, message: text })) }),
  }),
  'displays.pair': object({ pairing: displayPairing, code: text, url: text }),
  'displays.cancel': object({ cancelled: object({ existed: flag }) }),
  'displays.show': object({ pairing: orNull(displayPairing) }),
  ...TRANSFER_SHAPES,
  'web.launch': object({ launched: object({ url: text, file: text, expiresAt: text }) }),
  'web.cert': object({ certificate: object({ pem: text, pin: text, names: listOf(text) }) }),
  'vault.status': object({ vault }),
  'vault.unlock': object({ unlocked: vault }),
  'vault.lock': object({ locked: vault }),
  'vault.protect': object({ protected: vault }),
  'secrets.list': object({ secrets: listOf(secret) }),
  'secrets.add': object({ added: secret }),
  'secrets.show': object({
    secret: object({ ...secretFields, fields: mapOf(text), hidden: listOf(text) }),
  }),
  'secrets.edit': object({ edited: secret }),
  'secrets.rename': object({ renamed: secret }),
  'secrets.remove': object({ removed: object({ name: text, type: secretType, unlinked: listOf(text) }) }),
  'configs.list': object({ configs: listOf(config) }),
  'configs.add': object({ added: config }),
  'configs.show': object({ config }),
  'configs.edit': object({ edited: config }),
  'configs.rename': object({ renamed: config }),
  'configs.remove': object({ removed: config }),
  'discovery.look': object({ found: listOf(found) }),
  'sharing.show': object({ sharing }),
  'sharing.set': object({ sharing }),
  'identity.show': object({ identity }),
  'identity.adopt': object({ adopted: identity }),
  'identity.renew': object({ renewed: identity }),
  'audit.list': object({ entries: listOf(auditEntry) }),
  'audit.verify': object({ verified }),
  'doctor.run': object({ checks: listOf(check) }),
  'doctor.device': object({ checks: listOf(check) }),
} as const satisfies Partial<Record<MethodName, Check>>

/** The methods whose results this client shows. */
export type ShownMethod = keyof typeof SHAPES
