import { once } from 'node:events'
import { Agent, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly body: string
}

/** One request on a new connection, so that the cluster spreads requests over its workers. */
export async function get(port: number, path: string): Promise<Answer> {
  return await send({ port, path, agent: false })
}

export interface LoadOptions {
  readonly port: number
  readonly paths: readonly string[]
  readonly count: number
  readonly connections: number
  /** Methods to use in turn. Default: GET. */
  readonly methods?: readonly string[]
}

/** Completes `count` requests over keep-alive connections. Returns the responses by status. */
export async function load({
  port,
  paths,
  count,
  connections,
  methods = ['GET'],
}: LoadOptions): Promise<Map<number, number>> {
  const statuses = new Map<number, number>()
  let left = count
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      while (left > 0) {
        left -= 1
        const path = paths[left % paths.length] ?? '/'
        const method = methods[left % methods.length] ?? 'GET'
        const { status } = await send({ port, path, method, agent })
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
      agent.destroy()
    }),
  )
  return statuses
}

async function send(options: {
  port: number
  path: string
  method?: string
  agent: Agent | false
}): Promise<Answer> {
  const message = request({ host: '127.0.0.1', ...options })
  message.end()
  const [response] = await once(message, 'response')
  let body = ''
  for await (const data of response) body += String(data)
  return { status: response.statusCode, body }
}
