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
    define('stackTraceLimit', { ...plain, value: depth })
    define('prepareStackTrace', { ...plain, value: (_error: unknown, sites: unknown) => sites })
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

function define(name: string, descriptor: PropertyDescriptor): void {
  Object.defineProperty(Error, name, descriptor)
}

function restore(name: string, descriptor: PropertyDescriptor | undefined): void {
  if (descriptor) Reflect.defineProperty(Error, name, descriptor)
  else Reflect.deleteProperty(Error, name)
}
