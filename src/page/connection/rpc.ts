// JSON-RPC 2.0 to the daemon that served this page.
import type { MethodName, Params, Result } from '../../contract/methods.ts'
import { failureIn } from './failure.ts'
import { post } from './session.ts'

/** Calls one method. Throws Failure; `is('unauthorized')` where the session has ended. */
export async function call<M extends MethodName>(
  session: string,
  method: M,
  params: Params<M>,
): Promise<Result<M>> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const answer = await post('/rpc', body, { authorization: `Bearer ${session}` })
  const failure = failureIn(answer)
  if (failure !== null) throw failure
  return (answer as { result: Result<M> }).result
}
