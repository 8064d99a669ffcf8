import { once } from 'node:events'
import { Agent, request } from 'node:http'

export interface SteadyLoad {
  /** Ends the load; every request under way is completed. */
  readonly stop: () => Promise<{ readonly completed: number; readonly failures: readonly string[] }>
  readonly completed: () => number
}

/** Requests without pause over keep-alive connections, as a proxy makes them, until it is stopped. */
export function steadyLoad(port: number, connections: number): SteadyLoad {
  let isOn = true
  let completed = 0
  const failures: string[] = []
  const lanes = Array.from({ length: connections }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (isOn) {
      try {
        await send(port, agent)
        completed += 1
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error))
      }
    }
    agent.destroy()
  })
  return {
    completed: () => completed,
    async stop() {
      isOn = false
      await Promise.all(lanes)
      return { completed, failures }
    },
  }
}

async function send(port: number, agent: Agent): Promise<void> {
  const message = request({ host: '127.0.0.1', port, path: '/', agent })
  message.end()
  const [response] = await once(message, 'response')
  response.resume()
  await once(response, 'end')
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
}
