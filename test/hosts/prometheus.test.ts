// The real Prometheus scrapes a real household, as docs/fleet.md says how: what it then knows is what tallyd counted.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Daemon, daemon, endOf, ROOT, type Teardown, temporaryFolder, until } from '../harness/daemon.ts'
import { devices, freePort, pairByCode } from '../harness/devices.ts'

t.setTimeout(180_000)

function reasonToSkip(): string | null {
  if (process.env['TALLYD_HOSTS'] !== '1') return 'needs Prometheus: run npm run test:hosts'
  const missing = ['prometheus', 'promtool'].filter((tool) => spawnSync('which', [tool]).status !== 0)
  return missing.length === 0 ? null : `needs ${missing.join(', ')}`
}

function prometheusTest(name: string, run: (t: Test) => Promise<unknown>): Promise<unknown> {
  const skip = reasonToSkip()
  return t.test(name, skip === null ? {} : { skip }, run)
}

/** What stands in docs/fleet.md between the fences of YAML, by what it begins with. */
function yamlOfDocs(beginning: string): string {
  const page = readFileSync(join(ROOT, 'docs', 'fleet.md'), 'utf8')
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text)
  const found = blocks.find((text) => text.includes(beginning))
  if (found === undefined) throw new Error(`docs/fleet.md has no YAML with ${beginning}`)
  return found
}

interface Result {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

interface Prometheus {
  api<T>(path: string): Promise<T>
  query(text: string): Promise<readonly Result[]>
}

/** Scrapes each second by the jobs of `config`; rules are those of the docs. */
async function prometheus(t: Teardown, folder: string, config: string): Promise<Prometheus> {
  const port = await freePort()
  const file = join(folder, 'prometheus.yml')
  writeFileSync(join(folder, 'rules.yml'), yamlOfDocs('groups:').replaceAll('interval: 5m', 'interval: 1s'))
  const intervals = 'global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [rules.yml]\n'
  writeFileSync(file, `${intervals}${config.replaceAll('scrape_interval: 60s', 'scrape_interval: 1s')}`)
  execFileSync('promtool', ['check', 'config', file], { stdio: 'pipe' })
  const words = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ]
  const child = spawn('prometheus', words, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = endOf(child)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/-/ready`).then(
      ({ status }) => status === 200,
      () => false,
    )
  await until(isReady, `Prometheus is ready: ${said}`, 60_000)
  const api = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)
    const body = (await answer.json()) as { status: string; data: T }
    if (body.status !== 'success') throw new Error(JSON.stringify(body))
    return body.data
  }
  return {
    api,
    query: async (text) =>
      (await api<{ result: Result[] }>(`query?query=${encodeURIComponent(text)}`)).result,
  }
}

async function tokenFile({ call }: Pick<Daemon, 'call'>, folder: string): Promise<string> {
  const { token } = await call('tokens.create', {
    member: 'prometheus',
    scopes: ['metrics:read'],
    identity: 'full',
  })
  const path = join(folder, 'tallyd.token')
  // With a line's end, as the shell leaves it.
  writeFileSync(path, `${token.secret}\n`, { mode: 0o600 })
  return path
}

/** Of the text, promtool, which knows how metrics are to be named as well as how they are written. */
function nothingToSay(t: Test, text: string): void {
  const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
  t.equal(checked.status, 0, checked.stderr)
  t.equal(`${checked.stdout}${checked.stderr}`, '')
}

function overSocket(socketPath: string, accept: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'tallyd', accept }
    const asked = request({ socketPath, path: '/metrics', headers, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      answer.on('end', () => resolve(text))
    })
    asked.on('error', reject)
    asked.end()
  })
}

prometheusTest('a household is scraped by token, in OpenMetrics, and every number is right', async (t) => {
  const folder = temporaryFolder(t)
  const ports = [await freePort(), await freePort()]
  const [one, two] = await devices(t, 2, { config: (at) => ({ web: { port: ports[at]! } }) })
  if (one === undefined || two === undefined) throw new Error('there are no devices')
  await pairByCode(one, two)
  const name = 'lap"top \\n {x="y",} #'
  await one.call('devices.rename', { device: 'device-1', name })
  const token = await tokenFile(one, folder)
  const config = yamlOfDocs("targets: ['127.0.0.1:4766']")
    .replace('/etc/prometheus/tallyd.token', token)
    .replace('4766', `${ports[0]}`)
  const { api, query } = await prometheus(t, folder, config)

  const told = async () =>
    Object.fromEntries(
      (await query('tallyd_usage_calls_total')).map(({ metric, value }) => [metric['device'], value[1]]),
    )
  await until(async () => (await told())[name] !== undefined, 'it scraped', 30_000)
  t.same(await told(), { 'device-0': '1', [name]: '2' })
  const summary = await one.call('usage.summary', { range: 'all', by: ['device'] })
  for (const row of summary.rows) {
    const of = (family: string) => query(`sum by (device) (${family})`)
    const value = async (family: string) =>
      (await of(family)).find(({ metric }) => metric['device'] === row.device)?.value[1]
    t.equal(Number(await value('tallyd_usage_tokens_total{class="output"}')), row.tokens?.output)
    t.equal(Number(await value('tallyd_usage_tokens_total{class="input"}')), row.tokens?.input)
    t.equal(Number(await value('tallyd_usage_cost_usd_total')), row.costUSD)
    t.equal(Number(await value('tallyd_device_live')), 1)
  }
  const classic = await overSocket(one.daemon.socket, 'text/plain')
  t.ok(classic.includes('device="lap\\"top \\\\n {x=\\"y\\",} #"'), 'it is escaped')
  nothingToSay(t, classic)
  // The name of a counter's family without _total is OpenMetrics' own.
  const metadata = await api<{ type: string }[]>('targets/metadata?metric=tallyd_usage_cost_usd')
  t.match(metadata, [{ type: 'counter' }])
  two.spend()
  await until(async () => (await told())[name] === '3', 'a call there is known here', 30_000)

  interface Rules {
    readonly groups: readonly {
      readonly rules: readonly { name: string; health: string; lastError?: string }[]
    }[]
  }
  const rules = async () => (await api<Rules>('rules')).groups.flatMap((group) => group.rules)
  await until(async () => (await rules()).every(({ health }) => health !== 'unknown'), 'rules ran', 30_000)
  t.same(
    (await rules()).filter(({ health }) => health !== 'ok'),
    [],
  )
  t.ok((await rules()).length >= 9)

  await one.call('tokens.revoke', { id: (await one.call('tokens.list')).tokens[0]!.id, force: true })
  await until(async () => (await query('up'))[0]?.value[1] === '0', 'a revoked token ends it', 30_000)
})

prometheusTest('over HTTPS, with our authority as the only one', async (t) => {
  const folder = temporaryFolder(t)
  const home = temporaryFolder(t)
  const port = await freePort()
  const web = { port, lan: true, names: ['localhost'] }
  writeFileSync(join(home, 'config.json'), JSON.stringify({ device: { name: 'desk' }, web }))
  const running = await daemon(t, { home })
  await until(async () => (await running.call('daemon.status')).listeners.web.port === port, 'it listens')
  const pem = join(folder, 'tallyd.pem')
  writeFileSync(pem, (await running.call('web.cert')).certificate.pem)
  const config = yamlOfDocs("targets: ['desk.local:4766']")
    .replace('/etc/prometheus/tallyd.token', await tokenFile(running, folder))
    .replace('/etc/prometheus/tallyd.pem', pem)
    .replace('desk.local:4766', `localhost:${port}`)
  const { query } = await prometheus(t, folder, config)
  await until(async () => (await query('tallyd_device_self')).length === 1, 'it scraped', 30_000)
  nothingToSay(t, await overSocket(running.socket, 'text/plain'))
  t.match(await query('tallyd_device_self'), [{ metric: { device: 'desk', job: 'tallyd' } }])
})

/** Hour by hour: a model that goes on, one that is new, a device that is new, and history that was forgotten. */
const RULE_TEST = `
rule_files: [rules.yml]
evaluation_interval: 1h
tests:
  - interval: 1h
    input_series:
      - series: 'tallyd_usage_cost_usd_total{job="j", instance="i", device="desk", agent="a", model="old"}'
        values: '10+1x30'
      - series: 'tallyd_usage_cost_usd_total{job="j", instance="i", device="desk", agent="a", model="new"}'
        values: '_x25 5+0x5'
      - series: 'tallyd_usage_cost_usd_total{job="j", instance="i", device="paired", agent="a", model="old"}'
        values: '_x25 1000+0x5'
      - series: 'tallyd_usage_cost_usd_total{job="j", instance="i", device="merged", agent="a", model="old"}'
        values: '100+0x20 3+0x9'
      - series: 'tallyd_usage_calls_total{job="j", instance="i", device="desk", agent="a", model="old"}'
        values: '1+1x30'
      - series: 'tallyd_usage_calls_total{job="j", instance="i", device="merged", agent="a", model="old"}'
        values: '1+1x30'
      - series: 'tallyd_usage_unpriced_tokens_total{job="j", instance="i", device="desk", agent="a", model="odd"}'
        values: '_x25 7+0x5'
    promql_expr_test:
      - expr: device_agent_model:tallyd_usage_cost_usd:1d
        eval_time: 26h
        exp_samples:
          - labels: 'device_agent_model:tallyd_usage_cost_usd:1d{job="j", instance="i", device="desk", agent="a", model="old"}'
            value: 24
          - labels: 'device_agent_model:tallyd_usage_cost_usd:1d{job="j", instance="i", device="desk", agent="a", model="new"}'
            value: 5
          - labels: 'device_agent_model:tallyd_usage_cost_usd:1d{job="j", instance="i", device="merged", agent="a", model="old"}'
            value: 0
      - expr: job:tallyd_usage_cost_usd:1d
        eval_time: 26h
        exp_samples:
          - labels: 'job:tallyd_usage_cost_usd:1d{job="j"}'
            value: 29
      - expr: job:tallyd_usage_cost_usd:30d
        eval_time: 26h
        exp_samples: []
    alert_rule_test:
      - alertname: ModelWithoutPrice
        eval_time: 26h
        exp_alerts:
          - exp_labels: {job: j, instance: i, device: desk, agent: a, model: odd}
            exp_annotations: {summary: 'odd has no price: what it costs is missing from every sum'}
`

prometheusTest('the rules of the docs: births, new devices and falls', async (t) => {
  const folder = temporaryFolder(t)
  const [rules, tests] = [join(folder, 'rules.yml'), join(folder, 'test.yml')]
  writeFileSync(rules, yamlOfDocs('groups:'))
  writeFileSync(tests, RULE_TEST)
  for (const words of [
    ['check', 'rules', rules],
    ['test', 'rules', tests],
  ]) {
    const ran = spawnSync('promtool', words, { encoding: 'utf8', cwd: folder })
    t.equal(ran.status, 0, `${ran.stdout}${ran.stderr}`)
  }
})
