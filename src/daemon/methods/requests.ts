// requests.*: whatever waits for the owner's yes.
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

export function requestsHandlers({ requests }: Parts): HandlersOf<'requests'> {
  return {
    'requests.list': () => ({ requests: requests.list() }),
    'requests.approve': ({ id, digits }) => ({ approved: requests.approve(id, digits ?? null) }),
    'requests.deny': ({ id }) => ({ denied: requests.deny(id) }),
  }
}
