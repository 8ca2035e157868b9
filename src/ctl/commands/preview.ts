// `tallyctl preview [DEVICE]`: byte for byte what a paired device would receive if it asked for everything.
import { EXIT } from '../../contract/errors.ts'
import type { Command } from './command.ts'

export const preview: Command = async (asked, at) => {
  const [device] = asked.words
  const result = (await at.daemon.callAny('devices.preview', device === undefined ? {} : { device })) as {
    preview: unknown
  }
  await at.screen.raw(`${JSON.stringify(result.preview)}\n`)
  return EXIT.ok
}
