// Whatever is sent, the answer's body is a JSON-RPC error object, and the connection leaves its place.
import { connect } from 'node:net'
import t from 'tap'
import { post, until } from '../../harness/daemon.ts'
import { webSocket } from '../../harness/web-socket.ts'
import { served } from './served.ts'

const HELLO = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'daemon.hello' })
const POST = 'POST /rpc HTTP/1.1\r\nHost: tallyd\r\n'
const UPGRADE = 'Host: tallyd\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
const KEY = 'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n'

/** Requests that never reach a handler, with the status of their answer. */
const REFUSED: readonly [what: string, request: string, status: number][] = [
  ['no HTTP', 'rubbish\r\n\r\n', 400],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a length that is no number', `${POST}Content-Length: x\r\n\r\n`, 400],
  ['two lengths', `${POST}Content-Length: 3\r\nContent-Length: 4\r\n\r\n`, 400],
  ['a length and chunks', `${POST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
  ['a broken chunk', `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
  ['a chunk with a long tail', `${POST}Transfer-Encoding: chunked\r\n\r\n2;${'a'.repeat(20_000)}\r\n`, 413],
  ['a control character', `${POST}X: \u0001\r\n\r\n`, 400],
  ['a long head', `${POST}X: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ['a long address', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: tallyd\r\n\r\n`, 431],
  ['silence', '', 408],
  ['half a head', POST, 408],
  ['half a body', `${POST}Content-Length: 10\r\n\r\n{`, 408],
  ['no host', 'POST /rpc HTTP/1.1\r\nContent-Length: 0\r\n\r\n', 403],
  ['HTTP/1.0 without a host', 'POST /rpc HTTP/1.0\r\nContent-Length: 0\r\n\r\n', 403],
  ['an address that cannot be read', 'GET /%ff HTTP/1.1\r\nHost: tallyd\r\n\r\n', 400],
  ['such an address with a foreign host', 'GET /%ff HTTP/1.1\r\nHost: evil.example\r\n\r\n', 400],
  ['such an address and an upgrade', `GET /%ff HTTP/1.1\r\n${UPGRADE}${KEY}\r\n`, 400],
  ['an expectation', `${POST}Expect: tea\r\nContent-Length: 0\r\n\r\n`, 417],
  ['a method without a route', 'PROPFIND /rpc HTTP/1.1\r\nHost: tallyd\r\n\r\n', 404],
  ['a tunnel', 'CONNECT tallyd:80 HTTP/1.1\r\nHost: tallyd\r\n\r\n', 404],
  ['an old WebSocket', `GET /rpc HTTP/1.1\r\n${UPGRADE}${KEY}Sec-WebSocket-Version: 7\r\n\r\n`, 400],
  ['a WebSocket without a key', `GET /rpc HTTP/1.1\r\n${UPGRADE}Sec-WebSocket-Version: 13\r\n\r\n`, 400],
  [
    'another upgrade',
    'GET /rpc HTTP/1.1\r\nHost: tallyd\r\nConnection: Upgrade\r\nUpgrade: tea\r\n\r\n',
    400,
  ],
]

/** Sends the bytes and returns all that comes until the other side closes. */
function answerTo(path: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    let text = ''
    socket.on('data', (data) => {
      text += String(data)
    })
    socket.on('error', () => undefined)
    const late = setTimeout(() => reject(new Error(`still open after: ${text}`)), 5_000)
    socket.on('close', () => {
      clearTimeout(late)
      resolve(text)
    })
    socket.write(request)
  })
}

t.test('every refusal is a JSON-RPC error', async (t) => {
  const { path, listener } = await served(t, { timeouts: { headersMs: 300, requestMs: 500, lookMs: 100 } })
  for (const [what, request, status] of REFUSED) {
    const answer = await answerTo(path, request)
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    t.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), what)
    t.match(head, /content-type: application\/json; charset=utf-8/i, what)
    t.match(head, /connection: close/i, what)
    t.match(head, new RegExp(`content-length: ${Buffer.byteLength(body)}\\b`, 'i'), what)
    t.match(
      parsed(body),
      { jsonrpc: '2.0', id: null, error: { code: Number, message: String, data: { next: String } } },
      what,
    )
  }
  await until(() => listener.connections() === 0, 'none of them holds a place')
})

t.test('a WebSocket of a wrong version hears which one is spoken', async (t) => {
  const { path } = await served(t)
  const answer = await answerTo(path, `GET /rpc HTTP/1.1\r\n${UPGRADE}${KEY}Sec-WebSocket-Version: 7\r\n\r\n`)
  t.match(answer, /Sec-WebSocket-Version: 13\r\n/)
})

t.test('the content type does not matter, not even one that cannot be read', async (t) => {
  const { path } = await served(t)
  for (const type of ['text', ';;', 'application/json', 'a/b; c=d']) {
    const { status, body } = await post(path, HELLO, { 'content-type': type })
    t.equal(status, 200, type)
    t.match(JSON.parse(body), { id: 1, result: {} }, type)
  }
})

t.test('a request that was begun before the listener closes is answered', async (t) => {
  const { path, listener } = await served(t)
  const client = await webSocket(t, path)
  const socket = connect(path)
  let text = ''
  socket.on('data', (data) => {
    text += String(data)
  })
  socket.write(`${POST}Content-Length: ${HELLO.length}\r\n`)
  await client.ask('daemon.hello')
  const closing = listener.close()
  await client.closed
  socket.write(`\r\n${HELLO}`)
  await closing
  await until(() => text !== '', 'an answer')
  t.match(text, /^HTTP\/1.1 200 /)
  t.match(text, /"result"/)
})

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}
