// What never stands in a log, wherever it came from: an error of a library may carry a whole request with it.

const HIDDEN = '[redacted]'

/** Each pattern of a secret, and what stays of it. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // Our own tokens by their prefix, and whatever else is 32 random bytes: device codes, launches, grants.
  [/\btallyds?_[A-Za-z0-9_-]{40,}/g, HIDDEN],
  [/(?<![\w/+-])[A-Za-z0-9_-]{43}(?![\w/+=-])/g, HIDDEN],
  [/\b(Bearer|DPoP|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  // Headers and fields of JSON, also where quotes are escaped within a string; up to the end of the value.
  [
    /((?:\\*")?\b(?:authorization|cookie|set-cookie|x-api-key|client_secret|device_code|access_token|refresh_token|password|secret|privateKey|keyPem)(?:\\*")?\s*[:=]\s*(?:\\*")?)(?!\[redacted\])[^"\\\s,;}&]+(?:[ \t]+\[redacted\])?/gi,
    `$1${HIDDEN}`,
  ],
  // Addresses of people; what is only like one (pino@9.1.0) has no letters at its end.
  [/(?<![\w/.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w.-]*@)/g, HIDDEN],
  [/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(?:-----END \1-----|$)/g, HIDDEN],
]

/** The line without secrets. */
export function redacted(line: string): string {
  return SECRETS.reduce((text, [pattern, instead]) => text.replace(pattern, instead), line)
}
