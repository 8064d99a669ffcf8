import { Agent, request } from 'node:http'

const connections = 8

/** 400 requests. The failures are intended. */
const burst = [
  { count: 180, method: 'GET', path: () => '/' },
  { count: 40, method: 'GET', path: () => '/slow' },
  { count: 100, method: 'GET', path: (index) => `/users/${index}` },
  { count: 50, method: 'POST', path: () => '/echo', body: 'x'.repeat(2_000) },
  { count: 16, method: 'GET', path: () => '/fail' },
  { count: 10, method: 'GET', path: () => '/nope' },
  { count: 4, method: 'POST', path: () => '/echo', isAborted: true },
]

/** Sends the burst over keep-alive connections. Resolves with the responses that the client saw. */
export async function sendBurst({ port }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const queue = shuffled(burst).values()
  const statuses = []
  const connection = async () => {
    for (const planned of queue) statuses.push(await send(planned, { port, agent }))
  }
  try {
    await Promise.all(Array.from({ length: connections }, connection))
  } finally {
    agent.destroy()
  }
  const failed = statuses.filter((status) => status === 'aborted' || status >= 400).length
  return { requests: statuses.length, failed, connections }
}

/** Every kind spread evenly over the burst. */
function shuffled(kinds) {
  const all = kinds.flatMap((kind) =>
    Array.from({ length: kind.count }, (_, index) => ({
      ...kind,
      path: kind.path(index),
      place: (index + 0.5) / kind.count,
    })),
  )
  return all.sort((one, other) => one.place - other.place)
}

/** Resolves with the answer's status, or `aborted`. */
function send({ method, path, body, isAborted }, { port, agent }) {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, agent, method, path }, (response) => {
      // The response has begun, so the server knows the request that the client aborts now.
      if (isAborted) return resolve('aborted', outgoing.destroy())
      response.resume()
      response.on('end', () => resolve(response.statusCode))
      response.on('error', reject)
    })
    outgoing.on('error', reject)
    if (isAborted) outgoing.write('half a body')
    else outgoing.end(body)
  })
}
