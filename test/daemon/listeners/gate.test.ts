// The pieces of the gate: what is read of a ClientHello, whose knock it is, who makes room for whom.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { connect } from 'node:tls'
import fc from 'fast-check'
import t from 'tap'
import { sourceOf } from '../../../src/contract/source.ts'
import { Knocks, knockOf } from '../../../src/daemon/devices/knock.ts'
import { Allowance } from '../../../src/daemon/listeners/allowance.ts'
import { LONGEST_HELLO, readHello } from '../../../src/daemon/listeners/client-hello.ts'
import { Crowd, type Guest } from '../../../src/daemon/listeners/crowd.ts'

/** What a TLS client of this Node sends first. */
async function helloFor(servername: string): Promise<Buffer> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', servername })
  client.on('error', () => undefined)
  const [socket] = (await once(server, 'connection')) as [Socket]
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  server.close()
  return bytes
}

t.test('the server name of a ClientHello', async (t) => {
  const knock = knockOf('ab'.repeat(32))
  const hello = await helloFor(knock)
  t.same(readHello(hello), { serverName: knock })
  t.same(readHello(await helloFor('')), { serverName: null })
  for (let length = 0; length < hello.length; length++) {
    if (readHello(hello.subarray(0, length)) !== 'more') t.fail(`the first ${length} bytes are enough`)
  }
  t.equal(readHello(Buffer.from('GET / HTTP/1.1')), 'broken')
  t.equal(readHello(Buffer.from([0x16, 3, 1, 0xff, 0xff])), 'broken', 'a long one is not waited for')
})

t.test('no bytes make reading throw, or read outside of them', async (t) => {
  const hello = await helloFor('a.example')
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { maxLength: 20 }), (changes) => {
      const bytes = Buffer.from(hello)
      for (const [at, byte] of changes) bytes[at] = byte
      const read = readHello(bytes)
      return read === 'more' || read === 'broken' || (read.serverName?.length ?? 0) <= bytes.length
    }),
    { numRuns: 2_000 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: LONGEST_HELLO }), (bytes) => {
      readHello(Buffer.from([0x16, 3, 1, bytes.length >> 8, bytes.length & 0xff, ...bytes]))
    }),
  )
  t.pass()
})

t.test('a knock', async (t) => {
  const [one, two] = [
    { id: '1', grantHash: randomBytes(32).toString('hex') },
    { id: '2', grantHash: randomBytes(32).toString('hex') },
  ]
  const all = [one, { id: 'gives nothing', grantHash: null }, two]
  const knocks = new Knocks(() => all)
  const knock = knockOf(two.grantHash)
  t.equal(knocks.whose(knock), '2')
  t.equal(knocks.whose(knock), null, 'nobody repeats it')
  t.equal(knocks.whose(knockOf(two.grantHash)), '2', 'the next one is another')
  t.equal(knocks.whose(knockOf(randomBytes(32).toString('hex'))), null)
  t.equal(knocks.whose('laptop.local'), null)
  t.equal(knocks.whose(''), null)
  const changed = knockOf(one.grantHash).replace(/.$/, (last) => (last === '0' ? '1' : '0'))
  t.equal(knocks.whose(changed), null)
  all.length = 0
  t.equal(knocks.whose(knockOf(two.grantHash)), null, 'who is unpaired is a stranger')
})

t.test('knocks are remembered of those who are paired, and no more than 512 of each', async (t) => {
  const knocker = (id: string) => ({ id, grantHash: randomBytes(32).toString('hex') })
  const all = [knocker('1'), knocker('2')]
  const knocks = new Knocks(() => all)
  for (const { grantHash } of all) {
    for (let times = 0; times < 600; times++) knocks.whose(knockOf(grantHash))
  }
  t.equal(knocks.remembered, 2 * 512)
  all.splice(0, 2, knocker('3'))
  knocks.whose(knockOf(all[0]!.grantHash))
  t.equal(knocks.remembered, 1, 'of who was unpaired none')
})

t.test('an allowance', async (t) => {
  let now = 0
  const allowance = new Allowance({ burst: 3, each: 2 }, () => now)
  const taken = (name: string, times: number) =>
    Array.from({ length: times }, () => allowance.take(name)).filter(Boolean).length
  t.equal(taken('a', 5), 3)
  t.equal(taken('b', 5), 3, 'each name has its own')
  now = 1_000
  t.equal(taken('a', 5), 2)
  now = 1_000_000
  t.equal(taken('a', 5), 3, 'never more than the burst')
})

t.test('a crowd', async (t) => {
  const ended: string[] = []
  const guest = (name: string, source: string, held = false): Guest => ({
    source,
    held,
    end: () => ended.push(name),
  })
  const crowd = new Crowd<Guest>({ inAll: 4, ofOneSource: 3 })
  crowd.add(guest('held', 'flood', true))
  for (const name of ['1', '2', '3']) t.ok(crowd.add(guest(name, 'flood')))
  t.same(ended, ['1'], 'the oldest that is not held, of the same source')
  t.ok(crowd.add(guest('a', 'quiet')))
  t.ok(crowd.add(guest('b', 'quiet')))
  t.same(ended, ['1', '2'], 'where it is full, the oldest of the largest source')
  t.equal(crowd.size, 4)
  const full = new Crowd<Guest>({ inAll: 1, ofOneSource: 1 })
  full.add(guest('c', 'x', true))
  t.equal(full.add(guest('d', 'y')), false, 'nobody makes room')
})

t.test('a source', async (t) => {
  t.equal(sourceOf('::ffff:192.168.1.7'), '192.168.1.7')
  t.equal(sourceOf('10.0.0.1'), '10.0.0.1')
  t.equal(sourceOf('fe80::1:2%eth0'), sourceOf('fe80::aaaa:bbbb:cccc:dddd'))
  t.equal(sourceOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
  t.equal(sourceOf('2001:db8:1:2::6'), '2001:db8:1:2::/64')
  t.not(sourceOf('2001:db8:1:3::6'), sourceOf('2001:db8:1:2::6'))
  t.equal(sourceOf('::1'), '0:0:0:0::/64')
})
