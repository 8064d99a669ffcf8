import { once } from 'node:events'
import { connect } from 'node:net'
import { getPriority, setPriority } from 'node:os'
import { answer } from './answer.mjs'
import { quantile } from './statistics.mjs'

/*
 * Scrapers that behave like Prometheus. Each scraper has a keep-alive connection, asks for gzip at
 * a fixed rate, and skips a scrape while the previous scrape is in flight. The scrapers count the
 * received bytes and drop them.
 */

// Scrapers usually run on other machines. The lower priority makes the scrapers wait for CPU time.
setPriority(getPriority() + 10)

const request = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n'
let stop

answer({ ready: () => true, begin, end: () => stop() })

async function begin({ port, count, rate }) {
  const began = performance.now()
  const latencies = []
  const failures = []
  const scrapers = await Promise.all(Array.from({ length: count }, () => openScraper(port)))
  const timers = []
  for (const [index, scraper] of scrapers.entries()) {
    const scrape = () => scraper.scrape(latencies, failures)
    const offsetMs = (index * 1_000) / rate / count
    timers.push(setTimeout(() => timers.push(setInterval(scrape, 1_000 / rate)), offsetMs))
  }
  stop = () => {
    for (const timer of timers) clearInterval(timer)
    for (const scraper of scrapers) scraper.close()
    const seconds = (performance.now() - began) / 1_000
    return {
      perSecond: latencies.length / seconds,
      p50: quantile(latencies, 0.5),
      p95: quantile(latencies, 0.95),
      bytes: scrapers[0].bytes(),
      failures: failures.slice(0, 3),
    }
  }
}

async function openScraper(port) {
  const socket = connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  let under
  let body
  let bytes = 0
  socket.on('data', (data) => {
    const rest = body === undefined ? begun(data) : data
    if (!body.ends(rest)) return
    under.latencies.push(performance.now() - under.at)
    under = undefined
    bytes = body.bytes
    body = undefined
  })
  /** Reads the head. @returns the bytes after the head. */
  function begun(data) {
    const end = data.indexOf('\r\n\r\n') + 4
    const head = data.subarray(0, end).toString('latin1')
    if (!head.startsWith('HTTP/1.1 200 ')) under.failures.push(head.slice(0, 40))
    const length = /^content-length: (\d+)\r$/im.exec(head)?.[1]
    body = length === undefined ? new ChunkedBody() : new SizedBody(Number(length))
    return data.subarray(end)
  }
  return {
    scrape(latencies, failures) {
      if (under !== undefined) return
      under = { at: performance.now(), latencies, failures }
      socket.write(request)
    },
    bytes: () => bytes,
    close: () => socket.destroy(),
  }
}

class SizedBody {
  bytes = 0
  #length

  constructor(length) {
    this.#length = length
  }

  ends(data) {
    this.bytes += data.length
    return this.bytes >= this.#length
  }
}

/** The page has no text that looks like the last chunk: its end is a whole member of gzip. */
class ChunkedBody {
  bytes = 0
  #tail = ''

  ends(data) {
    this.bytes += data.length
    this.#tail = (this.#tail + data.toString('latin1', Math.max(0, data.length - 7))).slice(-7)
    return this.#tail === '\r\n0\r\n\r\n'
  }
}
