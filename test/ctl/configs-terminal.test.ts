// `tallyctl configs edit` on a real terminal: every field with what it is, Enter keeps it, and - empties it.
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { senderAndReceiver } from '../daemon/vault/transfer/two-devices.ts'
import { CTRL_C, NO_TERMINAL, onTerminal } from './pty.ts'

t.setTimeout(120_000)

const options = { skip: NO_TERMINAL }

t.test('each field is asked for', options, async (t) => {
  const [device] = await senderAndReceiver(t)
  const terminal = onTerminal(t, device.home, ['configs', 'edit', 'photos'])
  for (const [question, keys] of [
    ['description [all of them, - for none]: ', '-\r'],
    ['path [/srv/photos]: ', '/mnt/photos\r'],
    ['origin []: ', 'desk\r'],
    ['s3 [minio, - for none]: ', '\r'],
    ['encryption-key [photo-key, - for none]: ', '-\r'],
    ['geocoding-key [places, - for none]: ', '\r'],
    ['photos is changed', ''],
  ] as const) {
    await terminal.says(question)
    terminal.type(keys)
  }
  t.equal(await terminal.ended, EXIT.ok)
  const { config } = await device.call('configs.show', { name: 'photos' })
  t.match(config, { description: '', path: '/mnt/photos', origin: 'desk' })
  t.same(config.links, { s3: 'minio', geocodingKey: 'places' })
})

t.test('broken off, nothing is changed', options, async (t) => {
  const [device] = await senderAndReceiver(t)
  const before = await device.call('configs.show', { name: 'photos' })
  const terminal = onTerminal(t, device.home, ['configs', 'edit', 'photos'])
  await terminal.says('description [')
  terminal.type('other\r')
  await terminal.says('path [')
  terminal.type(CTRL_C)
  t.not(await terminal.ended, EXIT.ok)
  t.same(await device.call('configs.show', { name: 'photos' }), before)
})
