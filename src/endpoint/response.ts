import { printable } from '../model/text/printable.ts'

/** A response of the endpoint. */
export interface EndpointResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: Buffer | string
}

/** A response with a sentence for a person. */
export function textResponse(
  status: number,
  text: string,
  headers: EndpointResponse['headers'] = {},
): EndpointResponse {
  const described = { 'Content-Type': 'text/plain; charset=utf-8', ...headers }
  return { status, headers: described, body: `${printable(text)}\n` }
}
