// How a listener that closes takes leave of its WebSockets.
import type { FastifyInstance } from 'fastify'

/** WebSockets are told (1001, going away) and cut off if they do not answer; a slow one does not hold the stop. */
export function farewell(app: FastifyInstance, done: () => void): void {
  const { clients } = app.websocketServer
  for (const client of clients) client.close(1001)
  setTimeout(() => {
    for (const client of clients) client.terminate()
  }, 200).unref()
  app.websocketServer.close()
  done()
}
