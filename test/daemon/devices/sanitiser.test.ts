// What names may be when they leave and when they come in.
import fc from 'fast-check'
import t from 'tap'
import { WIRE } from '../../../src/contract/wire-bounds.ts'
import {
  agentAsTold,
  deviceAsTold,
  modelAsHeard,
  modelAsTold,
  programAsTold,
  toolAsHeard,
  toolAsTold,
  zoneAsTold,
} from '../../../src/daemon/devices/sanitiser.ts'
import { TABLE } from '../../../src/daemon/usage/prices/generated/table.ts'
import { SOURCES } from '../../../src/daemon/usage/sources/sources.ts'

const RULES = { modelAsTold, toolAsTold, agentAsTold, deviceAsTold, zoneAsTold, programAsTold }
/** Letters that no word of ours has in this order. */
const canary = fc.stringMatching(/^qzj[a-z]{9}$/)

t.test('every model of the price table leaves under its own name', async (t) => {
  const ids = TABLE.providers.flatMap(({ models }) =>
    [...models.matchAll(/^\["([^"]+)",/gm)].map(([, id]) => id!),
  )
  t.ok(ids.length > 1_000, `${ids.length} models`)
  t.same(
    ids.filter((id) => modelAsTold(id) !== id),
    // Beginnings of names, and one that is nothing but numbers.
    ['ft:gpt-3.5-turbo-', 'gpt-4o-mini-2024-07-18.ft-', 'r1-1776'],
  )
})

t.test('every agent that is read leaves under its own name', async (t) => {
  t.same(
    SOURCES.filter(({ agent }) => agentAsTold(agent) !== agent),
    [],
  )
  t.equal(agentAsTold('acme'), 'other')
})

t.test('models as agents write them', async (t) => {
  const names = [
    'claude-sonnet-4-5-20250929',
    'claude-opus-4-6[1m]',
    'us.anthropic.claude-sonnet-4-20250514-v1:0',
    'claude-opus-4@20250514',
    'openrouter/anthropic/claude-sonnet-4.5',
    'gpt-5.3-codex',
    'gpt-4o-mini',
    'o3',
    'qwen3-coder:30b-a3b-q4_K_M',
    'accounts/fireworks/models/deepseek-v3p1',
    'GLM-4.6',
    'unknown',
    '(other)',
  ]
  for (const name of names) t.equal(modelAsTold(name), name)
})

t.test('a model that somebody named himself leaves as (private model)', async (t) => {
  const names = [
    '/home/alice/models/llama-3.gguf',
    './llama-3',
    '~/llama-3',
    'C:\\Users\\alice\\llama',
    'models/llama-3-acme.gguf',
    'http://gpu.acme.example:11434/llama3',
    'file:///srv/llama',
    'localhost:11434/llama3',
    'llama3@10.0.0.7',
    'llama-10.0.0.7:11434',
    '10.0.0.7',
    'alice@acme.example',
    'registry.acme.example/team/qwen3:30b',
    'gpt-4o-acme-prod',
    'acme',
    'ft:gpt-4o-mini-2024-07-18:acme::9abcDEFG',
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4',
    'claude-123456789012',
    'ft:gpt-4o-mini:solar:a1b2c3d4',
    'openai/gpt-4o@10-1-2-3:8080',
    'gpt-192-168-1-1',
    'gpt:4111-1111-1111-1111',
    'gpt-12345678-12345678-87654321',
    'gpt-s3cr3t',
    'j0hn5m1th-gpt',
    'gpt-3f2a9b1c',
    'claude opus',
    'claude\u202eopus',
    'claude\u001b[31m',
    'сlaude-opus-4',
    'claude//opus',
    '-claude',
    'claude-',
    '__proto__',
    'constructor',
    '',
    `claude-${'4-'.repeat(80)}5`,
  ]
  for (const name of names) t.equal(modelAsTold(name), '(private model)', JSON.stringify(name))
})

t.test('tools: built-in ones by name, those of servers as mcp, the rest as other', async (t) => {
  for (const name of [
    'Bash',
    'TodoWrite',
    'shell',
    'apply_patch',
    'container.exec',
    'web_search',
    'unknown',
  ]) {
    t.equal(toolAsTold(name), name)
  }
  for (const name of ['mcp__linear__search', 'mcp__größe__搜索', 'acme__deploy', 'mcp', 'mcp__x\n__y']) {
    t.equal(toolAsTold(name), 'mcp')
  }
  for (const name of ['__proto__', 'constructor', 'deploy_acme', 'bash', 'Bash ', '', 'x\u001b[2J']) {
    t.equal(toolAsTold(name), 'other', JSON.stringify(name))
  }
})

t.test('agents, zones, versions and the device itself', async (t) => {
  t.equal(agentAsTold('claude-code'), 'claude-code')
  t.equal(agentAsTold('/home/alice'), 'other')
  t.equal(zoneAsTold('America/Argentina/Buenos_Aires'), 'America/Argentina/Buenos_Aires')
  t.equal(zoneAsTold('/etc/localtime'), 'UTC')
  t.equal(programAsTold('0.1.0-rc.1'), '0.1.0-rc.1')
  t.equal(programAsTold('0.1.0 at /home/alice'), 'unknown')
  t.equal(deviceAsTold(' my\u001b[31m desk\n'), 'my[31m desk')
  t.equal(deviceAsTold('\u0000'), 'a device')
  t.equal([...deviceAsTold('é'.repeat(10_000))].length, 64)
})

t.test('a canary planted in a name does not leave, in whatever it is wrapped', async () => {
  const around = fc.oneof(
    fc.string(),
    fc.constantFrom('claude-', '-opus', 'gpt-4o:', '/home/', 'mcp__', '__x', 'Bash', ''),
  )
  fc.assert(
    fc.property(canary, around, around, (bird, before, after) => {
      const planted = `${before}${bird}${after}`
      for (const rule of [modelAsTold, toolAsTold, agentAsTold])
        if (rule(planted).includes(bird)) return false
      return !modelAsHeard(planted).includes(bird) && !toolAsHeard(planted).includes(bird)
    }),
    { numRuns: 5_000 },
  )
})

t.test(
  'whatever the name, what leaves fits the contract, is printable, and leaves once more as it is',
  async () => {
    const any = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.stringMatching(/^[a-z0-9:._/@-]+$/),
    )
    fc.assert(
      fc.property(any, (name) =>
        Object.values(RULES).every((rule) => {
          const told = rule(name)
          const safe =
            told.length > 0 &&
            told.length <= 2 * WIRE.nameLength &&
            !/[\0-\x1f\x7f-\x9f\u2028\u202e]/.test(told)
          return safe && rule(told) === told
        }),
      ),
      { numRuns: 5_000 },
    )
  },
)

t.test('names that our list would change stay apart when they come in', async (t) => {
  t.equal(modelAsHeard('gpt-5.5'), 'gpt-5.5')
  t.equal(modelAsHeard('(private model)'), '(private model)')
  t.not(modelAsHeard('novel-one'), modelAsHeard('novel-two'))
  t.match(modelAsHeard('novel-one'), /^\(private model [0-9a-f]{12}\)$/)
  t.not(modelAsHeard(modelAsHeard('novel-one')), modelAsHeard('novel-one'), 'nor can a mark be claimed')
  t.match(toolAsHeard('NovelTool'), /^other [0-9a-f]{12}$/)
  t.match(toolAsHeard('mcp__acme__x'), /^other [0-9a-f]{12}$/)
  t.equal(toolAsHeard('mcp'), 'mcp')
})
