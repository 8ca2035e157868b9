// Typed, past-tense events between the daemon's parts. Synchronous: an emitter returns when all have heard.
import { EventEmitter } from 'node:events'

export interface BusEvents {
  /** Totals changed: something was counted, or prices did. */
  usageChanged: []
  /** A limit of an account was observed, or whose account it is changed. */
  quotasChanged: []
  /** More was spent of a budget, or a threshold was crossed. */
  budgetsChanged: []
  /** An invitation was opened, used, tried or ended. */
  pairingChanged: []
  /** These tokens open nothing any more. */
  tokensEnded: [ids: readonly string[]]
  /** This device is logged in somewhere, asks to be, or is not any more. */
  loginsChanged: []
  /** A window for a display was opened, tried or ended. */
  displaysChanged: []
  transfersChanged: []
  /** Something was recorded in the audit log. */
  auditAdded: []
  /** Something waits for the owner, or waits no more. */
  requestsChanged: []
  /** The machine slept, this process was stopped, or the clock was set. */
  woken: []
  /** Readiness, progress or a count of the index changed. */
  statusChanged: []
}

export type Bus = EventEmitter<BusEvents>

export function createBus(): Bus {
  return new EventEmitter<BusEvents>()
}
