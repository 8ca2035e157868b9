// Two devices for tests of transfers, and what the one of them has to send: a database with three linked secrets.
import { generateKeyPairSync } from 'node:crypto'
import type { Transfer } from '../../../../src/contract/transfers.ts'
import { type Teardown, until } from '../../../harness/daemon.ts'
import { type Device, devices } from '../../../harness/devices.ts'

export const CANARY = 'canary-c4f1e9d2-secret'

export const PHOTOS = {
  type: 'database',
  name: 'photos',
  description: 'all of them',
  path: '/srv/photos',
  links: { s3: 'minio', encryptionKey: 'photo-key', geocodingKey: 'places' },
} as const

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

export const MINIO = {
  type: 's3-credentials',
  fields: { region: 'eu-central-1', accessKeyId: 'AKIA1', secretAccessKey: CANARY },
} as const
export const PHOTO_KEY = { type: 'encryption-key', fields: { privateKeyPem: PEM } } as const
export const PLACES = { type: 'api-key', fields: { apiKey: `${CANARY}-places` } } as const

export const SECRETS = { minio: MINIO, 'photo-key': PHOTO_KEY, places: PLACES } as const
export const ALL = { secrets: Object.keys(SECRETS), configs: ['photos'] }

/** A sender that has it all, and a receiver that has nothing. */
export async function senderAndReceiver(t: Teardown): Promise<[Device, Device]> {
  const [sender, receiver] = (await devices(t, 2)) as [Device, Device]
  await fill(sender)
  return [sender, receiver]
}

export async function fill(device: Device): Promise<void> {
  for (const [name, secret] of Object.entries(SECRETS)) await device.call('secrets.add', { name, secret })
  const { type, ...config } = PHOTOS
  await device.call('configs.add', { config: { type, ...config } })
}

/** What a vault holds, values too. */
export async function contentsOf(device: Device) {
  const { secrets } = await device.call('secrets.list')
  const shown = await Promise.all(
    secrets.map(({ name }) => device.call('secrets.show', { name, reveal: true })),
  )
  const { configs } = await device.call('configs.list')
  return {
    secrets: Object.fromEntries(shown.map(({ secret: { name, type, fields } }) => [name, { type, fields }])),
    configs: configs.map(({ createdAt, updatedAt, ...config }) => config),
  }
}

export const EVERYTHING = { secrets: { ...SECRETS }, configs: [PHOTOS] }
export const NOTHING = { secrets: {}, configs: [] }

/** Its newest transfer with this id. */
export async function transferOf(device: Device, id: string): Promise<Transfer | undefined> {
  return (await device.call('transfers.list')).transfers.findLast((each) => each.id === id)
}

export async function untilState(device: Device, id: string, state: Transfer['state']): Promise<Transfer> {
  let last: Transfer | undefined
  await until(async () => {
    last = await transferOf(device, id)
    return last?.state === state
  }, `${device.name} has it ${state}`)
  return last!
}

/** A transfer that the sender offers by code and whose preview the receiver has. */
export async function fetchedByCode(sender: Device, receiver: Device, wanted = ALL) {
  const { code, offered } = await sender.call('transfers.send', wanted)
  const { received } = await receiver.call('transfers.receive', { address: sender.address, code: code! })
  return { id: offered.id, preview: received! }
}
