// `tallyctl paths [NAME]`: every file and folder of this instance; without a daemon those that the contract knows; with a name that path alone.
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Result } from '../../contract/methods.ts'
import { isNoDaemon } from '../connection/errors.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'

export const paths: Command = async (asked, at) => {
  const local: Result<'daemon.paths'> = { paths: { ...at.paths } }
  const result = await at.daemon.call('daemon.paths', {}).catch((error: unknown) => {
    if (isNoDaemon(error)) return local
    throw error
  })
  const [name] = asked.words
  if (name !== undefined) {
    const path = Object.hasOwn(result.paths, name) ? result.paths[name] : undefined
    if (path === undefined) {
      const known = Object.keys(result.paths).join(', ')
      throw new TallyError('wrongUsage', `there is no path ${name}`, `there are ${known}`)
    }
    if (asked.has('json')) await at.screen.json({ paths: { [name]: path } })
    else await at.screen.answer(path)
    return EXIT.ok
  }
  if (asked.has('json')) {
    await at.screen.json(result)
    return EXIT.ok
  }
  const rows = Object.entries(result.paths)
  const longest = rows.reduce((most, [each]) => Math.max(most, each.length), 0)
  await at.screen.answer(...rows.map(([each, path]) => `${clean(each).padEnd(longest)}   ${clean(path)}`))
  return EXIT.ok
}
