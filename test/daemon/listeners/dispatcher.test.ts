// JSON-RPC 2.0 through the dispatcher, without a socket.
import t from 'tap'
import { TallyError } from '../../../src/contract/errors.ts'
import { createDispatcher } from '../../../src/daemon/listeners/dispatcher.ts'
import { type AskerIdentity, type Handlers, OWNER } from '../../../src/daemon/methods/handlers.ts'
import { createHandlers } from '../../../src/daemon/methods/methods.ts'
import type { Log } from '../../../src/daemon/store/log.ts'
import { fakeViews, idleUsage, partsWith } from './served.ts'

function dispatcher(more: Partial<Handlers> = {}, callMs?: number) {
  const logged: unknown[] = []
  const views = fakeViews()
  const log: Log = { error: (...words) => logged.push(words), warn() {}, info() {}, debug() {} }
  const handlers = { ...createHandlers(partsWith(views, idleUsage())), ...more }
  const made = createDispatcher({ handlers, log, ...(callMs === undefined ? {} : { callMs }) })
  const ask = async (message: unknown, asker = OWNER) => {
    const text = await made.answer(typeof message === 'string' ? message : JSON.stringify(message), { asker })
    return text === undefined ? undefined : JSON.parse(text)
  }
  return { ask, logged, views }
}

const request = (more: object) => ({ jsonrpc: '2.0', id: 1, method: 'daemon.status', ...more })

t.test('a single call', async (t) => {
  const { ask } = dispatcher()
  t.match(await ask(request({})), { jsonrpc: '2.0', id: 1, result: { version: '1.2.3', ready: true } })
  t.match(await ask(request({ id: 'a' })), { id: 'a', result: {} })
  t.match(await ask(request({ id: null })), { id: null, result: {} }, 'a null id is a request')
  t.match(await ask(request({ params: {} })), { id: 1, result: {} })
})

t.test('standard errors', async (t) => {
  const { ask } = dispatcher()
  t.match(await ask('{"jsonrpc":'), { id: null, error: { code: -32700, data: { next: String } } })
  t.match(await ask(''), { id: null, error: { code: -32700 } })
  t.match(await ask('1'), { id: null, error: { code: -32600 } })
  t.match(await ask('null'), { id: null, error: { code: -32600 } })
  t.match(await ask({ id: 7, method: 'daemon.status' }), { id: 7, error: { code: -32600 } })
  t.match(await ask(request({ method: 1 })), { id: 1, error: { code: -32600 } })
  t.match(await ask(request({ id: {} })), { id: null, error: { code: -32600 } })
  t.match(await ask(request({ params: 'x' })), { id: 1, error: { code: -32600 } })
  t.match(await ask(request({ method: 'no.such' })), { id: 1, error: { code: -32601, message: /no\.such/ } })
  for (const method of ['constructor', '__proto__', 'toString']) {
    t.match(await ask(request({ method })), { error: { code: -32601 } }, method)
  }
})

t.test('params are strict', async (t) => {
  const { ask, views } = dispatcher()
  const summary = (params: unknown) => ask(request({ method: 'usage.summary', params }))
  t.match(await summary({ rnge: 'today' }), {
    error: {
      code: -32602,
      data: {
        path: '/rnge',
        problem: 'unknown key "rnge", did you mean "range"?',
        next: 'see docs/rpc.md#usage.summary',
      },
    },
  })
  t.match(await summary({ agents: 'codex' }), {
    error: { code: -32602, data: { path: '/agents', problem: 'must be array, but is "codex"' } },
  })
  t.match(await summary({ agents: [1] }), {
    error: { data: { path: '/agents/0', problem: /must be string/ } },
  })
  t.match(await summary({ range: 'year' }), {
    error: { data: { path: '/range', problem: /one of today, week/ } },
  })
  t.match(await summary(['today']), { error: { code: -32602, data: { problem: /by name/ } } })
  const poisoned = '{"jsonrpc":"2.0","id":1,"method":"usage.summary","params":{"__proto__":{"range":"all"}}}'
  t.match(await ask(poisoned), { error: { code: -32602, data: { path: '/__proto__' } } })
  t.match(await ask(request({ params: { extra: 1 } })), {
    error: { code: -32602, data: { problem: /there are none/ } },
  })
  t.equal(views.summaries, 0, 'nothing that does not fit reaches a handler')
})

t.test('a subscription needs a WebSocket', async (t) => {
  const { ask } = dispatcher()
  const params = { event: 'status.changed' }
  t.match(await ask(request({ method: 'events.subscribe', params })), { error: { code: -32003 } })
  const wrong = { event: 'usage.changed', params: { rnge: 1 } }
  t.match(await ask(request({ method: 'events.subscribe', params: wrong })), {
    error: { code: -32602, data: { path: '/params/rnge', problem: /did you mean "range"/ } },
  })
  t.match(await ask(request({ method: 'events.subscribe', params: { event: 'x' } })), {
    error: {
      code: -32602,
      data: {
        path: '/event',
        problem: /^must be one of usage\.changed, glance\.changed, .*, but is "x"$/,
      },
    },
  })
})

t.test('notifications are not answered', async (t) => {
  let ran = 0
  const { ask } = dispatcher({
    'daemon.hello': () => {
      ran++
      return { version: '', methods: [], events: [] }
    },
  })
  t.equal(await ask({ jsonrpc: '2.0', method: 'daemon.hello' }), undefined)
  t.equal(ran, 1, 'but done')
  t.equal(await ask({ jsonrpc: '2.0', method: 'no.such' }), undefined, 'not even with an error')
  t.match(await ask({ jsonrpc: '2.0', params: 1 }), { error: { code: -32600 } }, 'an invalid request is')
})

t.test('batches', async (t) => {
  const { ask } = dispatcher()
  const notification = { jsonrpc: '2.0', method: 'daemon.hello' }
  t.match(await ask([request({ id: 1 }), notification, 5, request({ id: 2, method: 'no' })]), [
    { id: 1, result: {} },
    { id: null, error: { code: -32600 } },
    { id: 2, error: { code: -32601 } },
  ])
  t.equal(await ask([notification, notification]), undefined)
  t.match(await ask([]), { id: null, error: { code: -32600 } }, 'empty: one answer')
  const many = (count: number) => Array.from({ length: count }, (_, id) => request({ id }))
  t.equal((await ask(many(50))).length, 50)
  t.match(await ask(many(51)), { id: null, error: { code: -32600, message: /50/ } })
})

t.test("a batch's answers are bounded", async (t) => {
  const { ask, views } = dispatcher()
  views.padding = 'x'.repeat(3 * 1024 * 1024)
  const batch = Array.from({ length: 6 }, (_, id) => request({ id, method: 'usage.summary' }))
  const answers = await ask(batch)
  t.match(answers[0], { result: {} })
  t.match(answers[5], { id: 5, error: { code: -32004 } })
  t.equal(views.summaries, 3)
})

t.test('a call that hangs is answered', async (t) => {
  const hang = () => new Promise<never>(() => undefined)
  const { ask } = dispatcher({ 'usage.rescan': hang }, 100)
  t.match(await ask(request({ method: 'usage.rescan' })), { error: { code: -32001 } })
  const began = Date.now()
  const answers = await ask(Array.from({ length: 20 }, (_, id) => request({ id, method: 'usage.rescan' })))
  t.equal(answers.length, 20)
  t.ok(Date.now() - began < 1_000, 'the deadline is of the batch, not of each')
})

t.test('errors of handlers', async (t) => {
  const { ask, logged } = dispatcher({
    'usage.summary': () => {
      throw new TallyError('unknownTimeZone', 'Mars/Base')
    },
    'usage.rescan': () => {
      throw new Error('secret detail')
    },
  })
  t.match(await ask(request({ method: 'usage.summary' })), {
    error: { code: -32005, message: 'no such time zone: Mars/Base', data: { next: /IANA/ } },
  })
  const internal = await ask(request({ method: 'usage.rescan' }))
  t.match(internal, { error: { code: -32603 } })
  t.notMatch(JSON.stringify(internal), /secret|dispatcher\./, 'no stack, no detail')
  t.match(logged, [['usage.rescan failed', { message: 'secret detail' }]])
})

t.test('a method hears who asks, and strangers are refused', async (t) => {
  const heard: AskerIdentity[] = []
  const { ask } = dispatcher({
    'daemon.hello': (_params, call) => {
      heard.push(call.asker)
      return { version: '', methods: [], events: [] }
    },
  })
  await ask(request({ method: 'daemon.hello' }))
  t.same(heard, [{ kind: 'owner' }])
  const stranger = { kind: 'stranger' } as unknown as AskerIdentity
  t.match(await ask(request({ method: 'daemon.hello' }), stranger), {
    error: { code: -32002, message: /daemon\.hello/ },
  })
  t.equal(heard.length, 1)
})
