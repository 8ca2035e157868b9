// Form-encoded requests as OAuth has them: RFC 6749 §3.1 and appendix B. Strict, and bounded by the listener.

/** RFC 6749 §5.2, and what RFC 8628 and RFC 7009 add. Its message may be shown to whoever asked. */
export class OAuthFailure extends Error {
  readonly status: number
  readonly error: string
  readonly retryAfter: number | null

  /** `retryAfter` in seconds. */
  constructor(error: string, describes: string, { status = 400, retryAfter = null as number | null } = {}) {
    super(describes)
    this.error = error
    this.status = status
    this.retryAfter = retryAfter
  }
}

/** More are none of ours. */
const PARAMETERS_CAP = 32

/** The parameters; those without a value are left out. Throws OAuthFailure invalid_request. */
export function readForm(contentType: string | undefined, body: unknown): ReadonlyMap<string, string> {
  const [type = ''] = (contentType ?? '').split(';', 1)
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    throw new OAuthFailure('invalid_request', 'the content type is application/x-www-form-urlencoded')
  }
  const found = new Map<string, string>()
  let count = 0
  for (const [name, value] of new URLSearchParams(typeof body === 'string' ? body : '')) {
    if (++count > PARAMETERS_CAP)
      throw new OAuthFailure('invalid_request', `${PARAMETERS_CAP} parameters at most`)
    if (found.has(name)) throw new OAuthFailure('invalid_request', 'a parameter stands there twice')
    found.set(name, value)
  }
  return new Map([...found].filter(([, value]) => value !== ''))
}

/** A parameter that has to be there. Throws OAuthFailure invalid_request. */
export function needed(form: ReadonlyMap<string, string>, name: string): string {
  const value = form.get(name)
  if (value === undefined) throw new OAuthFailure('invalid_request', `${name} is missing`)
  return value
}

/** At most `longest` characters. Throws OAuthFailure invalid_request. */
export function bounded(value: string, name: string, longest: number): string {
  if (value.length > longest) throw new OAuthFailure('invalid_request', `${name} is too long`)
  return value
}
