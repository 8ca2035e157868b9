// A report is built of numbers, switches and words of its own: whatever stands in the facts, no text of them gets in.
import fc from 'fast-check'
import t from 'tap'
import { Config } from '../../src/contract/config.ts'
import { CONFIG_KINDS, configForm } from '../../src/ctl/commands/report-config.ts'
import { type ReportFacts, reportForm, VARIABLES } from '../../src/ctl/commands/report-form.ts'
import { status } from './fake-daemon.ts'

/** Facts in which every text is `text`, where the shape lets it be. */
function factsOf(text: string): ReportFacts {
  const shown = { level: text, code: text, subject: text, says: text, next: text }
  const base = status()
  const facts = {
    now: Date.UTC(2026, 10, 28, 12, 34, 56),
    client: { version: text, node: text },
    machine: { platform: text, arch: text, release: text, processors: 2, memory: 8e9 },
    daemon: 'running',
    status: {
      ...base,
      version: text,
      startedAt: text,
      device: { id: text, name: text },
      listeners: {
        control: { path: text },
        lan: { open: true, port: 4765, mode: text, until: text, problem: text },
        web: { ...base.listeners.web, url: text, problem: text },
      },
    },
    devices: [
      {
        id: text,
        name: text,
        self: false,
        state: text,
        direction: text,
        freshness: text,
        asOf: text,
        problem: { code: text, says: text, since: text },
        address: text,
        rights: [text],
      },
    ],
    checks: [shown],
    trial: [shown],
    config: JSON.stringify({
      ...Object.fromEntries(
        ['device', 'lan', 'log', 'web', 'discovery', 'vault', 'money', text].map((key) => [
          key,
          {
            name: text,
            address: text,
            level: text,
            mode: text,
            names: [text],
            port: text,
            lan: text,
            key: text,
            currency: text,
            [text]: text,
          },
        ]),
      ),
      sources: { 'claude-code': { roots: [text] } },
      prices: { [text]: { input: 1, output: 1 } },
    }),
    files: [{ name: text, bytes: 1, mode: 0o100600 }],
    log: `{"level":30,"msg":${JSON.stringify(text)}}\n${text}`,
    env: [text, 'TALLYD_HOME'],
  }
  return facts as unknown as ReportFacts
}

t.test('no text of the facts is in a report', async (t) => {
  // Long enough that it is no part of our own words by chance, and no number.
  const text = fc
    .tuple(
      fc.string({ maxLength: 40, unit: 'grapheme' }),
      fc.constantFrom('', '9.9.9-', 'ok', '[::1]', '127.0.0.1:'),
    )
    .map(([random, start]) => `${start}canary-${random}`)
  const isClean = (given: string) => !JSON.stringify(reportForm(factsOf(given))).includes('canary')
  fc.assert(fc.property(text, isClean), { numRuns: 500 })
  t.ok(JSON.stringify(factsOf('canary')).split('canary').length > 40, 'it is in all of the facts')
})

t.test('every string of a report stands in the program, whatever the facts say', async (t) => {
  const strings = (value: unknown): string[] =>
    typeof value === 'string'
      ? [value]
      : typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, inner]) => [key, ...strings(inner)])
        : []
  const plain = new Set([...strings(reportForm(factsOf('x'))), 'IPv4', 'IPv6'])
  t.ok(plain.size > 50, `${plain.size} are known`)
  fc.assert(
    fc.property(fc.string({ minLength: 12, maxLength: 60 }), (given) =>
      strings(reportForm(factsOf(given))).every((each) => plain.has(each) || /^\d+(\.\d+){1,2}$/.test(each)),
    ),
    { numRuns: 500 },
  )
})

t.test('what is in it', async (t) => {
  const facts = factsOf('x')
  const checks = [{ level: 'broken', code: 'diskFull', subject: 's', says: 's' }] as const
  const files = [{ name: 'tokens', bytes: 12, mode: 0o100644 }]
  const log = '{"level":30,"a":1}\n{"level":50,"a":1}\n{"level":50,"a":1}\nodd\n'
  const machine = { ...facts.machine, platform: 'linux', arch: 'x64', release: '6.12.1-of-ann' }
  const client = { version: '0.1.0', node: '20.19.2' }
  t.match(reportForm({ ...facts, client, machine, checks, files, log, env: ['CODEX_HOME', 'HOME'] }), {
    report: 1,
    madeAt: '2026-11-28T12:34Z',
    client,
    machine: { platform: 'linux', arch: 'x64', kernel: '6.12.1', processors: 2, memoryMB: 8000 },
    environment: ['CODEX_HOME'],
    daemon: { state: 'running', lan: { open: true, port: 4765, failed: true } },
    checks: [{ level: 'broken', code: 'diskFull' }],
    files: [{ name: 'tokens', bytes: 12, mode: '0644' }],
    log: { info: 1, error: 2, other: 1 },
  })
  t.ok(VARIABLES.length > 5)
  t.equal(reportForm({ ...facts, log: null, trial: null, status: null }).log, null)
})

t.test('the config: switches and ports as they are, of everything else that it is set', async (t) => {
  t.same(configForm(null), { file: 'absent', keys: {}, unknown: 0 })
  t.same(configForm(undefined), { file: 'unreadable', keys: {}, unknown: 0 })
  t.same(configForm('{"device":'), { file: 'not JSON', keys: {}, unknown: 0 })
  t.same(configForm('[1]'), { file: 'read', keys: {}, unknown: 0 })
  const given = {
    device: { name: 'desk' },
    web: { mode: 'off', port: 4799, lan: true, names: ['a.lan', 'b.lan'], plainHttp: 'yes' },
    lan: { port: 4_000_000 },
    vault: { key: 'my own' },
    budgets: { daily: 12.5 },
    prices: { '/home/alice/own.gguf': { input: 1, output: 2 } },
    sorces: { x: 1 },
  }
  t.same(configForm(`\uFEFF${JSON.stringify(given)}`), {
    file: 'read',
    keys: {
      'device.name': 'set',
      'web.mode': 'off',
      'web.port': 4799,
      'web.lan': true,
      'web.names': 2,
      'web.plainHttp': 'wrong',
      'lan.port': 'wrong',
      'vault.key': 'wrong',
      'budgets.daily': 'set',
      prices: 1,
    },
    unknown: 1,
  })
})

t.test('every key of the config is known to it', async (t) => {
  const { properties } = Config as unknown as {
    properties: Record<string, { properties?: Record<string, unknown> }>
  }
  const keys = Object.entries(properties).flatMap(([key, { properties: inner }]) =>
    inner === undefined ? [key] : Object.keys(inner).map((below) => `${key}.${below}`),
  )
  const known = Object.keys(CONFIG_KINDS)
  t.ok(keys.length > 20, `${keys.length} keys`)
  // Those two hold what agents there are as keys.
  const byAgent = ['sources', 'plans']
  const wanted = keys.flatMap((key) =>
    byAgent.includes(key) ? [`${key}.claude-code`, `${key}.codex`] : [key],
  )
  t.same([...known].sort(), wanted.sort())
})
