// `tallyctl call METHOD [JSON]`: any method, its result as JSON.
import { readFileSync } from 'node:fs'
import { EXIT, TallyError } from '../../contract/errors.ts'
import { METHOD_TABLE, type MethodRow } from '../../contract/generated/client.ts'
import type { Command } from './command.ts'

export const call: Command = async (asked, at) => {
  const [method = '', given = '{}'] = asked.words
  if (given !== '-' && takesSecret(method)) {
    throw new TallyError(
      'wrongUsage',
      'secrets are not taken from the command line, where every program of this machine can read them',
      `give the params on standard input: tallyctl call ${method} -`,
    )
  }
  const text = given === '-' ? readFileSync(0, 'utf8') : given
  await at.screen.json(await at.daemon.callAny(method, paramsIn(text, takesSecret(method))))
  return EXIT.ok
}

/** Names of params in which secrets come. */
const SECRET_PARAMS = ['secret', 'fields', 'passphrase']

function takesSecret(method: string): boolean {
  const row: MethodRow | undefined = Object.hasOwn(METHOD_TABLE, method)
    ? METHOD_TABLE[method as keyof typeof METHOD_TABLE]
    : undefined
  return row?.secret === true && row.params.some((name) => SECRET_PARAMS.includes(name))
}

function paramsIn(text: string, isSecret: boolean): unknown {
  let params: unknown
  try {
    params = JSON.parse(text)
  } catch (error) {
    // The parser repeats what it was given.
    const why = isSecret ? '' : `: ${error instanceof Error ? error.message : String(error)}`
    throw new TallyError(
      'wrongUsage',
      `the params are not JSON${why}`,
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
