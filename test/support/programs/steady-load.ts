import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { messageOf } from '../../../src/support/error-message.ts'

export interface SteadyLoad {
  /** Ends the load after every open request is complete. */
  readonly stop: () => Promise<{ readonly completed: number; readonly failures: readonly string[] }>
  readonly completed: () => number
}

/** Sends load until `act` ends or throws. @returns the outcome of the requests. */
export async function underLoad(
  { port, connections }: { readonly port: number; readonly connections: number },
  act: (load: SteadyLoad) => Promise<void>,
): ReturnType<SteadyLoad['stop']> {
  const load = steadyLoad(port, connections)
  try {
    await act(load)
  } finally {
    await load.stop()
  }
  return await load.stop()
}

/** Sends requests without pause over keep-alive connections, as a proxy does, until `stop()`. */
export function steadyLoad(port: number, connections: number): SteadyLoad {
  let isOn = true
  let completed = 0
  const failures: string[] = []
  const lanes = Array.from({ length: connections }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    // A port without a listener refuses connections immediately.
    while (isOn && failures.length < mostFailures) {
      try {
        await send(port, agent)
        completed += 1
      } catch (error) {
        failures.push(messageOf(error))
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

/** Failures that end the load. */
const mostFailures = 10_000

/** A request without a response within this time is a failure. */
const patienceMs = 20_000

async function send(port: number, agent: Agent): Promise<void> {
  const message = request({ host: '127.0.0.1', port, path: '/', agent, timeout: patienceMs })
  message.once('timeout', () => message.destroy(new Error(`no answer in ${patienceMs} ms`)))
  message.end()
  const [response] = await once(message, 'response')
  response.resume()
  await once(response, 'end')
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
}
