import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestEnd, RequestFacts } from '../../src/model/request/request-end.ts'

/** The end of a request of HTTP/1, as the collector tells the end. */
export function endOf(facts: Partial<RequestFacts>, head: object = {}): RequestEnd {
  const request = { method: 'GET', headers: {}, socket: { remoteAddress: '10.0.0.1' }, ...head }
  const response = { getHeader: () => undefined, _header: 'HTTP/1.1 200 OK\r\nX-Id: 7\r\n\r\n' }
  return {
    kind: 'http1',
    request: request as unknown as IncomingMessage,
    response: response as unknown as ServerResponse,
    facts: {
      target: '/a/b?c=d&e',
      status: 200,
      abort: undefined,
      seconds: 1.234_567_8,
      responseBytes: 0,
      route: undefined,
      version: 1,
      ...facts,
    },
  }
}
