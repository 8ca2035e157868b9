// What a report for a bug says of the config file: which keys are there, and a value only where it is a switch, a port, or one
// of a few words. Everything else a person chose, so that it is `set` and no more.

/** `set`: that it is there. `count`: how many. A list: one of these words. */
type Kind = 'set' | 'count' | 'switch' | 'number' | readonly string[]

/** Every key of the config (test/ctl/report-form.test.ts holds it against the contract). */
export const CONFIG_KINDS: Readonly<Record<string, Kind>> = {
  'device.name': 'set',
  'lan.port': 'number',
  'lan.address': 'set',
  'log.level': ['debug', 'info', 'warn', 'error', 'off'],
  'web.mode': ['on', 'off'],
  'web.port': 'number',
  'web.lan': 'switch',
  'web.names': 'count',
  'web.plainHttp': 'switch',
  'web.plainHttpPort': 'number',
  'web.clients': 'count',
  'identity.read': 'switch',
  'displays.refreshIntervalSeconds': 'number',
  'discovery.mode': ['off', 'browse', 'on'],
  'discovery.interfaces': 'count',
  'sources.claude-code': 'set',
  'sources.codex': 'set',
  'budgets.daily': 'set',
  'budgets.weekly': 'set',
  'budgets.monthly': 'set',
  'vault.key': ['keychain', 'credential', 'passphrase', 'file'],
  'money.currency': 'set',
  'money.perUSD': 'set',
  'plans.claude-code': 'set',
  'plans.codex': 'set',
  'alerts.desktop': 'switch',
  prices: 'count',
}

/** Larger is no port, interval or other number that somebody meant. */
const LARGEST = 1_000_000

export interface ConfigForm {
  /** How the file is. */
  readonly file: 'absent' | 'unreadable' | 'not JSON' | 'read'
  readonly keys: Readonly<Record<string, string | number | boolean>>
  /** Keys that no config has; their names are a person's text. */
  readonly unknown: number
}

/** `text` is the file's; null where there is none, undefined where it cannot be read. Never throws. */
export function configForm(text: string | null | undefined): ConfigForm {
  if (text === null) return { file: 'absent', keys: {}, unknown: 0 }
  if (text === undefined) return { file: 'unreadable', keys: {}, unknown: 0 }
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return { file: 'not JSON', keys: {}, unknown: 0 }
  }
  const given = new Map(flattened(value))
  const known = Object.entries(CONFIG_KINDS).filter(([key]) => given.has(key))
  return {
    file: 'read',
    keys: Object.fromEntries(known.map(([key, kind]) => [key, shown(given.get(key), kind)])),
    unknown: given.size - known.length,
  }
}

/** The keys of two levels, `web.port`; `prices` as a whole. */
function flattened(value: unknown): [string, unknown][] {
  return entriesOf(value).flatMap(([key, inner]): [string, unknown][] =>
    key === 'prices' || entriesOf(inner).length === 0
      ? [[key, inner]]
      : entriesOf(inner).map(([below, each]) => [`${key}.${below}`, each]),
  )
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
}

function shown(value: unknown, kind: Kind): string | number | boolean {
  if (kind === 'set') return 'set'
  if (kind === 'count') return Array.isArray(value) ? value.length : entriesOf(value).length
  if (kind === 'switch') return typeof value === 'boolean' ? value : 'wrong'
  if (kind === 'number')
    return Number.isInteger(value) && Math.abs(Number(value)) <= LARGEST ? Number(value) : 'wrong'
  return kind.find((word) => word === value) ?? 'wrong'
}
