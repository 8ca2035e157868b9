// A model that no log knows: said on stderr, with the names that it may have meant; the answer stays what it is.
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import type { Summary } from '../../src/contract/usage.ts'
import { nearestNames } from '../../src/ctl/commands/known-names.ts'
import { daemon, until } from '../harness/daemon.ts'
import { started, tallyctl } from './client.ts'
import { fakeDaemon, figures, status, summary } from './fake-daemon.ts'

const NAMES = ['claude-opus-4-5-20251101', 'claude-sonnet-4-5', 'claude-haiku-4-5', 'gpt-5.1-codex', 'o3']

t.test('the nearest names', async (t) => {
  t.strictSame(nearestNames('opus', NAMES), ['claude-opus-4-5-20251101'])
  t.strictSame(nearestNames('claude-sonet-4-5', NAMES).slice(0, 1), ['claude-sonnet-4-5'])
  t.strictSame(nearestNames('GPT-5', NAMES), ['gpt-5.1-codex'])
  t.strictSame(nearestNames('O3', NAMES), ['o3'])
  t.strictSame(nearestNames('llama', NAMES), [])
  t.equal(nearestNames('claude', NAMES).length, 3)
  t.strictSame(nearestNames('x', []), [])
  const hostile = Array.from({ length: 20_000 }, (_, index) => `${index}-${'m'.repeat(190)}`)
  const before = process.cpuUsage().user
  nearestNames('m'.repeat(200), hostile)
  t.ok((process.cpuUsage().user - before) / 1000 < 3000, 'no square of lengths')
})

/** A daemon's answer: the models asked for, as far as there are such. */
function known({ models }: Record<string, unknown>): Summary {
  const all = [...NAMES, '\x1b[31mopus-red']
  const shown = Array.isArray(models) ? all.filter((model) => models.includes(model)) : all
  return summary(
    ['model'],
    shown.map((model) => ({ model, ...figures(1, 1) })),
  )
}

t.test('usage and watch say which model nobody knows; the answer stays as it is', async (t) => {
  const fake = await fakeDaemon(t, {
    'usage.summary': known,
    'daemon.status': () => status(),
    'events.subscribe': ({ event }) => ({ subscribed: { subscription: 1, event } }),
  })
  const says = 'no call has the model sonnet; the nearest: claude-sonnet-4-5\n'
  const run = (...words: string[]) => tallyctl(fake.home, words)
  const json = await run('usage', 'all', '--model', 'sonnet', '--json')
  t.strictSame([json.exit, JSON.parse(json.out).rows, json.err], [EXIT.ok, [], says])
  const csv = await run('usage', 'all', '--model', 'sonnet', '--csv')
  t.match([csv.exit, csv.out, csv.err], [EXIT.ok, /^model,calls[^\n]*\n$/, says])
  const shown = await run('usage', 'all', '--model', 'sonnet')
  t.match([shown.exit, shown.out, shown.err], [EXIT.ok, /^no such calls/, says])
  const both = await run('usage', 'all', '--model', 'o3', '--model', 'zzz')
  t.equal(both.err, 'no call has the model zzz; all names: npx tallyctl usage all --by model\n')
  t.match(both.out, /\no3 /, 'beside one that is known too')
  t.match(
    (await run('usage', '--model', 'opus')).err,
    /: (claude-opus-4-5-20251101, opus-red|opus-red, claude-opus-4-5-20251101)\n$/,
  )
  t.equal((await run('usage', 'all', '--model', 'o3')).err, '')
  const asked = fake.calls.length
  await run('usage', '--json')
  t.equal(fake.calls.length, asked + 1, 'nothing more is asked without a filter')
  const watching = started(fake.home, ['watch', '--model', 'sonnet'])
  await until(() => watching.err() === says, 'the note')
  watching.child.kill('SIGINT')
  await watching.ended
})

t.test('an unknown agent is refused by the daemon, with the names that there are', async (t) => {
  const { home } = await daemon(t)
  const { exit, err } = await tallyctl(home, ['usage', '--agent', 'claude'])
  t.equal(exit, EXIT.usage)
  t.match(err, /no agent is called "claude"; the agents are claude-code, codex\n$/)
  const none = await tallyctl(home, ['usage', '--model', 'x', '--json'])
  t.strictSame(
    [none.exit, none.err],
    [EXIT.ok, 'no call has the model x; all names: npx tallyctl usage all --by model\n'],
  )
})
