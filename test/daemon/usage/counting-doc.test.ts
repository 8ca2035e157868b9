// docs/counting.md says what the code does: every rule with its fixture, and the table of activities.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ACTIVITIES } from '../../../src/contract/usage.ts'
import { activityOf, NEW_TURN, useTool } from '../../../src/daemon/usage/activity.ts'

const FIXTURES = join(process.cwd(), 'test', 'daemon', 'usage', 'fixtures')
const doc = readFileSync(join(process.cwd(), 'docs', 'counting.md'), 'utf8')

const fixtures = readdirSync(FIXTURES).flatMap((agent) =>
  readdirSync(join(FIXTURES, agent)).map((name) => `${agent}/${name}`),
)

/** The activity of a turn that used these tools, each written `Tool` or `Tool: command`. */
function activityAfter(uses: readonly string[]): string {
  let turn = NEW_TURN
  for (const use of uses) {
    const [tool, command] = use.split(': ')
    turn = useTool(turn, tool!, command)
  }
  return ACTIVITIES[activityOf(turn)]!
}

t.test('every fixture is named beside its rule, and no other', async (t) => {
  for (const name of fixtures) {
    const { rule } = JSON.parse(readFileSync(join(FIXTURES, name, 'expected.json'), 'utf8')) as {
      rule: string
    }
    const line = doc.split('\n').find((line) => line.includes(`\`${name}\``))
    t.ok(line?.startsWith('|') || line?.includes(rule), name)
  }
  const named = [...doc.matchAll(/`((?:claude-code|codex)\/[\w-]+)`/g)].map((match) => match[1]!)
  t.same([...new Set(named)].sort(), fixtures.sort())
})

t.test('every test that it names exists', async (t) => {
  for (const [, path] of doc.matchAll(/`((?:test|src)\/[\w/.-]+\.ts)`/g)) {
    t.doesNotThrow(() => readFileSync(join(process.cwd(), path!)), `${path} can be read`)
  }
})

t.test('the table of activities', async (t) => {
  const rows = doc
    .split('\n')
    .filter((line) => line.includes('`claude-code/activity-'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  t.same(
    rows.map(([, activity]) => activity),
    ACTIVITIES.toReversed(),
    'its order is the one that decides',
  )
  const examples = rows.map(([, activity, , uses]) => ({
    activity: activity!,
    uses: [...uses!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!),
  }))
  for (const [i, { activity, uses }] of examples.entries()) {
    t.equal(activityAfter(uses), activity)
    for (const lower of examples.slice(i + 1)) {
      t.equal(activityAfter([...lower.uses, ...uses]), activity, `${activity} after ${lower.activity}`)
      if (activity !== 'coding')
        t.equal(activityAfter([...uses, ...lower.uses]), activity, `${lower.activity} after ${activity}`)
    }
  }
})

t.test('the tools of each kind, whatever their case', async (t) => {
  const kinds: Record<string, (tool: string) => string> = {
    Editing: (tool) => activityAfter([tool]),
    Planning: (tool) => activityAfter([tool]),
    Delegating: (tool) => activityAfter([tool]),
    'Shells, whose command line decides': (tool) => activityAfter([`${tool}: npm test`]),
  }
  const activity: Record<string, string> = {
    Editing: 'coding',
    Planning: 'planning',
    Delegating: 'delegating',
  }
  for (const [kind, judge] of Object.entries(kinds)) {
    const line = doc.split('\n').find((line) => line.startsWith(`- ${kind}: `)) ?? ''
    const tools = [...line.matchAll(/`([^`]+)`/g)].map((match) => match[1]!)
    t.ok(tools.length >= 4, kind)
    for (const tool of tools) {
      for (const name of [tool, tool.toUpperCase(), tool.toLowerCase()])
        t.equal(judge(name), activity[kind] ?? 'testing', name)
    }
  }
})

t.test('command lines', async (t) => {
  const lines: Record<string, readonly string[]> = {
    testing: [
      'npm test',
      'pnpm run test',
      'npx vitest run',
      'cargo test -p x',
      'go test ./...',
      'pytest -x',
      'node --test',
      'make check',
      'cd a && npm test',
      '["bash","-lc","npm test"]',
    ],
    building: ['npm run build', 'tsc -p .', 'cargo check', 'make', 'docker build .', 'cmake ..'],
    git: ['git commit -m x', 'git push', 'gh pr create', 'cd x && git add .'],
    exploring: ['git status', 'git diff HEAD', 'git log -3', 'ls', 'cat test.txt', 'gh status', 'rg attest'],
  }
  for (const [activity, commands] of Object.entries(lines)) {
    for (const command of commands) t.equal(activityAfter([`Bash: ${command}`]), activity, command)
  }
})
