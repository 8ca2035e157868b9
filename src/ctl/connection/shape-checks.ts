// What the shapes of answers are made of: each says whether a value can be shown. Keys that are not known pass.

export type Check = (value: unknown) => boolean

export const text: Check = (value) => typeof value === 'string'
export const flag: Check = (value) => typeof value === 'boolean'
export const count: Check = (value) => Number.isInteger(value) && (value as number) >= 0
export const port: Check = (value) => count(value) && (value as number) >= 1 && (value as number) <= 65_535
export const amount: Check = (value) => Number.isFinite(value) && (value as number) >= 0

export const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)

export const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)

export const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every((each) => check(each))

export const pairOf =
  (check: Check): Check =>
  (value) =>
    listOf(check)(value) && (value as unknown[]).length === 2

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function object(fields: Readonly<Record<string, Check>>): Check {
  const checks = Object.entries(fields)
  return (value) => isObject(value) && checks.every(([name, check]) => check(value[name]))
}

export const mapOf =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every((each) => check(each))
