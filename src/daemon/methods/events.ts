// events.*: subscriptions, which belong to the connection that asks.
import { TallyError } from '../../contract/errors.ts'
import type { Call, HandlersOf, Subscriptions } from './handlers.ts'

export function eventsHandlers(): HandlersOf<'events'> {
  return {
    'events.subscribe': async (wanted, call) => ({
      subscribed: { subscription: await subscriptionsOf(call).subscribe(wanted), event: wanted.event },
    }),
    'events.unsubscribe': ({ subscription }, call) => ({
      unsubscribed: { subscription, existed: subscriptionsOf(call).unsubscribe(subscription) },
    }),
  }
}

function subscriptionsOf(call: Call): Subscriptions {
  if (call.subscriptions === undefined) throw new TallyError('needsSubscription')
  return call.subscriptions
}
