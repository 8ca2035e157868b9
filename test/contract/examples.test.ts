// Every method's example runs against a real daemon, and its result has the shape that the contract says.
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { Value } from 'typebox/value'
import { EVENTS } from '../../src/contract/events.ts'
import { EVENT_NAMES, METHOD_TABLE } from '../../src/contract/generated/client.ts'
import { METHODS, type MethodName } from '../../src/contract/methods.ts'
import { daemon, ROOT } from '../harness/daemon.ts'
import { webSocket } from '../harness/web-socket.ts'

const names = Object.keys(METHODS) as MethodName[]

t.test('examples', async (t) => {
  const { call, socket, stop } = await daemon(t)
  const client = await webSocket(t, socket)
  for (const name of names.filter((each) => !METHODS[each].example.note?.startsWith('not run'))) {
    const { example, result } = METHODS[name]
    const answer =
      'needsSubscription' in METHODS[name]
        ? (await client.ask(name, example.params)).result
        : await call(name, example.params as never)
    const errors = Value.Errors(result, answer)
    t.same([...errors], [], `${name} answers in its shape`)
  }
  const stopped = await stop()
  t.equal(stopped.code, 0, 'daemon.stop ends it')
})

t.test('the table of the clients names every method and event', async (t) => {
  t.same(Object.keys(METHOD_TABLE), names)
  t.same([...EVENT_NAMES], Object.keys(EVENTS))
})

t.test('nothing generated is stale', async (t) => {
  const build = new URL('../..', import.meta.url).pathname
  const ran = spawnSync(process.execPath, ['scripts/generate.mjs', build, '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  t.equal(ran.status, 0, ran.stderr)
})
