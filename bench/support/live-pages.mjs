import { Agent, request } from 'node:http'
import { getPriority, setPriority } from 'node:os'
import { gunzip } from 'node:zlib'
import { answer } from './answer.mjs'
import { quantile } from './statistics.mjs'

/*
 * Open live pages: each page has a keep-alive connection, asks for gzip and for newer samples, and
 * pauses as long as the document says. Browsers run on other machines, hence the lower priority.
 */

setPriority(getPriority() + 10)

let stop

answer({ ready: () => true, begin, end: () => stop() })

function begin({ port, count }) {
  const [latencies, failures] = [[], []]
  const timers = new Set()
  const began = performance.now()
  const agents = Array.from({ length: count }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
  let isOver = false
  for (const [index, agent] of agents.entries()) {
    let since = 0
    const poll = async () => {
      const at = performance.now()
      let pauseMs = 1_000
      try {
        const { history, pollSeconds } = await ask({ port, agent, path: `/live?since=${since}` })
        latencies.push(performance.now() - at)
        since = history.last
        pauseMs = 1_000 * pollSeconds
      } catch (error) {
        if (!isOver) failures.push(String(error))
      }
      if (!isOver) later(poll, pauseMs)
    }
    later(poll, (1_000 * index) / count)
  }
  function later(act, ms) {
    const timer = setTimeout(() => {
      timers.delete(timer)
      act()
    }, ms)
    timers.add(timer)
  }
  stop = () => {
    isOver = true
    for (const timer of timers) clearTimeout(timer)
    for (const agent of agents) agent.destroy()
    return {
      perSecond: (1_000 * latencies.length) / (performance.now() - began),
      p50: quantile(latencies, 0.5),
      p95: quantile(latencies, 0.95),
      failures: failures.slice(0, 3),
    }
  }
}

function ask({ port, agent, path }) {
  return new Promise((resolve, reject) => {
    const headers = { 'accept-encoding': 'gzip' }
    const message = request({ host: '127.0.0.1', port, path, agent, headers }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        gunzip(Buffer.concat(chunks), (error, text) => {
          if (error) reject(error)
          else resolve(JSON.parse(text.toString()))
        })
      })
    })
    message.on('error', reject)
    message.end()
  })
}
