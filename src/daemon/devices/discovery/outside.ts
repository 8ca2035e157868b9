// Looks for this device as any stranger on the network would: with another implementation of multicast DNS, on sockets of its own.
// What our own browser hears of us it could also have made up. Only for doctor: sockets live for a second and a half.
import multicastDns from 'multicast-dns'
import type { Check } from '../../../contract/doctor.ts'

/** How long an answer may take, in milliseconds; on a network that works it takes a few hundred at most (RFC 6762 §6). */
const PATIENCE_MS = 1_500
/** Asked again after this long, in milliseconds: one packet can be lost. */
const AGAIN_MS = 600
const SERVICE = '_tallyd._tcp.local'

export interface Outside {
  /** Name of the interface. */
  readonly name: string
  /** One IPv4 address of it. */
  readonly address: string
}

/** Whether `instance`, a label, is found from outside on each of `places`. Never rejects. */
export async function checkOutside(instance: string, places: readonly Outside[]): Promise<Check[]> {
  const seen = await Promise.all(
    places.map(async (place) => ({ place, isSeen: await isSeen(instance, place) })),
  )
  const on = seen.flatMap(({ place, isSeen: found }) => (found ? [place.name] : []))
  const missed = seen.flatMap(({ place, isSeen: found }) => (found ? [] : [missing(place)]))
  return on.length === 0 ? missed : [found(on), ...missed]
}

function found(on: readonly string[]): Check {
  const says = `a stranger on ${on.join(', ')} finds this device`
  return { level: 'ok', code: 'seenFromOutside', subject: 'discovery', says }
}

function missing({ name }: Outside): Check {
  return {
    level: 'warning',
    code: 'unseenFromOutside',
    subject: 'discovery',
    says: `a stranger on ${name} does not find this device`,
    next: `let the firewall pass UDP port 5353, or pair by address: tallyctl pair HOST:PORT`,
  }
}

function isSeen(instance: string, { address }: Outside): Promise<boolean> {
  return new Promise((resolve) => {
    const stranger = multicastDns({
      interface: address,
      bind: '0.0.0.0',
      reuseAddr: true,
    } as multicastDns.Options)
    const ask = () => stranger.query({ questions: [{ name: SERVICE, type: 'PTR' }] })
    const again = setTimeout(ask, AGAIN_MS)
    const late = setTimeout(() => end(false), PATIENCE_MS)
    stranger.on('error', () => end(false))
    stranger.on('ready', ask)
    stranger.on('response', ({ answers = [] }) => {
      const isOurs = answers.some((each) => each.type === 'PTR' && each.data === `${instance}.${SERVICE}`)
      if (isOurs) end(true)
    })

    function end(found: boolean): void {
      clearTimeout(again)
      clearTimeout(late)
      stranger.destroy()
      resolve(found)
    }
  })
}
