import { get } from 'node:http'

/**
 * The body of a response with status 200.
 * @param options.agent false = a connection of its own.
 */
export function fetchText(port, path, { patienceMs, agent = false }) {
  return new Promise((resolve, reject) => {
    const asked = get(
      { host: '127.0.0.1', port, path, agent, timeout: patienceMs },
      async (response) => {
        const body = Buffer.concat(await response.toArray()).toString()
        if (response.statusCode === 200) resolve(body)
        else reject(new Error(`status ${response.statusCode}`))
      },
    )
    asked.on('timeout', () => asked.destroy(new Error('no answer')))
    asked.on('error', reject)
  })
}
