// `tallyctl call METHOD [JSON]`: any method, its result as JSON.
import { readFileSync } from 'node:fs'
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Command } from './command.ts'

export const call: Command = async (asked, at) => {
  const [method = '', given = '{}'] = asked.words
  const text = given === '-' ? readFileSync(0, 'utf8') : given
  await at.screen.json(await at.daemon.callAny(method, paramsIn(text)))
  return EXIT.ok
}

function paramsIn(text: string): unknown {
  let params: unknown
  try {
    params = JSON.parse(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new TallyError(
      'wrongUsage',
      `the params are not JSON: ${why}`,
      `use an object such as '{"range":"week"}'`,
    )
  }
  if (typeof params === 'object' && params !== null && !Array.isArray(params)) return params
  throw new TallyError(
    'wrongUsage',
    'the params are not a JSON object',
    `use an object such as '{"range":"week"}'`,
  )
}
