import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import { topLimits } from '../../../limits/tools/top.ts'
import { connectionFailure } from './connection-failure.ts'
import type { Target } from './target.ts'
import { TopFailure } from './top-failure.ts'

export interface ConnectionOptions {
  readonly target: Target
  /** The header; undefined without credentials. */
  readonly authorization: string | undefined
  readonly tls: SecureContextOptions & { readonly rejectUnauthorized: boolean }
}

/** An answer of any status. */
export interface Answer {
  readonly status: number
  /** The media type, in lower case; empty without the header. */
  readonly type: string
  readonly location: string | undefined
  readonly body: string
}

/**
 * Asks one exporter. Follows no redirect: the credentials are for this address only.
 */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #agent: HttpAgent | HttpsAgent

  constructor(options: ConnectionOptions) {
    this.#options = options
    const kept = { keepAlive: true, maxSockets: 1 }
    const { protocol } = options.target
    this.#agent =
      protocol === 'https:' ? new HttpsAgent({ ...kept, ...options.tls }) : new HttpAgent(kept)
  }

  /** @throws TopFailure without a whole answer. */
  async get(path: string): Promise<Answer> {
    const { target } = this.#options
    try {
      return await this.#get(path)
    } catch (error) {
      if (error instanceof TopFailure) throw error
      throw new TopFailure(connectionFailure(error, target), { cause: error })
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  async #get(path: string): Promise<Answer> {
    const { target, authorization } = this.#options
    const { protocol, host, port, socketPath } = target
    const place = socketPath === undefined ? { host, port } : { socketPath }
    const options = {
      ...place,
      path: `${target.path}${path}`,
      agent: this.#agent,
      headers: {
        Accept: 'application/json, text/plain;version=0.0.4;q=0.9, */*;q=0.1',
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      },
      signal: AbortSignal.timeout(topLimits.responseMs),
    }
    const start = protocol === 'https:' ? httpsRequest : httpRequest
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      start(options, resolve).on('error', reject).end()
    })
    return {
      status: response.statusCode ?? 0,
      type: (response.headers['content-type'] ?? '').toLowerCase(),
      location: response.headers.location,
      body: await bodyOf(response, target),
    }
  }
}

async function bodyOf(response: IncomingMessage, { shown }: Target): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > topLimits.responseBytes) {
      response.destroy()
      throw new TopFailure(
        `The answer of ${shown} is larger than ${topLimits.responseBytes} bytes. ` +
          'Give the URL of an exporter, or lower PROMETHEUS_MAX_SERIES there.',
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
