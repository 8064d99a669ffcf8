/** Frames of a stack: enough to reach the caller of a Node function through several wrappers. */
const depth = 30

// Taken now: without them, a changed `Error` would stay changed.
const { defineProperty, deleteProperty, getOwnPropertyDescriptor } = Reflect

/**
 * The call sites of the current stack, the innermost first. The application can replace how stack
 * traces are built. `callSites` bypasses the replacement and restores the replacement afterwards.
 * The list is empty if `Error` cannot be changed.
 */
export function callSites(): readonly NodeJS.CallSite[] {
  const limit = getOwnPropertyDescriptor(Error, 'stackTraceLimit')
  const prepare = getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  try {
    const isChanged =
      define('stackTraceLimit', depth) && define('prepareStackTrace', (_error, sites) => sites)
    if (!isChanged) return []
    const stack: unknown = new Error('call sites').stack
    return Array.isArray(stack) ? stack : []
  } catch {
    // The application can replace `Error`.
    return []
  } finally {
    restore('stackTraceLimit', limit)
    restore('prepareStackTrace', prepare)
  }
}

const plain = { configurable: true, enumerable: true, writable: true } as const

/**
 * Keeps the attributes of a present value. With other attributes, V8 makes `Error` a hash table,
 * and each `instanceof Error` of the process becomes slower. Node runs one for each request.
 */
function define(name: string, value: Value): boolean {
  const before = getOwnPropertyDescriptor(Error, name)
  const isValue = before !== undefined && 'value' in before
  return defineProperty(Error, name, isValue ? { value } : { ...plain, value })
}

/** A limit, or a function that makes a stack. */
type Value = number | ((error: unknown, sites: unknown) => unknown)

function restore(name: string, descriptor: PropertyDescriptor | undefined): void {
  if (descriptor) defineProperty(Error, name, descriptor)
  else deleteProperty(Error, name)
}
