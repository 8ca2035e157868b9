// The ceiling of a 304: Node's own HTTP server, which answers it to everything. Prints its port.
import { createServer } from 'node:http'

const server = createServer((_request, response) => response.writeHead(304).end())
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' && address !== null ? address.port : 0)
})
