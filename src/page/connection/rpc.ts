// JSON-RPC 2.0 to the daemon that served this page.
import type { MethodName, Params, Result } from '../../contract/methods.ts'
import { Failure, failureIn } from './failure.ts'
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

/**
 * Calls one method with several parameters, in one request; the answers in their order, each for itself. Throws Failure where nothing was
 * answered.
 */
export async function callAll<M extends MethodName>(
  session: string,
  method: M,
  params: readonly Params<M>[],
): Promise<readonly (Result<M> | Failure)[]> {
  const requests = params.map((each, id) => ({ jsonrpc: '2.0', id, method, params: each }))
  const answer = await post('/rpc', JSON.stringify(requests), { authorization: `Bearer ${session}` })
  if (!Array.isArray(answer)) {
    throw failureIn(answer) ?? new Failure('tallyd gave no answer', 'run: tallyctl status')
  }
  const byId = new Map<unknown, unknown>(answer.map((each: { id?: unknown } | null) => [each?.id, each]))
  return params.map((_, id) => {
    const one = byId.get(id)
    const failure = failureIn(one)
    if (failure !== null) return failure
    const { result } = (one ?? {}) as { result?: Result<M> }
    return result ?? new Failure('tallyd gave no answer', 'run: tallyctl status')
  })
}
