/** Frames of a stack: enough to reach the caller of a Node function through several wrappers. */
const depth = 30

/**
 * The call sites of the current stack, the innermost first. The application can replace how stack
 * traces are built. `callSites` bypasses the replacement and restores the replacement afterwards.
 * The list is empty if `Error` cannot be changed.
 */
export function callSites(): readonly NodeJS.CallSite[] {
  const kept = ['stackTraceLimit', 'prepareStackTrace'].map(
    (name) => [name, Object.getOwnPropertyDescriptor(Error, name)] as const,
  )
  try {
    define('stackTraceLimit', depth)
    define('prepareStackTrace', (_error: unknown, sites: unknown) => sites)
    const stack: unknown = new Error('call sites').stack
    return Array.isArray(stack) ? stack : []
  } catch {
    // The application can freeze `Error`.
    return []
  } finally {
    for (const [name, descriptor] of kept) restore(name, descriptor)
  }
}

const plain = { configurable: true, enumerable: true, writable: true } as const

/**
 * Keeps the attributes of a present value. With other attributes, V8 makes `Error` a hash table,
 * and each `instanceof Error` of the process becomes slower. Node runs one for each request.
 */
function define(name: string, value: unknown): void {
  const before = Object.getOwnPropertyDescriptor(Error, name)
  const isValue = before !== undefined && 'value' in before
  Object.defineProperty(Error, name, isValue ? { value } : { ...plain, value })
}

function restore(name: string, descriptor: PropertyDescriptor | undefined): void {
  if (descriptor) Reflect.defineProperty(Error, name, descriptor)
  else Reflect.deleteProperty(Error, name)
}
