// Questions on a terminal: one at a time, on stderr, so that stdout stays the answer. Without a terminal one line of standard
// input is the reply.
import { createInterface } from 'node:readline'
import { isatty, ReadStream } from 'node:tty'
import { TallyError } from '../../contract/errors.ts'
import { clean } from './text.ts'

const [CTRL_C, CTRL_D, BACKSPACE, DELETE] = ['\x03', '\x04', '\x7f', '\b']

/** A question was broken off: by Ctrl-C, by the end of the input, or because it is of no use any more. */
export class NothingTyped extends TallyError {
  constructor() {
    super('wrongUsage', 'nothing was typed')
  }
}

/** Whether somebody can be asked. */
export function canAsk(): boolean {
  return isatty(0) && isatty(2)
}

/** Yes only if somebody says yes; no without a terminal. Rejects when `over` ends the question. */
export async function confirmed(question: string, over?: AbortSignal): Promise<boolean> {
  if (!canAsk()) return false
  const reply = await lineAfter(`${question} [y/N] `, over)
  return /^y(es)?$/i.test(reply.trim())
}

/** One line; what is typed is seen. Rejects when `over` ends the question. */
export async function asked(question: string, over?: AbortSignal): Promise<string> {
  return (await lineAfter(`${question}: `, over)).trim()
}

/** One line in place of `now`: Enter keeps it, and `-` empties what may be empty. */
export async function askedToKeep(
  question: string,
  now: string,
  { mayBeEmpty = false, over }: { readonly mayBeEmpty?: boolean; readonly over?: AbortSignal } = {},
): Promise<string> {
  const reply = await asked(
    `${question} [${clean(now)}${mayBeEmpty && now !== '' ? ', - for none' : ''}]`,
    over,
  )
  return mayBeEmpty && reply === '-' ? '' : reply || now
}

/** One line that is shown as dots; more of them until `isWhole`. Throws TallyError wrongUsage where it was broken off. */
export async function askedInSecret(
  question: string,
  isWhole: (typed: string) => boolean = () => true,
): Promise<string> {
  if (!canAsk()) return (await lineAfter('')).trim()
  const input = new ReadStream(0)
  // First: what is typed as soon as the question stands there must not be seen either.
  input.setRawMode(true)
  input.setEncoding('utf8')
  process.stderr.write(`${question}: `)
  let typed = ''
  try {
    for await (const keys of input as AsyncIterable<string>) {
      for (const key of keys) {
        if (key === '\r' || key === '\n') {
          if (isWhole(typed)) return typed.trim()
          typed += '\n'
          continue
        }
        if (key === CTRL_C || key === CTRL_D) throw new NothingTyped()
        if (key === BACKSPACE || key === DELETE) {
          if (typed !== '') process.stderr.write('\b \b')
          typed = typed.slice(0, -1)
        } else if (key >= ' ') {
          typed += key
          process.stderr.write('•')
        }
      }
    }
    return typed.trim()
  } finally {
    input.setRawMode(false)
    input.destroy()
    process.stderr.write('\n')
  }
}

function lineAfter(question: string, over?: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: canAsk() })
  return new Promise((resolve, reject) => {
    lines.once('close', () => reject(new NothingTyped()))
    const end = () => {
      // What is said next begins on a line of its own.
      process.stderr.write('\n')
      lines.close()
    }
    lines.once('SIGINT', end)
    over?.addEventListener('abort', end, { once: true })
    lines.question(question, (reply) => {
      over?.removeEventListener('abort', end)
      resolve(reply)
      lines.close()
    })
  })
}
