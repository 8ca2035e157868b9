// The port of the web listener: a bare server that costs next to nothing. What is behind it is loaded when somebody comes.
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'

/** Connections that the system keeps until we get to them. */
const BACKLOG = 1_024
/** The system's free port of IPv4 may be taken in IPv6. */
const TRIES = 8

export interface WebDoor {
  readonly port: number
  /** Lets nobody in any more. Connections stay. */
  close(): Promise<void>
}

export interface WebDoorContext {
  /** 0 for any that is free. */
  readonly port: number
  /** Every address instead of this machine's own. */
  readonly lan: boolean
  /** The socket is paused: who takes it resumes it. */
  readonly onSocket: (socket: Socket) => void
}

/** Opens it on every address, or on 127.0.0.1 and ::1. Rejects with the system's error, EADDRINUSE among them. */
export async function openWebDoor({ port, lan, onSocket }: WebDoorContext): Promise<WebDoor> {
  const servers = await openAll(lan ? [everyAddress()] : ownAddresses(), port, onSocket)
  return {
    port: portOf(servers[0]!),
    async close() {
      // `close` waits for connections, and those are somebody else's by now.
      for (const server of servers) server.close()
    },
  }
}

async function openAll(
  addresses: readonly string[],
  port: number,
  onSocket: (socket: Socket) => void,
): Promise<Server[]> {
  for (let tried = 1; ; tried++) {
    const servers: Server[] = []
    try {
      for (const address of addresses) {
        servers.push(await listen(address, servers[0] === undefined ? port : portOf(servers[0]), onSocket))
      }
      return servers
    } catch (error) {
      for (const server of servers) server.close()
      if (port !== 0 || tried === TRIES) throw error
    }
  }
}

async function listen(host: string, port: number, onSocket: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, onSocket)
  await once(server.listen({ host, port, backlog: BACKLOG }), 'listening')
  // Without descriptors a connection is lost, not the daemon.
  server.on('error', () => undefined)
  return server
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Both, so that nobody else answers to `localhost` at our port. */
function ownAddresses(): string[] {
  return hasAddress((address) => address === '::1') ? ['127.0.0.1', '::1'] : ['127.0.0.1']
}

/** `::` takes IPv4 as well; where the system has no IPv6 at all it cannot be listened on. */
function everyAddress(): string {
  return hasAddress((address) => address.includes(':')) ? '::' : '0.0.0.0'
}

function hasAddress(isIt: (address: string) => boolean): boolean {
  return Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => isIt(address)))
}
