// Names from logs, hosts and other people, made safe to keep and to show.

/**
 * Without control, format and line-separating characters (Unicode Cc, Cf, Zl, Zp), each replaced by `instead`. ASCII, which
 * nearly every name is, never asks for Unicode's tables: loading them costs a process 5 MB.
 */
export function printable(text: string, instead: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, instead)
}
