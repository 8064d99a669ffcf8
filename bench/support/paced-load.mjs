import { once } from 'node:events'
import { connect } from 'node:net'
import { answer } from './answer.mjs'
import { quantile } from './statistics.mjs'

/*
 * Sends requests at a fixed rate over keep-alive connections in turn. The latency of a request
 * starts when the request is due, so a stalled server is charged for every waiting request.
 */

const patienceMs = 20_000

answer({ ready: () => true, measure })

/** @returns the median and the 99th percentile in milliseconds, and the number of responses. */
async function measure({ port, connections, rate, seconds }) {
  const lanes = await Promise.all(Array.from({ length: connections }, () => openLane(port)))
  const latencies = []
  const began = performance.now()
  const total = rate * seconds
  let sent = 0
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const elapsedMs = performance.now() - began
      for (; sent < total && (sent * 1_000) / rate <= elapsedMs; sent += 1) {
        lanes[sent % connections].send(began + (sent * 1_000) / rate, latencies)
      }
      const isLate = elapsedMs > seconds * 1_000 + patienceMs
      if (latencies.length < total && !isLate) return
      clearInterval(timer)
      resolve()
    }, 1)
  })
  for (const lane of lanes) lane.close()
  const p50 = quantile(latencies, 0.5)
  return { p50, p99: quantile(latencies, 0.99), answered: latencies.length, wanted: total }
}

async function openLane(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const due = []
  let length
  let missing = 0
  socket.on('data', (data) => {
    // All responses have the length of the first response.
    length ??= data.indexOf('\r\n\r\nhello') + '\r\n\r\nhello'.length
    for (missing += data.length; missing >= length; missing -= length) {
      const { at, latencies } = due.shift()
      latencies.push(performance.now() - at)
    }
  })
  return {
    send(at, latencies) {
      due.push({ at, latencies })
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    },
    close: () => socket.destroy(),
  }
}
