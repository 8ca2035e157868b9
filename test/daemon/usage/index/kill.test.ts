// Killed with -9 at any moment, while logs grow in pieces that are cut anywhere, it loses
// nothing and counts nothing twice. TALLYD_TEST_SEED repeats a run.
import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { type GeneratedFile, generatedLogs } from '../generated-logs.ts'
import { UsageHome } from '../usage-home.ts'
import { dumpTotals } from './totals.ts'

const ROUNDS = 25
const PROGRAM = fileURLToPath(new URL('counting-process.js', import.meta.url))
const seed = Number(process.env['TALLYD_TEST_SEED'] ?? Date.now() % 1_000_000)

/** mulberry32. */
function seeded(from: number): () => number {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Several generated worlds side by side; text between the calls makes reading take a while. */
function worlds(): GeneratedFile[] {
  const filler = `{"type":"user","message":{"content":"${'ünïcode '.repeat(2000)}"}}`
  return fc.sample(generatedLogs, { numRuns: 30, seed }).flatMap((files, world) =>
    files.map(({ path, lines }) => ({
      path: path.replace('.claude/projects/', `.claude/projects/w${world}-`).replace('/02/', `/${world}/`),
      lines: lines.flatMap((line) => [
        filler,
        // Ids of their own: worlds are not each other's copies.
        line.replace(/(msg_|req_|toolu_|call_|session-|0199a000)/g, `$1w${world}x`),
      ]),
    })),
  )
}

function start(home: string): { child: ChildProcess; heard: () => string } {
  const child = spawn(process.execPath, [PROGRAM, home], { stdio: ['pipe', 'pipe', 'inherit'] })
  let text = ''
  child.stdout?.on('data', (bytes: Buffer) => {
    text += bytes.toString()
  })
  return { child, heard: () => text }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null)
    await new Promise((resolve) => child.once('close', resolve))
}

t.test(`${ROUNDS} kills, seed ${seed}`, { timeout: 120_000 }, async (t) => {
  const random = seeded(seed)
  const files = worlds().map(({ path, lines }) => ({
    path,
    bytes: Buffer.from(`${lines.join('\n')}\n`),
    done: 0,
  }))
  const truth = new UsageHome(t.testdir())
  for (const { path, bytes } of files) truth.write(path, bytes)
  await truth.start()
  const wanted = dumpTotals(truth.usage)
  t.ok(truth.total().calls > 50, `${truth.total().calls} calls in ${files.length} files`)
  await truth.stop()

  const home = new UsageHome(t.testdir({ killed: {} }))
  const grow = (until: number) => {
    for (const file of files) {
      if (file.done > file.bytes.length * until || random() < 0.5) continue
      const next = Math.min(file.bytes.length, file.done + Math.ceil(random() * file.bytes.length * 0.2))
      mkdirSync(dirname(home.path(file.path)), { recursive: true })
      appendFileSync(home.path(file.path), file.bytes.subarray(file.done, next))
      file.done = next
    }
  }
  let readyKills = 0
  for (let round = 1; round <= ROUNDS; round++) {
    const { child, heard } = start(home.home)
    grow(round / ROUNDS)
    if (random() < 0.7) for (let i = 0; i < 200 && !heard().includes('ready'); i++) await pause(10)
    grow(round / ROUNDS)
    await pause(random() * 60)
    if (heard().includes('ready')) readyKills++
    child.kill('SIGKILL')
    if (random() < 0.5) grow(round / ROUNDS)
    await ended(child)
  }
  t.ok(readyKills > 5, `${readyKills} of ${ROUNDS} kills met it after its first index`)
  for (const file of files) {
    mkdirSync(dirname(home.path(file.path)), { recursive: true })
    appendFileSync(home.path(file.path), file.bytes.subarray(file.done))
  }
  const { child, heard } = start(home.home)
  for (let i = 0; i < 500 && !heard().includes('ready'); i++) await pause(10)
  child.stdin?.write('end\n')
  await ended(child)
  const last = heard()
    .split('\n')
    .find((line) => line.startsWith('{'))
  const { totals, incidents } = JSON.parse(last ?? '{}') as { totals: string[]; incidents: unknown[] }
  t.same(incidents, [])
  t.same(totals, wanted)
})
