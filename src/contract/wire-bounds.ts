// Version and bounds of what travels between paired devices, as plain numbers: without TypeBox, because the daemon needs
// them while it runs.

/** Version of everything in wire.ts; a device that does not know a version says so and keeps what it has. */
export const WIRE_VERSION = 1

/** Bounds of one answer, and of what is kept of one device; real histories of three years have about 25,000 buckets and 20 names. */
export const WIRE = {
  /** Bytes of an answer's body. */
  bytes: 32 * 1024 * 1024,
  buckets: 250_000,
  toolCalls: 250_000,
  names: 5_000,
  nameLength: 100,
  agents: 32,
  activities: 16,
  /** Windows of accounts: more than anybody has. */
  quotas: 16,
  /** Seconds of the longest window: a month. */
  longestWindow: 31 * 86_400,
  /** Prompt bands that version 1 has. */
  bands: 6,
  /** Quarter-hours since 1970: 2020-01-01 and 2120-01-01. */
  firstQuarter: 1_753_152,
  lastQuarter: 5_259_456,
} as const
