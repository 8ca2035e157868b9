// The small HTTP reader: any cutting of an answer reads the same, and nothing it is sent makes it hang or throw
// anything but NoAnswer.
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { TallyError } from '../../src/contract/errors.ts'
import { AnswerReader, type HttpAnswer, NoAnswer, post } from '../../src/ctl/connection/http.ts'
import { call, callAll, Refusal } from '../../src/ctl/connection/rpc.ts'
import { type Teardown, temporaryFolder } from '../harness/daemon.ts'
import { fakeDaemon, status } from './fake-daemon.ts'

const SIZED = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncontent-LENGTH: 7\r\n\r\n{"é":1}'.replace(
  '7',
  '8',
)
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n3;x=y\r\n:1}\r\n0\r\n\r\n'
const UNTIL_END = 'HTTP/1.0 503 \r\n\r\nbusy'

function read(pieces: readonly Buffer[]): HttpAnswer {
  const reader = new AnswerReader()
  for (const piece of pieces) {
    const answer = reader.add(piece)
    if (answer !== null) return answer
  }
  return reader.finish()
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

t.test('any cutting of an answer reads the same', async (t) => {
  const places = fc.array(fc.nat(), { maxLength: 8 })
  const expected = [
    [SIZED, { status: 200, body: '{"é":1}' }],
    [CHUNKED, { status: 200, body: '{"a":1}' }],
    [UNTIL_END, { status: 503, body: 'busy' }],
  ] as const
  for (const [text, answer] of expected) {
    t.strictSame(read([Buffer.from(text)]), answer)
    fc.assert(
      fc.property(
        places,
        (at) => JSON.stringify(read(cut(Buffer.from(text), at))) === JSON.stringify(answer),
      ),
    )
  }
})

t.test('whatever is not an answer is NoAnswer and nothing else', async (t) => {
  const why = (text: string) => {
    try {
      read([Buffer.from(text, 'latin1')])
      return 'read'
    } catch (error) {
      return error instanceof NoAnswer ? error.why : String(error)
    }
  }
  t.equal(why(''), 'absent')
  t.equal(why('HTTP/1.1 200 OK\r\n'), 'absent')
  t.equal(why('SSH-2.0-OpenSSH\r\n\r\n'), 'garbled')
  t.equal(why('HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n'), 'garbled')
  t.equal(why('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort'), 'garbled')
  t.equal(why('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'), 'garbled')
  t.equal(why(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`), 'garbled')
  const head = fc.constantFrom(
    '',
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
  )
  fc.assert(
    fc.property(head, fc.string({ unit: 'binary' }), (start, rest) =>
      ['absent', 'garbled', 'read'].includes(why(start + rest)),
    ),
  )
})

t.test('an answer of more than 64 MiB is refused', async (t) => {
  const reader = new AnswerReader()
  reader.add(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'))
  const piece = Buffer.alloc(16 * 1024 * 1024)
  t.throws(
    () => {
      for (let i = 0; i < 5; i++) reader.add(piece)
    },
    { message: 'an answer of more than 64 MiB' },
  )
})

async function listening(t: Teardown, answer: (socket: Socket) => void): Promise<string> {
  const path = join(temporaryFolder(t), 's')
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    answer(socket)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.teardown(() => server.close())
  return path
}

/** Why a promise was rejected: NoAnswer's why, or the name of the table's error. */
async function reason(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => 'answered').catch((thrown: unknown) => thrown)
  if (error instanceof NoAnswer) return error.why
  return error instanceof TallyError ? error.error : String(error)
}

t.test('who is not there, hangs up, or is silent', async (t) => {
  const folder = temporaryFolder(t)
  t.equal(await reason(post(join(folder, 'none'), '{}', 1000)), 'absent')
  const hangsUp = await listening(t, (socket) => socket.destroy())
  t.equal(await reason(post(hangsUp, '{}', 1000)), 'absent')
  const silent = await listening(t, (socket) => setTimeout(() => socket.destroy(), 1000).unref())
  t.equal(await reason(post(silent, '{}', 50)), 'late')
  t.equal(await reason(call(silent, 'daemon.status', {}, 50)), 'timedOut')
})

t.test('results, errors and batches', async (t) => {
  const daemon = await fakeDaemon(t, {
    'daemon.status': () => status(),
    'daemon.hello': () => {
      throw { code: -32005, message: 'no such time zone: Mars', data: { next: 'come back to Earth' } }
    },
    'usage.rescan': () => {
      throw { code: -12345, message: 'strange' }
    },
  })
  t.strictSame(await call(daemon.socket, 'daemon.status', {}), status())
  const both = [
    { method: 'daemon.status', params: {} },
    { method: 'daemon.status', params: {} },
  ] as const
  t.strictSame(await callAll(daemon.socket, both), [status(), status()])
  await t.rejects(call(daemon.socket, 'daemon.hello', {}), {
    message: 'no such time zone: Mars',
    exit: 2,
    next: 'come back to Earth',
  })
  const strange = await call(daemon.socket, 'usage.rescan', {}).catch((error: unknown) => error)
  t.ok(strange instanceof Refusal && strange.exit === 1)
  const long = await call(`/tmp/${'x'.repeat(200)}`, 'daemon.status', {}).catch((error: unknown) => error)
  t.ok(long instanceof TallyError && long.error === 'badHome', 'a path that Node would truncate is refused')
})
