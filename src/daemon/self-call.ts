// One question to our own control socket, as any client asks: that it is answered shows that the socket is served and the event loop turns.
import { request } from 'node:http'

/** Milliseconds from a request on the socket to the end of its answer. Rejects where there is none, and when `patience` ends. */
export function selfCall(socketPath: string, patience?: AbortSignal): Promise<number> {
  const start = performance.now()
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'daemon.hello' })
  const headers = { host: 'tallyd', connection: 'close', 'content-length': Buffer.byteLength(body) }
  const signal = patience === undefined ? {} : { signal: patience }
  return new Promise((resolve, reject) => {
    const options = { socketPath, path: '/rpc', method: 'POST', headers, agent: false, ...signal }
    const asked = request(options, (answer) => {
      answer.resume()
      answer.once('end', () => resolve(performance.now() - start))
      answer.once('error', reject)
    })
    asked.once('error', reject)
    asked.end(body)
  })
}
