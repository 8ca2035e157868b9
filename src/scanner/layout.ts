// Where things lie in the memory that is shared with JavaScript; src/daemon/usage/sources/scanner.ts holds the same numbers.

/** What was found is written here, record behind record. */
export const FOUND: usize = 64 << 10
export const FOUND_END: usize = 192 << 10
/** The bytes of a log, as JavaScript read them. */
export const WINDOW: usize = 256 << 10
