// The ceiling: Node's own HTTPS server with the TLS of the LAN listener, which answers 204 to everything. Gets the identity on stdin,
// prints its port.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { tlsOptions } from '../../src/daemon/devices/tls.ts'
import type { Identity } from '../../src/daemon/identity/identity.ts'

const identity = JSON.parse(readFileSync(0, 'utf8')) as Identity
const server = createServer(
  { ...tlsOptions(identity), requestCert: true, rejectUnauthorized: false },
  (_request, response) => response.writeHead(204).end(),
)
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' && address !== null ? address.port : 0)
})
