// Sends a small, steady load to the demo application, and now and then a fault. settings.js lists
// the environment variables. SIGTERM, SIGINT and the end of the duration print one line of JSON
// with what was sent. The generator never floods: requests beyond the limit of open requests are
// not sent, and count as skipped.
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from './client.js'
import { plan } from './mix.js'
import { resolveSettings } from './settings.js'

const maxLateMs = 250

const interruption = new AbortController()
const { signal } = interruption
for (const name of ['SIGTERM', 'SIGINT']) process.once(name, () => interruption.abort())

try {
  const settings = resolveSettings(process.env)
  if (settings.durationSeconds > 0) {
    setTimeout(() => interruption.abort(), 1_000 * settings.durationSeconds).unref()
  }
  const client = new Client(settings)
  await Promise.all([sendSteadily(client, settings), sendFaults(client, settings)])
  await client.close()
  process.stdout.write(`${JSON.stringify(client.counts)}\n`)
} catch (error) {
  process.stderr.write(`load: ${error.message}\n`)
  process.exitCode = 2
}

/** Each request has its time, so that a late timer does not lower the rate. */
async function sendSteadily(client, { rate, mix }) {
  const requests = plan(mix)
  let nextMs = performance.now()
  do {
    client.send(requests.next().value)
    // A generator that stood still for long does not make up for the lost requests.
    nextMs = Math.max(nextMs + 1_000 / rate, performance.now() - maxLateMs)
  } while (await pause(Math.max(0, nextMs - performance.now())))
}

/** One fault after another, each at another application. */
async function sendFaults(client, { faults, faultEverySeconds }) {
  if (faultEverySeconds === 0 || faults.length === 0) return
  for (let count = 0; await pause(1_000 * faultEverySeconds); count += 1) {
    client.send({ method: 'POST', path: `/demo/${faults[count % faults.length]}`, isFault: true })
  }
}

/** @returns false after the end. */
async function pause(milliseconds) {
  try {
    await sleep(milliseconds, undefined, { signal })
    return true
  } catch {
    return false
  }
}
