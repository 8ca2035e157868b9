// `tallyctl paths`: every file and folder of this instance; without a daemon those that the contract knows.
import { EXIT } from '../../contract/errors.ts'
import { call, isNoDaemon } from '../connection/rpc.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'

export const paths: Command = async (asked, at) => {
  const result = await call(at.paths.socket, 'daemon.paths', {}).catch((error: unknown) => {
    if (isNoDaemon(error)) return { paths: { ...at.paths } }
    throw error
  })
  if (asked.has('json')) {
    await at.screen.json(result)
    return EXIT.ok
  }
  const rows = Object.entries(result.paths)
  const longest = rows.reduce((most, [name]) => Math.max(most, name.length), 0)
  await at.screen.answer(...rows.map(([name, path]) => `${clean(name).padEnd(longest)}   ${clean(path)}`))
  return EXIT.ok
}
