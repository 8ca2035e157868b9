// `tallyctl web`: lets a browser in; `web cert`: what others need to trust the web listener.
import { spawn } from 'node:child_process'
import { hostname } from 'node:os'
import type { WebState } from '../../contract/access.ts'
import { EXIT } from '../../contract/errors.ts'
import type { Result } from '../../contract/methods.ts'
import { plainHttpSays } from '../../contract/plain-http-words.ts'
import { clean } from '../terminal/text.ts'
import type { Command, Surrounding } from './command.ts'

/** An opener that runs longer is the browser itself: it has opened, in milliseconds. */
const OPENER_MS = 3_000

export const web: Command = async (asked, at) => {
  const result = await at.daemon.call('web.launch', {})
  if (asked.has('json')) await at.screen.json(result)
  else if (asked.has('print')) await at.screen.answer(clean(result.launched.url))
  else await show(result.launched, at)
  return EXIT.ok
}

export const webCert: Command = async (asked, at) => {
  const result = await at.daemon.call('web.cert', {})
  const { pem, pin, names } = result.certificate
  if (asked.has('json')) await at.screen.json(result)
  else {
    await at.screen.answer(
      ...pem.trimEnd().split('\n').map(clean),
      `pin    ${clean(pin)}`,
      `names  ${names.map(clean).join(', ')}`,
    )
  }
  return EXIT.ok
}

/** One line. */
export function webLine({ url, plainHttpPort, problem }: WebState): string {
  if (problem !== null) return `not open: ${clean(problem)}`
  const plain = plainHttpPort === null ? '' : `; ${plainHttpSays(plainHttpPort)}`
  return url === null ? 'off' : `${clean(url)}${plain}`
}

async function show({ url, file }: Result<'web.launch'>['launched'], at: Surrounding): Promise<void> {
  const opener = openerFor(process.platform, at.env)
  if (opener !== null && (await opened(opener, file))) {
    await at.screen.answer('the page opens in your browser')
    await at.screen.note(at.screen.typed('if it does not, run: tallyctl web --print'))
    return
  }
  await at.screen.answer(clean(url))
  const port = /^http:\/\/127\.0\.0\.1:(\d+)\//.exec(url)?.[1]
  await at.screen.note('open it in a browser on this machine within a minute; it works once')
  if (port !== undefined) {
    await at.screen.note(
      `from another machine first run there: ssh -L ${port}:127.0.0.1:${port} ${clean(hostname())}`,
    )
  }
}

/** The program that opens a file in the user's browser; null where there is no display. */
export function openerFor(
  platform: string,
  env: Readonly<Record<string, string | undefined>>,
): 'open' | 'xdg-open' | null {
  const isSet = (name: string) => (env[name] ?? '') !== ''
  if (platform === 'darwin') return isSet('SSH_CONNECTION') ? null : 'open'
  return isSet('DISPLAY') || isSet('WAYLAND_DISPLAY') ? 'xdg-open' : null
}

/** Whether it was there, and did not fail at once. It is given the file, never what is in it. */
function opened(opener: string, file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(opener, [file], { stdio: 'ignore', detached: true })
    const timer = setTimeout(() => resolve(true), OPENER_MS)
    const end = (isOpen: boolean) => {
      clearTimeout(timer)
      resolve(isOpen)
    }
    child.once('error', () => end(false))
    child.once('exit', (code) => end(code === 0))
    child.unref()
  })
}
