/** Far enough to see who called a function of Node's, through what others have wrapped around it. */
const depth = 30

/**
 * Who called whom, the nearest first. What the application has made of stack traces is neither used nor
 * left changed; empty where it cannot be put aside.
 */
export function callSites(): readonly NodeJS.CallSite[] {
  const kept = ['stackTraceLimit', 'prepareStackTrace'].map(
    (name) => [name, Object.getOwnPropertyDescriptor(Error, name)] as const,
  )
  try {
    put('stackTraceLimit', { ...plain, value: depth })
    put('prepareStackTrace', { ...plain, value: (_error: unknown, sites: unknown) => sites })
    const { stack } = new Error('Who calls?') as { stack?: unknown }
    return Array.isArray(stack) ? stack : []
  } catch {
    // Frozen, for one.
    return []
  } finally {
    for (const [name, descriptor] of kept) restore(name, descriptor)
  }
}

const plain = { configurable: true, enumerable: true, writable: true } as const

function put(name: string, descriptor: PropertyDescriptor): void {
  Object.defineProperty(Error, name, descriptor)
}

function restore(name: string, descriptor: PropertyDescriptor | undefined): void {
  if (descriptor) Reflect.defineProperty(Error, name, descriptor)
  else Reflect.deleteProperty(Error, name)
}
