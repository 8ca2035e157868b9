// A real daemon, scraped over the web listener as Prometheus would: what it says is right, and nothing of what was worked on is in it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { daemon, temporaryFolder, until } from '../../harness/daemon.ts'
import { freePort } from '../../harness/devices.ts'
import { samplesIn } from './scraped.ts'

const BIRD = 'qzjxwvkpqrst'

/** A call as Claude Code logs it, with the bird wherever a log has words of its owner's. */
function line(n: number, model: string, cost: object): string {
  return `${JSON.stringify({
    type: 'assistant',
    cwd: `/home/${BIRD}/project-${BIRD}`,
    gitBranch: `feature/${BIRD}`,
    sessionId: `${BIRD}-session`,
    userType: BIRD,
    requestId: `req_${BIRD}_${n}`,
    timestamp: '2026-03-02T10:00:00.000Z',
    message: {
      id: `msg_${BIRD}_${n}`,
      role: 'assistant',
      model,
      content: [
        { type: 'tool_use', id: `${BIRD}${n}`, name: `mcp__${BIRD}__x`, input: { path: `/srv/${BIRD}` } },
      ],
      usage: cost,
    },
  })}\n`
}

t.test(
  'a canary in project, path, branch, session, tool and model is in no byte of the metrics',
  async (t) => {
    const home = temporaryFolder(t)
    const port = await freePort()
    const config = {
      device: { name: 'desk' },
      web: { port },
      prices: { [`${BIRD}-priced`]: { input: 1, output: 10 } },
    }
    writeFileSync(join(home, 'config.json'), JSON.stringify(config))
    const folder = join(home, '.claude', 'projects', `-home-${BIRD}`)
    mkdirSync(folder, { recursive: true })
    const usage = { input_tokens: 10, output_tokens: 100 }
    const models = [
      'claude-opus-4-8',
      `/home/${BIRD}/x.gguf`,
      `${BIRD}@host.${BIRD}`,
      `gpt-4o-${BIRD}`,
      `${BIRD}-priced`,
    ]
    const lines = models.map((model, n) => line(n, model, usage))
    const broken = line(9, BIRD, { input_tokens: BIRD })
    writeFileSync(join(folder, `${BIRD}.jsonl`), [...lines, broken].join(''))
    const running = await daemon(t, { home, env: { HOSTNAME: BIRD, USER: BIRD } })
    await until(async () => (await running.call('daemon.status')).ready, 'it is ready')
    const { token } = await running.call('tokens.create', {
      member: 'prometheus',

      scopes: ['metrics:read'],
      identity: 'full',
    })
    for (const accept of ['text/plain', 'application/openmetrics-text']) {
      const headers = { authorization: `Bearer ${token.secret}`, accept }
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers })
      t.equal(answer.status, 200)
      t.match(answer.headers.get('content-type'), accept)
      const text = await answer.text()
      t.notMatch(text, BIRD)
      t.notMatch(text, home)
      t.notMatch(JSON.stringify([...answer.headers]), BIRD)
      const calls = samplesIn(text).filter(({ name }) => name === 'tallyd_usage_calls_total')
      t.same(
        calls.map(({ labels, value }) => [labels['device'], labels['model'], value]).sort(),
        [
          ['desk', '(private model)', 4],
          ['desk', 'claude-opus-4-8', 1],
        ],
        'its numbers are',
      )
      const [rejected] = samplesIn(text).filter(({ name }) => name === 'tallyd_index_rejected_lines')
      t.match(rejected, { labels: { agent: 'claude-code', reason: 'a count is not a number' }, value: 1 })
    }
  },
)
