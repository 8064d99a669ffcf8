import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { encodePeerState, parsePeerState } from '../../src/share/peers/peer-state.ts'
import { answer } from '../support/answer.mjs'

/*
 * Clusters that exist in Redis only: shared-fleet.mjs PORT COUNT. Each cluster sends the commands
 * of a real primary once a second. The states are copies of a real primary's state, with new values
 * in each second. The process ends after five minutes.
 */

const { Redis } = createRequire(import.meta.url)('ioredis')
const [port, count] = process.argv.slice(2).map(Number)
const client = new Redis({ port, protocol: 2, retryStrategy: () => null })
const prefix = '{gunicorn}:metrics'
const batches = 50
const ttlMs = 300_000
const clusters = Array.from({ length: count }, (_, number) => ({
  incarnation: randomUUID(),
  instance: `fleet-${number}-${randomUUID().slice(0, 8)}`,
  startedAt: Date.now(),
}))
let template
let tick = 0

answer({ ready: () => true, begin, cpuShare })

/** @param value of a real primary, in Base64. */
async function begin(value) {
  // One of these clusters writes the page of all, which costs as much as a scrape.
  await client.set(`${prefix}:forwarder`, clusters[0].incarnation)
  template = parsePeerState(Buffer.from(value, 'base64'))
  setTimeout(() => process.exit(), 300_000)
  const began = performance.now()
  const step = async () => {
    await write(tick)
    tick += 1
    const dueMs = began + (1_000 / batches) * tick - performance.now()
    setTimeout(step, Math.max(0, dueMs))
  }
  step()
}

function cpuShare() {
  const { user, system } = process.cpuUsage()
  return user + system
}

async function write(number) {
  const sequence = 1 + Math.floor(number / batches)
  const writtenAt = Date.now()
  const metrics = metricsAt(sequence, writtenAt)
  const pipeline = client.pipeline()
  for (let index = number % batches; index < count; index += batches) {
    const { incarnation, ...cluster } = clusters[index]
    const state = { ...template, ...cluster, incarnation, sequence, writtenAt, metrics }
    pipeline.set(`${prefix}:source:${incarnation}`, encodePeerState(state), 'PX', ttlMs)
    pipeline.zadd(`${prefix}:sources`, writtenAt, incarnation)
    pipeline.pexpire(`${prefix}:sources`, 2 * ttlMs)
    pipeline.pexpire(`${prefix}:lease:${incarnation}`, ttlMs)
    pipeline.exists(`${prefix}:successor:${incarnation}`)
  }
  await pipeline.exec()
}

/** Counters grow, and a gauge has the time of the write. */
function metricsAt(sequence, writtenAt) {
  const grown = template.metrics.map(({ descriptor, points }) => ({
    descriptor,
    points: points.map(({ attributes, value }) => ({
      attributes,
      value: typeof value === 'number' ? value + sequence * 0.37 : value,
    })),
  }))
  const time = { name: 'fleet_written', kind: 'gauge', unit: 's', description: '', scope: 'bench' }
  return [...grown, { descriptor: time, points: [{ attributes: {}, value: writtenAt / 1_000 }] }]
}
