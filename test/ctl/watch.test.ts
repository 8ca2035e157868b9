// watch as a process of its own: in a pipe, on a small terminal, and refused.
import { spawn, spawnSync } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { width } from '../../src/ctl/terminal/text.ts'
import { isolatedEnv, until } from '../harness/daemon.ts'
import { CLIENT, started, tallyctl } from './client.ts'
import { EMPTY, fakeDaemon, figures, MODELS, summary } from './fake-daemon.ts'

t.test('watch in a pipe: one plain line a change, one object a line with --json', async (t) => {
  const daemon = await fakeDaemon(t, {
    'events.subscribe': ({ event }) => ({ subscribed: { subscription: 1, event } }),
  })
  const plain = started(daemon.home, ['watch', 'week', '--by', 'model'])
  const json = started(daemon.home, ['watch', '--json'])
  await until(() => daemon.calls.length === 2, 'both subscriptions')
  t.strictSame(
    daemon.calls.map(({ params }) => params).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? 1 : -1)),
    [
      { event: 'usage.changed', params: { range: 'week', timeZone: 'Europe/Berlin', by: ['model'] } },
      { event: 'usage.changed', params: { range: 'today', timeZone: 'Europe/Berlin', by: ['model'] } },
    ],
  )
  daemon.send('usage.changed', MODELS)
  daemon.send('usage.changed', EMPTY)
  await until(
    () => plain.out().split('\n').length === 3 && json.out().split('\n').length === 3,
    'both values',
  )
  const lines = plain.out().split('\n')
  t.match(lines[0], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {3}\$4\.20 {3}4 calls {3}6\.0k tokens$/)
  t.match(lines[1], /Z {3}– {3}0 calls/)
  t.strictSame(
    json
      .out()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [MODELS, EMPTY],
  )
  json.child.kill('SIGINT')
  t.equal((await json.ended).exit, 0)
  await daemon.close()
  const ended = await plain.ended
  t.equal(ended.exit, EXIT.noDaemon)
  t.equal(
    ended.err,
    'tallyd has ended; waiting for it to come back\ntallyctl: tallyd has ended; run: npx tallyctl start\n',
  )
})

const noScript = spawnSync('script', ['--version']).status === 0 ? false : 'no script of util-linux here'

t.test('watch on a small terminal draws no line that wraps', { skip: noScript }, async (t) => {
  const daemon = await fakeDaemon(t, {
    'events.subscribe': ({ event }) => ({ subscribed: { subscription: 1, event } }),
  })
  const rows = Array.from({ length: 20 }, (_, index) => ({
    agent: 'claude-code',
    model: `a-model-with-a-long-name-${index}`,
    ...figures(1, 20 - index),
  }))
  const unpriced = [{ agent: 'codex', model: 'local-model-with-a-long-name', calls: 1, tokens: 400_000 }]
  const small = `stty cols 40 rows 10; exec "${process.execPath}" "${CLIENT}" watch --by agent,model`
  const child = spawn('script', ['-qc', small, '/dev/null'], {
    env: isolatedEnv(daemon.home, { TERM: 'xterm', SHELL: '/bin/sh' }),
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  t.teardown(() => child.kill('SIGKILL'))
  let drawn = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    drawn += text
  })
  await until(() => daemon.calls.length === 2, 'both subscriptions')
  for (let count = 0; count < 2; count++) {
    daemon.send('usage.changed', summary(['agent', 'model'], rows, { unpriced }))
    await until(() => drawn.split('Ctrl-C').length === count + 2, 'a drawing')
  }
  await daemon.close()
  await ended
  const [first = '', second = ''] = drawn.split('\x1b[J').map((text) => stripVTControlCharacters(text))
  const lines = first.split(/\r?\n/).slice(0, 9)
  for (const line of lines) t.ok(width(line) <= 40, line)
  t.match(lines[0], /^agent +model +cost +calls +tokens$/)
  t.match(lines[1], /^cla.*\$20\.00/, 'the largest row, with the name of its group')
  t.match(lines.join('\n'), /\n… 17 more\ntotal .*\nunpriced .*…\n\nlive/)
  t.equal(second.split(/\r?\n/)[0], lines[0])
  t.match(drawn, '\x1b[9A\r', 'up by as many lines as were drawn')
})

t.test('watch says why a subscription was refused', async (t) => {
  const { home } = await fakeDaemon(t, {})
  const { exit, err } = await tallyctl(home, ['watch'])
  t.equal(exit, EXIT.usage)
  t.match(err, 'tallyctl: no events.subscribe; ')
})
