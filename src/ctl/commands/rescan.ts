// `tallyctl rescan`: looks at every log file now.
import { EXIT } from '../../contract/errors.ts'
import { counted, duration } from '../terminal/figures.ts'
import type { Command } from './command.ts'

export const rescan: Command = async (asked, at) => {
  const result = await at.daemon.call('usage.rescan', {})
  if (asked.has('json')) {
    await at.screen.json(result)
    return EXIT.ok
  }
  const { files, changed, lines, tookMs } = result.rescanned
  const news =
    changed === 0 ? 'nothing new' : `${counted(changed, 'file')} changed, ${counted(lines, 'new line')}`
  await at.screen.answer(`${counted(files, 'file')}: ${news}, in ${duration(tookMs)}`)
  return EXIT.ok
}
