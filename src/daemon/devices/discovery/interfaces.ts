// Which network interfaces are real, and what addresses they have. A container's bridge or a tunnel reaches no other
// device of a person's by multicast, and tells strangers about this one: they are left out unless the config lists them.
import { existsSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { addressData, sharesPrefix } from './rdata.ts'

export interface Address {
  /** Without a zone. */
  readonly address: string
  readonly family: 4 | 6
  /** Bits of the network. */
  readonly bits: number
}

/** What the system says of one interface. */
export interface Facts {
  readonly name: string
  /** Another number is another interface, even of the same name; 0 where the system does not tell. */
  readonly index: number
  readonly loopback: boolean
  readonly addresses: readonly Address[]
  /** Why it is not of the kind that is used unasked; null if it is. */
  readonly unreal: string | null
}

export interface Interface {
  readonly name: string
  readonly index: number
  readonly addresses: readonly Address[]
}

/** Of one interface; more are of no use and only fill packets. */
const ADDRESSES_CAP = 8
const INTERFACES_CAP = 16
/** Names of what is not a network of other machines, for systems that do not say more; macOS and the BSDs among them. */
const UNREAL_NAME =
  /^(lo\d*|docker|br-|virbr|veth|vnet|tun|tap|utun|wg|tailscale|zt|ppp|ipsec|gif|stf|awdl|llw|anpi|ap\d|bridge|vmnet|vboxnet|cni|flannel|cali|podman|lxc|lxd|ifb|dummy|sit|ip6tnl)/
/** Kinds of Linux' interfaces without a device of their own that still stand for a wire. */
const VIRTUAL_YET_REAL = new Set(['vlan', 'bond', 'macvlan', 'wlan'])
const POINT_TO_POINT = 0x10
const MULTICAST = 0x1000

/**
 * Those to use, and why others are not. A list is exact: each of its names whatever it is, and no other. With `only`, an
 * IP address, just that address.
 */
export function choose(
  facts: readonly Facts[],
  listed: readonly string[],
  only?: string,
): { readonly used: Interface[]; readonly left: { readonly name: string; readonly why: string }[] } {
  const used: Interface[] = []
  const left: { name: string; why: string }[] = []
  for (const { name, index, loopback, addresses, unreal } of facts) {
    const usable = addresses.filter(({ address }) => only === undefined || address === only)
    const why = loopback
      ? 'loopback'
      : listed.length > 0
        ? listed.includes(name)
          ? null
          : 'not listed in the config'
        : unreal
    if (why !== null) left.push({ name, why })
    else if (usable.length > 0 && used.length < INTERFACES_CAP) {
      used.push({ name, index, addresses: usable.slice(0, ADDRESSES_CAP) })
    }
  }
  return { used, left: left.filter(({ why }) => why !== 'loopback') }
}

/** Whether an address (without a zone) lies in a network of the interface. */
export function isOnLink({ addresses }: Pick<Interface, 'addresses'>, data: Buffer): boolean {
  const family = data.length === 4 ? 4 : 6
  if (family === 6 && isLinkLocal(data)) return true
  return addresses.some(
    (own) => own.family === family && sharesPrefix(addressData(own.address), data, own.bits),
  )
}

/** fe80::/10 */
export function isLinkLocal(data: Buffer): boolean {
  return data.length === 16 && data[0] === 0xfe && (data[1]! & 0xc0) === 0x80
}

/** What this system has, now. */
export function readInterfaces(): Facts[] {
  const found: Facts[] = []
  for (const [name, infos = []] of Object.entries(networkInterfaces())) {
    const addresses = infos.map(({ address, family, cidr }) => ({
      address: address.split('%')[0]!,
      family: family === 'IPv4' ? (4 as const) : (6 as const),
      bits: Number(cidr?.split('/')[1] ?? (family === 'IPv4' ? 32 : 128)),
    }))
    const loopback = infos.some(({ internal }) => internal)
    const scope = infos.find((info) => info.family === 'IPv6' && info.scopeid > 0)
    const index = numberIn(`/sys/class/net/${name}/ifindex`) ?? (scope?.family === 'IPv6' ? scope.scopeid : 0)
    found.push({ name, index, loopback, addresses, unreal: loopback ? null : whyUnreal(name, index) })
  }
  return found
}

const known = new Map<string, string | null>()
const KNOWN_CAP = 256

/** An interface keeps its kind as long as it keeps its number. */
function whyUnreal(name: string, index: number): string | null {
  const key = `${index} ${name}`
  const before = known.get(key)
  if (before !== undefined) return before
  if (known.size >= KNOWN_CAP) known.clear()
  const why = UNREAL_NAME.test(name) ? 'virtual, by its name' : unrealOnLinux(`/sys/class/net/${name}`)
  known.set(key, why)
  return why
}

function unrealOnLinux(folder: string): string | null {
  const flags = numberIn(`${folder}/flags`)
  if (flags === null) return null
  if ((flags & POINT_TO_POINT) !== 0) return 'a tunnel'
  if ((flags & MULTICAST) === 0) return 'without multicast'
  if (existsSync(`${folder}/tun_flags`)) return 'a tunnel'
  if (existsSync(`${folder}/bridge`)) return 'a bridge'
  if (existsSync(`${folder}/device`)) return null
  const kind = /^DEVTYPE=(\w+)$/m.exec(textOf(`${folder}/uevent`))?.[1] ?? 'veth or the like'
  return VIRTUAL_YET_REAL.has(kind) ? null : `virtual (${kind})`
}

function numberIn(path: string): number | null {
  const text = textOf(path).trim()
  return text === '' ? null : Number(text)
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
