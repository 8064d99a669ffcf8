import type { ServerResponse } from 'node:http'

/** What of Node's responses is used here: what all ways to say headers end in, with those to be written. */
interface Writing {
  readonly _storeHeader?: (head: string, headers: unknown) => void
}

/**
 * Makes a response the last one on its connection. `shouldKeepAlive` alone does not: Node ignores it where
 * the application says `Connection: keep-alive` itself, as proxies and event streams do.
 */
export function endWith(response: ServerResponse): void {
  response.shouldKeepAlive = false
  const { _storeHeader: store } = response as Writing
  if (typeof store !== 'function' || response.headersSent) return
  Object.defineProperty(response, '_storeHeader', {
    configurable: true,
    enumerable: false,
    writable: true,
    value(head: string, headers: unknown) {
      response.shouldKeepAlive = false
      return store.call(response, head, closing(response, headers))
    },
  })
}

/** Without a header that keeps the connection Node writes `Connection: close` by itself. */
function closing(response: ServerResponse, headers: unknown): unknown {
  const said = response.getHeader('connection')
  if (said === undefined) return Array.isArray(headers) ? cutList(headers) : cutObject(headers)
  // Here `headers` is what Node keeps of them: a change is seen there, a removal is taken at its word.
  if (keeps('connection', said)) response.setHeader('Connection', 'close')
  return headers
}

function cutObject(headers: unknown): unknown {
  if (typeof headers !== 'object' || headers === null) return headers
  const entries = Object.entries(headers)
  if (!entries.some(([name, value]) => keeps(name, value))) return headers
  return Object.fromEntries(entries.filter(([name, value]) => !keeps(name, value)))
}

/** Pairs, or names and values in turn. */
function cutList(headers: readonly unknown[]): readonly unknown[] {
  if (Array.isArray(headers[0]))
    return headers.filter((pair) => !(Array.isArray(pair) && keeps(pair[0], pair[1])))
  return headers.filter((_, index) => {
    const at = index - (index % 2)
    return !keeps(headers[at], headers[at + 1])
  })
}

function keeps(name: unknown, value: unknown): boolean {
  return (
    String(name).toLowerCase() === 'connection' && !/\b(?:close|upgrade)\b/i.test(String(value))
  )
}
