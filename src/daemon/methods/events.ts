// events.*: subscriptions, which belong to the connection that asks.
import { TallyError } from '../../contract/errors.ts'
import type { EventName } from '../../contract/events.ts'
import { covers, EVENT_SCOPES, type Scope } from '../../contract/scope-words.ts'
import { isOwners } from './askers.ts'
import type { AskerIdentity, Call, HandlersOf, Subscriptions } from './handlers.ts'

export function eventsHandlers(): HandlersOf<'events'> {
  return {
    'events.subscribe': async (wanted, call) => {
      refuseNarrow(call.asker, wanted.event)
      return {
        subscribed: { subscription: await subscriptionsOf(call).subscribe(wanted), event: wanted.event },
      }
    },
    'events.unsubscribe': ({ subscription }, call) => ({
      unsubscribed: { subscription, existed: subscriptionsOf(call).unsubscribe(subscription) },
    }),
  }
}

/** Throws TallyError notAllowed where the asker is not the owner and lacks what the event needs. */
function refuseNarrow(asker: AskerIdentity, event: EventName): void {
  if (isOwners(asker)) return
  const needed = (EVENT_SCOPES as Partial<Record<EventName, Scope>>)[event]
  if (needed === undefined || !covers(asker.scopes, needed)) throw new TallyError('notAllowed', event)
}

function subscriptionsOf(call: Call): Subscriptions {
  if (call.subscriptions === undefined) throw new TallyError('needsSubscription')
  return call.subscriptions
}
