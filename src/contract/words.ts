// The words of usage.* as plain lists: without TypeBox, because programs bundle them.

/** What rows can be grouped by. `tool` counts tool calls and knows neither model, activity nor money. */
export const GROUPINGS = ['day', 'hour', 'agent', 'model', 'activity', 'tool', 'device'] as const
export const RANGES = ['today', 'week', 'month', 'all'] as const
export const ACTIVITIES = [
  'conversation',
  'exploring',
  'planning',
  'delegating',
  'git',
  'building',
  'testing',
  'coding',
  'debugging',
] as const
/** Who sees whose totals once paired: both, only this device the other's, only the other this device's. */
export const DIRECTIONS = ['mutual', 'read', 'give'] as const
export const FRESHNESSES = ['live', 'cached', 'never'] as const
