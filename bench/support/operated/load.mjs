import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const patienceMs = 20_000

/** Eight lanes with keep-alive and four without, until `stop()`. */
export function operatedLoad(address, { keepAliveLanes = 8, closeLanes = 4, pauseMs = 5 } = {}) {
  const load = { isOn: true, completed: 0, failures: new Map(), gapMs: 0, lastAt: undefined }
  const agents = [
    ...Array.from({ length: keepAliveLanes }, () => new Agent({ keepAlive: true, maxSockets: 1 })),
    ...Array.from({ length: closeLanes }, () => new Agent()),
  ]
  const lanes = agents.map(async (agent) => {
    while (load.isOn) {
      const failure = await send(address, agent)
      if (failure === undefined) note(load)
      else load.failures.set(failure, (load.failures.get(failure) ?? 0) + 1)
      await sleep(pauseMs)
    }
    agent.destroy()
  })
  return {
    completed: () => load.completed,
    failed: () => [...load.failures.values()].reduce((sum, count) => sum + count, 0),
    async stop() {
      load.isOn = false
      await Promise.all(lanes)
      return { ...load, failed: this.failed() }
    },
  }
}

/** The longest time without any response. */
function note(load) {
  const now = performance.now()
  load.completed += 1
  load.gapMs = Math.max(load.gapMs, now - (load.lastAt ?? now))
  load.lastAt = now
}

function send(address, agent) {
  return new Promise((resolve) => {
    const message = request({ ...address, path: '/', agent, timeout: patienceMs })
    message.once('timeout', () => message.destroy(new Error('timeout')))
    message.once('error', ({ code, message: text }) => resolve(code ?? text))
    message.once('response', (response) => {
      response.once('error', ({ code, message: text }) => resolve(code ?? text))
      response.once('end', () => resolve(response.statusCode === 200 ? undefined : 'status'))
      response.resume()
    })
    message.end()
  })
}
