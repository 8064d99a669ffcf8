import { once } from 'node:events'
import { Agent, type RequestOptions, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../../src/support/error-message.ts'

export interface ScraperOptions {
  /** Port, or path of a unix socket, of the endpoint. */
  readonly at: number | string
  readonly keepAlive?: boolean
  /** Whether the endpoint has a certificate, which the scraper accepts unseen. */
  readonly tls?: boolean
}

export interface Scraper {
  readonly scrapes: () => number
  /** Since the first page: failed scrapes, totals that fell, and totals that disappeared. */
  readonly faults: string[]
  /** The totals of the last page by series. */
  readonly totals: () => ReadonlyMap<string, number>
  readonly stop: () => Promise<void>
}

/** Time between two scrapes, milliseconds. */
const periodMs = 20

const mostFaults = 100

/** Scrapes every 20 ms, and compares each counter and histogram with the page before. */
export function steadyScraper({ at, keepAlive = false, tls = false }: ScraperOptions): Scraper {
  const agent = tls || !keepAlive ? false : new Agent({ keepAlive: true, maxSockets: 1 })
  const place = typeof at === 'number' ? { host: '127.0.0.1', port: at } : { socketPath: at }
  const faults: string[] = []
  let totals: ReadonlyMap<string, number> = new Map()
  let scrapes = 0
  let isOn = true
  const compare = (found: ReadonlyMap<string, number>): void => {
    for (const [series, before] of totals) {
      const after = found.get(series)
      if (after === undefined) faults.push(`scrape ${scrapes}: ${series} is gone (${before})`)
      else if (after < before) faults.push(`scrape ${scrapes}: ${series} ${before} → ${after}`)
    }
    totals = found
    scrapes += 1
  }
  const loop = (async () => {
    while (isOn && faults.length < mostFaults) {
      await scrape({ ...place, agent }, tls)
        .then((page) => compare(totalsOf(page)))
        // The endpoint opens after the workers.
        .catch((error) => scrapes > 0 && faults.push(`scrape ${scrapes}: ${messageOf(error)}`))
      await sleep(periodMs)
    }
  })()
  return {
    scrapes: () => scrapes,
    faults,
    totals: () => totals,
    async stop() {
      isOn = false
      await loop
      if (agent) agent.destroy()
    },
  }
}

async function scrape(options: RequestOptions, tls: boolean): Promise<string> {
  const all = { ...options, path: '/metrics', timeout: 10_000 }
  const message = tls ? requestTls({ ...all, rejectUnauthorized: false }) : request(all)
  message.once('timeout', () => message.destroy(new Error('no page in 10 s')))
  message.end()
  const [response] = await once(message, 'response')
  let text = ''
  response.setEncoding('utf8')
  for await (const chunk of response) text += chunk
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`)
  return text
}

/** Counters and the series of histograms, by name with labels. */
function totalsOf(page: string): Map<string, number> {
  const totals = new Map<string, number>()
  let isTotal = false
  for (const line of page.split('\n')) {
    if (line.startsWith('# TYPE')) isTotal = / (?:counter|histogram)$/.test(line)
    else if (isTotal && line !== '' && !line.startsWith('#')) {
      const end = line.lastIndexOf(' ')
      totals.set(line.slice(0, end), Number(line.slice(end + 1)))
    }
  }
  return totals
}
