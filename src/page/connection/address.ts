// The address of this tab, which holds neither secret nor link any more once it was read.
import { type Arrival, arrivalOf } from './arrival.ts'

/** Reads the address and takes the launch and the link out of it. */
export function takeArrival(): Arrival {
  const arrival = arrivalOf(location.href)
  if (arrival.launch !== null || arrival.link !== null) history.replaceState(null, '', arrival.clean)
  return arrival
}
