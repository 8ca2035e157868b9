// The small HTTP reader: any cutting of an answer reads the same, and nothing it is sent makes it hang or throw
// anything but NoAnswer.
import { writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { TallyError } from '../../src/contract/errors.ts'
import { AnswerReader, type HttpAnswer } from '../../src/ctl/connection/answer.ts'
import { ownDaemon } from '../../src/ctl/connection/control-socket.ts'
import { Refusal } from '../../src/ctl/connection/errors.ts'
import { post } from '../../src/ctl/connection/http.ts'
import { NoAnswer } from '../../src/ctl/connection/no-answer.ts'
import { type Teardown, temporaryFolder } from '../harness/daemon.ts'
import { listeningAt } from './client.ts'
import { fakeDaemon, status } from './fake-daemon.ts'

const SIZED = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncontent-LENGTH: 7\r\n\r\n{"é":1}'.replace(
  '7',
  '8',
)
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n3;x=y\r\n:1}\r\n0\r\n\r\n'
const CHUNKED_HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
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
  t.equal(why(''), 'cut')
  t.equal(why('HTTP/1.1 200 OK\r\n'), 'garbled')
  t.equal(why('SSH-2.0-OpenSSH\r\n\r\n'), 'garbled')
  t.equal(why('HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n'), 'garbled')
  t.equal(why('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort'), 'garbled')
  for (const chunk of [
    'zz\r\n',
    '4;',
    '3\r\nabcd\r\n',
    `1;${'x'.repeat(5000)}`,
    '\r\n',
    '-1\r\n',
    '100000000\r\n',
  ])
    t.equal(why(`${CHUNKED_HEAD}${chunk}`), 'garbled', chunk.slice(0, 20))
  t.equal(why(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`), 'garbled')
  const head = fc.constantFrom(
    '',
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
  )
  fc.assert(
    fc.property(head, fc.string({ unit: 'binary' }), (start, rest) =>
      ['cut', 'garbled', 'read'].includes(why(start + rest)),
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

async function listening(t: Teardown, answer: (socket: Socket, server: Server) => void): Promise<string> {
  const path = join(temporaryFolder(t), 's')
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    answer(socket, server)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.teardown(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
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
  const file = join(folder, 'file')
  writeFileSync(file, '')
  t.equal(await reason(post(file, '{}', 1000)), 'absent')
  t.equal(await reason(post(join(file, 'below'), '{}', 1000)), 'absent')
  const hangsUp = await listening(t, (socket) => socket.destroy())
  t.equal(await reason(post(hangsUp, '{}', 1000)), 'busy')
  const readsFirst = await listening(t, (socket) => socket.once('data', () => socket.end()))
  t.equal(await reason(post(readsFirst, '{}', 1000)), 'busy')
  t.equal(await reason(ownDaemon(listeningAt(readsFirst)).call('daemon.status', {}, 1000)), 'tooMany')
  const ends = await listening(t, (socket, server) => {
    server.close()
    socket.destroy()
  })
  t.equal(await reason(post(ends, '{}', 1000)), 'absent')
  const cutsShort = await listening(t, (socket) => socket.end('HTTP/1.1 200 OK\r\n'))
  t.equal(await reason(post(cutsShort, '{}', 1000)), 'garbled')
  const silent = await listening(t, (socket) => setTimeout(() => socket.destroy(), 1000).unref())
  t.equal(await reason(post(silent, '{}', 50)), 'late')
  t.equal(await reason(ownDaemon(listeningAt(silent)).call('daemon.status', {}, 50)), 'timedOut')
})

const CHUNKS = 100_000

/** Milliseconds of processor time that `act` took. */
async function userMs(act: () => unknown): Promise<number> {
  const before = process.cpuUsage().user
  await act()
  return (process.cpuUsage().user - before) / 1000
}

t.test('an answer in very many chunks costs as much as its bytes', async (t) => {
  const pieces = [CHUNKED_HEAD, ...Array.from({ length: CHUNKS }, () => '3\r\nabc\r\n'), '0\r\n\r\n']
  const apart = pieces.map((piece) => Buffer.from(piece))
  t.ok((await userMs(() => t.equal(read(apart).body, 'abc'.repeat(CHUNKS)))) < 2000, 'a piece a chunk')
  const bytes = Buffer.from(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(60_000)}\r\nContent-Length: 2\r\n\r\n{}`)
  const single = Array.from(bytes, (byte) => Buffer.of(byte))
  t.ok((await userMs(() => t.equal(read(single).body, '{}'))) < 2000, 'a piece a byte')
  const server = await listening(t, (socket) => {
    for (const piece of pieces) socket.write(piece)
  })
  t.equal((await post(server, '{}', 30_000)).body, 'abc'.repeat(CHUNKS))
})

t.test('an answer that never ends is given up', async (t) => {
  const flooding = await listening(t, (socket) => {
    socket.write(CHUNKED_HEAD)
    const flood = Buffer.from(`3e8\r\n${'x'.repeat(1000)}\r\n`.repeat(100))
    const send = () => {
      while (!socket.destroyed && socket.write(flood));
    }
    socket.on('drain', send)
    send()
  })
  await t.rejects(post(flooding, '{}', 60_000), { why: 'garbled', message: 'an answer of more than 64 MiB' })
  const dripping = await listening(t, (socket) => {
    socket.write(CHUNKED_HEAD)
    const drip = setInterval(() => socket.write('1\r\n \r\n'), 5)
    socket.on('close', () => clearInterval(drip))
  })
  t.equal(await reason(post(dripping, '{}', 300)), 'late')
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
  const asked = ownDaemon(listeningAt(daemon.socket))
  t.strictSame(await asked.call('daemon.status', {}), status())
  const both = [
    { method: 'daemon.status', params: {} },
    { method: 'daemon.status', params: {} },
  ] as const
  t.strictSame(await asked.callAll(both), [status(), status()])
  await t.rejects(asked.call('daemon.hello', {}), {
    message: 'no such time zone: Mars',
    exit: 2,
    next: 'come back to Earth',
  })
  const strange = await asked.call('usage.rescan', {}).catch((error: unknown) => error)
  t.ok(strange instanceof Refusal && strange.exit === 1)
  const long = await ownDaemon(listeningAt(`/tmp/${'x'.repeat(200)}`))
    .call('daemon.status', {})
    .catch((error: unknown) => error)
  t.ok(long instanceof TallyError && long.error === 'badHome', 'a path that Node would truncate is refused')
})
