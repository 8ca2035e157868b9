// Two real devices for a test: a desk whose listeners are open, and a laptop that logs in there.

import type { Teardown } from '../../harness/daemon.ts'
import { until } from '../../harness/daemon.ts'
import { type Device, devices, freePort } from '../../harness/devices.ts'

export interface Both {
  readonly desk: Device
  readonly laptop: Device
  /** The desk's web address. */
  readonly url: string
}

export async function deskAndLaptop(t: Teardown, env: Readonly<Record<string, string>> = {}): Promise<Both> {
  const port = await freePort()
  const [desk, laptop] = (await devices(t, 2, {
    config: (at) => ({ web: at === 0 ? { port } : { mode: 'off' } }),
    env,
  })) as [Device, Device]
  await desk.call('sharing.set', { mode: 'always' })
  return { desk, laptop, url: `http://127.0.0.1:${port}` }
}

/** What `tallyctl login` hands to the laptop's daemon; `address` is another way to the desk. */
export async function wanted({ desk, url }: Both, address = desk.address) {
  return { url, device: await desk.id(), address }
}

/** The owner of the desk says yes to the code that the laptop shows. */
export async function approve(
  { desk, laptop, url }: Both,
  member: { readonly member: string } | { readonly newMember: string; readonly identity?: 'full' },
): Promise<void> {
  const { logins } = await laptop.call('logins.list')
  const code = logins.find((each) => each.url === url && each.state === 'asking')?.code?.userCode ?? ''
  await desk.call('requests.approve', { code, ...member })
}

export async function claimed({ laptop, url }: Both): Promise<void> {
  await until(async () => {
    const { logins } = await laptop.call('logins.list')
    return logins.some((each) => each.url === url && each.state === 'claimed')
  }, 'the laptop is logged in')
}
