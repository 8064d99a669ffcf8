import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const patienceMs = 120_000

/**
 * A scrape on a connection of its own; `elapsedMs` until the last byte. The exporter has rendered
 * the page at the first byte, and the rest is the way of the bytes.
 */
export function scrape(port, headers = {}) {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const request = get(
      { host: '127.0.0.1', port, path: '/metrics', headers, agent: false, timeout: patienceMs },
      async (response) => {
        const firstMs = performance.now() - began
        const chunks = await response.toArray()
        const elapsedMs = performance.now() - began
        const body = Buffer.concat(chunks)
        const { statusCode: status } = response
        if (status === 200) resolve({ body, firstMs, elapsedMs })
        else reject(new Error(`status ${status}: ${body.toString('utf8', 0, 100)}`))
      },
    )
    request.on('timeout', () => request.destroy(new Error('no answer')))
    request.on('error', reject)
  })
}

/**
 * Waits until the page of scrape-cluster.mjs counts so many values.
 * @returns the first scrape that was answered.
 */
export async function untilCounted(port, wanted) {
  const end = performance.now() + patienceMs
  let first
  let found = 0
  let failure
  while (performance.now() < end) {
    const page = await scrape(port).catch((error) => {
      failure = error.message
    })
    first ??= page
    found = page ? countOf(page.body) : 0
    if (found >= wanted) return first
    await sleep(500)
  }
  throw new Error(failure ?? `the page counts ${found} of ${wanted} values`)
}

function countOf(body) {
  let found = 0
  for (const line of body.toString().matchAll(/^app_work_\d+_seconds_count\S* (\d+)$/gm)) {
    found += Number(line[1])
  }
  return found
}
