// What is said of the one listener that speaks to the network unencrypted, as plain words because programs bundle them.

export function plainHttpSays(port: number): string {
  return `the snapshot is open unencrypted on port ${port}: whoever listens on the network reads it, and its tokens`
}
