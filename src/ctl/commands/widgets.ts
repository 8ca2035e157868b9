// `tallyctl widgets`: which status bars there are; `widgets show`: one widget, or one for each change, for ever.
import { EXIT, TallyError } from '../../contract/errors.ts'
import { WIDGET_NAMES } from '../../contract/generated/widget-names.ts'
import { WIDGETS } from '../../contract/generated/widgets.ts'
import { checkSocketPath, described } from '../connection/control-socket.ts'
import { get } from '../connection/http.ts'
import { NoAnswer } from '../connection/no-answer.ts'
import { NotStreamed, streamed } from '../connection/stream.ts'
import type { Command, Surrounding } from './command.ts'

type Name = (typeof WIDGET_NAMES)[number]

/** How long one widget may take, in milliseconds: a bar waits for it. */
const PATIENCE_MS = 10_000
/**
 * So often the widget is printed although nothing changed, in milliseconds: only by writing does a program learn that its reader has
 * gone, and a bar that was killed leaves those that it started.
 */
const BEAT_MS = 5 * 60_000
/** How long it waits between two tries: the first, and the longest, in milliseconds. */
const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [250, 10_000]
/** So long after it went it may be a restart, and the first wait stays, in milliseconds. */
const RESTART_MS = 5_000

export const widgets: Command = async (asked, at) => {
  if (asked.has('json')) {
    const list = WIDGET_NAMES.map((name) => ({
      name,
      says: WIDGETS[name].says,
      into: WIDGETS[name].install.into,
    }))
    await at.screen.json({ widgets: list })
    return EXIT.ok
  }
  const longest = Math.max(...WIDGET_NAMES.map((name) => name.length))
  await at.screen.answer(...WIDGET_NAMES.map((name) => `${name.padEnd(longest)}   ${WIDGETS[name].says}`))
  await at.screen.note(at.screen.typed('how to show one: tallyctl widgets install FORMAT'))
  return EXIT.ok
}

export const showWidget: Command = async (asked, at) => {
  const name = asked.words[0] as Name
  checkSocketPath(at.paths)
  if (asked.has('follow')) {
    if (asked.has('json'))
      throw new TallyError('wrongUsage', '--json prints one widget, --follow streams the form of its host')
    return follow(name, at)
  }
  const text = await one(name, at.paths.socket)
  if (asked.has('json')) await at.screen.json({ widget: { format: name, text: text.replace(/\n$/, '') } })
  else await at.screen.raw(text)
  return EXIT.ok
}

async function one(name: Name, socket: string): Promise<string> {
  try {
    const { status, body } = await get(socket, `/widgets/${name}`, PATIENCE_MS)
    if (status !== 200) throw unknownThere(name)
    return body
  } catch (error) {
    if (error instanceof NoAnswer && error.why === 'absent') return stopped(name)
    throw error instanceof NoAnswer ? described(error, socket) : error
  }
}

/**
 * Prints the widget for ever, and what it looks like while there is none. Never resolves: it ends with its reader, or when it is
 * killed. Throws TallyError where the daemon knows no such widget.
 */
export async function follow(
  name: Name,
  at: Pick<Surrounding, 'paths' | 'screen'>,
  beatMs = BEAT_MS,
): Promise<never> {
  const { paths, screen } = at
  const again = () => one(name, paths.socket).then((text) => screen.raw(text))
  // What cannot be had now is printed when it can.
  const beat = setInterval(() => void again().catch(() => undefined), beatMs)
  try {
    return await untilRefused(name, at)
  } finally {
    clearInterval(beat)
  }
}

async function untilRefused(
  name: Name,
  { paths, screen }: Pick<Surrounding, 'paths' | 'screen'>,
): Promise<never> {
  let wait = FIRST_WAIT_MS
  let isShown = false
  let goneAt: number | null = null
  const take = async (piece: string): Promise<void> => {
    wait = FIRST_WAIT_MS
    isShown = false
    goneAt = null
    await screen.raw(piece)
  }
  for (;;) {
    let isFull = false
    try {
      await streamed(paths.socket, `/widgets/${name}?follow=1`, take)
    } catch (error) {
      if (error instanceof NotStreamed && error.status === 404) throw unknownThere(name)
      // A daemon that has no room says so with 503, one that is starting or ending with nothing at all.
      if (!(error instanceof NoAnswer || error instanceof NotStreamed)) throw error
      isFull = error instanceof NotStreamed
    }
    // The bar keeps what it shows, so once is enough.
    if (!isShown) await screen.raw(isFull ? busy(name) : stopped(name))
    isShown = true
    goneAt ??= performance.now()
    await sleep(wait * (0.5 + Math.random() / 2))
    const mayBeRestart = !isFull && performance.now() - goneAt < RESTART_MS
    wait = mayBeRestart ? FIRST_WAIT_MS : Math.min(LONGEST_WAIT_MS, 2 * wait)
  }
}

function stopped(name: Name): string {
  return `${WIDGETS[name].stopped}\n`
}

/** It runs, and has no room for one more. */
function busy(name: Name): string {
  return stopped(name)
    .replaceAll('tallyd is not running', 'tallyd is busy')
    .replaceAll('tallyctl start', 'tallyctl status')
}

function unknownThere(name: Name): TallyError {
  return new TallyError(
    'internalError',
    `the tallyd that runs knows no widget ${name}`,
    'restart it: tallyctl stop && tallyctl start',
  )
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
