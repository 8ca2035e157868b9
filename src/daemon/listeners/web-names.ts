// Under which names the web listener is reached: from the configuration and the machine, never from what a client says.
import { hostname, networkInterfaces } from 'node:os'
import type { Config } from '../../contract/config.ts'
import type { OwnNames } from './web-guard.ts'

const LOOPBACK = ['127.0.0.1', 'localhost', '::1']
/** The machine is asked for its addresses at most this often, in milliseconds. */
const LOOK_MS = 10_000

export class WebNames {
  readonly isLan: boolean
  readonly #config: Config
  readonly #port: () => number
  #known: { readonly names: readonly string[]; readonly at: number } | null = null
  /** What was answered last, and from which names. */
  #own: { readonly from: readonly string[]; readonly answer: OwnNames } | null = null

  /** `port` is the one that is open. */
  constructor(config: Config, port: () => number) {
    this.#config = config
    this.#port = port
    this.isLan = config.web?.lan === true
  }

  /** RFC 8414 §2: the issuer; where the page is, too. */
  get url(): string {
    if (!this.isLan) return `http://127.0.0.1:${this.#port()}`
    return `https://${inUrl(this.#config.web?.names?.[0] ?? ownHost())}:${this.#port()}`
  }

  /** Names and addresses, without brackets; the first is the URL's. */
  get all(): readonly string[] {
    if (!this.isLan) return LOOPBACK
    const now = performance.now()
    if (this.#known === null || now - this.#known.at >= LOOK_MS)
      this.#known = { names: this.#look(), at: now }
    return this.#known.names
  }

  get own(): OwnNames {
    const [from, port] = [this.all, this.#port()]
    if (this.#own?.from !== from || this.#own.answer.port !== port) {
      const hosts = new Set(from.map((name) => inUrl(name).toLowerCase()))
      this.#own = { from, answer: { scheme: this.isLan ? 'https' : 'http', port, hosts } }
    }
    return this.#own.answer
  }

  #look(): string[] {
    const addresses = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .map(({ address }) => address)
      .filter((address) => !address.startsWith('fe80:'))
      .sort()
    const names = [...(this.#config.web?.names ?? []), ownHost(), shortHost(), 'localhost', ...addresses]
    return [...new Set(names.map((name) => name.toLowerCase()))]
  }
}

function shortHost(): string {
  return hostname().split('.')[0]?.toLowerCase() || 'localhost'
}

/** As multicast DNS has it (RFC 6762 §3). */
function ownHost(): string {
  return `${shortHost()}.local`
}

function inUrl(name: string): string {
  return name.includes(':') ? `[${name}]` : name
}
