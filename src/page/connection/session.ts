// The way in: a launch is exchanged for a session, whose secret lives in this tab's sessionStorage and nowhere else. A link that
// cannot be opened yet waits there too.
import { Failure, failureIn } from './failure.ts'

const KEY = 'tallyd.session'
const LINK = 'tallyd.link'

export function keptSession(): string | null {
  return sessionStorage.getItem(KEY)
}

export function dropSession(): void {
  sessionStorage.removeItem(KEY)
}

/** A link that waits in this tab until there is a session to open it with. */
export function keptLink(): string | null {
  return sessionStorage.getItem(LINK)
}

export function keepLink(link: string | null): void {
  if (link === null) sessionStorage.removeItem(LINK)
  else sessionStorage.setItem(LINK, link)
}

/** Exchanges a launch, once, and keeps the session. Throws Failure. */
export async function enter(launch: string): Promise<string> {
  const answer = await post('/launch', JSON.stringify({ launch }), {})
  const session = (answer as { session?: unknown } | null)?.session
  if (typeof session !== 'string') {
    throw failureIn(answer) ?? new Failure('tallyd gave no session', 'run: tallyctl web')
  }
  sessionStorage.setItem(KEY, session)
  return session
}

/** One POST of JSON to where this page came from; what it answered, whatever its status. Throws Failure where nothing did. */
export async function post(
  path: '/launch' | '/rpc',
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<unknown> {
  try {
    const answer = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(35_000),
    })
    return await answer.json()
  } catch {
    throw new Failure('tallyd does not answer', 'run: tallyctl status')
  }
}
