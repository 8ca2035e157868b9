// The one module of node-forge that is used. Its published types describe only the package as a whole.
declare module 'node-forge/lib/asn1.js' {
  import type { asn1 as Asn1Module } from 'node-forge'

  const asn1: typeof Asn1Module
  export default asn1
}
