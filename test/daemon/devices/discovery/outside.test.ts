// A stranger with another implementation of multicast DNS finds this device, or doctor says that it does not.
import multicastDns from 'multicast-dns'
import t from 'tap'
import { checkOutside } from '../../../../src/daemon/devices/discovery/outside.ts'

const PLACE = { name: 'lo', address: '127.0.0.1' }

t.test('who is answered is found, who is not is told', async (t) => {
  const [name, data] = ['_tallyd._tcp.local', 'test-of-tallyd._tallyd._tcp.local']
  const responder = multicastDns({ interface: PLACE.address, bind: '0.0.0.0' } as multicastDns.Options)
  t.teardown(() => responder.destroy())
  await new Promise<void>((resolve) => responder.once('ready', () => resolve()))
  responder.on('query', ({ questions = [] }) => {
    if (questions.some((question) => question.name === name)) {
      responder.respond({ answers: [{ name, type: 'PTR', ttl: 120, data }] })
    }
  })
  t.match(await checkOutside('test-of-tallyd', [PLACE]), [
    { level: 'ok', code: 'seenFromOutside', says: 'a stranger on lo finds this device' },
  ])
  t.match(await checkOutside('somebody-else', [PLACE]), [
    {
      level: 'warning',
      subject: 'discovery',
      says: 'a stranger on lo does not find this device',
      next: /5353/,
    },
  ])
  t.same(await checkOutside('test-of-tallyd', []), [], 'nowhere to look')
})
