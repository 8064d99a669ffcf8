/** An answer of the endpoint. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: Buffer | string
}

/** A sentence for whoever asked. */
export function sentence(status: number, text: string, headers: Answer['headers'] = {}): Answer {
  const described = { 'Content-Type': 'text/plain; charset=utf-8', ...headers }
  return { status, headers: described, body: `${text}\n` }
}
