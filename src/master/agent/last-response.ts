import type { ServerResponse } from 'node:http'
import { apply } from '../../support/intrinsics/apply.ts'

/** The internal method at the end of every way to write headers. */
interface HeaderWriter {
  readonly _storeHeader?: (head: string, headers: unknown) => void
}

/**
 * Makes a response the last response on its connection. `shouldKeepAlive` alone does not: Node.js
 * ignores the flag when the application sends `Connection: keep-alive`, as proxies and event
 * streams do.
 * @param onFault called with the part that met an error. Must not throw.
 */
export function closeAfter(response: ServerResponse, onFault: (part: string) => void): void {
  response.shouldKeepAlive = false
  const { _storeHeader: store } = response as HeaderWriter
  if (typeof store !== 'function' || response.headersSent) return
  Object.defineProperty(response, '_storeHeader', {
    configurable: true,
    enumerable: false,
    writable: true,
    value(head: string, headers: unknown) {
      response.shouldKeepAlive = false
      let kept = headers
      try {
        kept = withoutKeepAlive(response, headers)
      } catch {
        onFault('headers')
      }
      return apply(store, response, [head, kept])
    },
  })
}

/** Without a `Connection` header, Node.js adds `Connection: close`. */
function withoutKeepAlive(response: ServerResponse, headers: unknown): unknown {
  const value = response.getHeader('connection')
  if (value === undefined) return Array.isArray(headers) ? cutList(headers) : cutObject(headers)
  // Here, `headers` is Node's own table of headers: a change counts, and a removal counts too.
  if (isKeepAlive('connection', value)) response.setHeader('Connection', 'close')
  return headers
}

function cutObject(headers: unknown): unknown {
  if (typeof headers !== 'object' || headers === null) return headers
  const entries = Object.entries(headers)
  if (!entries.some(([name, value]) => isKeepAlive(name, value))) return headers
  return Object.fromEntries(entries.filter(([name, value]) => !isKeepAlive(name, value)))
}

/** A list of pairs, or of names and values in turn. */
function cutList(headers: readonly unknown[]): readonly unknown[] {
  if (Array.isArray(headers[0])) {
    return headers.filter((pair) => !(Array.isArray(pair) && isKeepAlive(pair[0], pair[1])))
  }
  return headers.filter((_, index) => {
    const at = index - (index % 2)
    return !isKeepAlive(headers[at], headers[at + 1])
  })
}

function isKeepAlive(name: unknown, value: unknown): boolean {
  return (
    String(name).toLowerCase() === 'connection' && !/\b(?:close|upgrade)\b/i.test(String(value))
  )
}
