import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { resolveSettings } from '../../src/config/resolve.ts'
import type { Settings } from '../../src/config/settings.ts'
import { startThread } from '../../src/exporter/thread.ts'
import type { FromThread, ThreadData } from '../../src/exporter/thread-message.ts'
import { endpointLimits } from '../../src/limits/endpoint.ts'
import { exporterLimits } from '../../src/limits/exporter.ts'
import { stateLimits } from '../../src/limits/state.ts'
import { redisSettings } from '../../src/share/redis/redis-settings.ts'

const file = join(import.meta.dirname, '../fixtures/threads/mortal.cjs')
const settings = {
  isServed: true,
  endpoint: {
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    tls: undefined,
    access: { basic: undefined, bearer: undefined, probesOpen: false },
    maxConnections: endpointLimits.endpointConnections,
    pageMaxAgeMs: 0,
  },
  multiprocDir: undefined,
  cleanupDbFiles: true,
  usesSlots: false,
  keepWorkerId: false,
  maxSeries: stateLimits.series,
} as const

/** Of a process that pushes and shares nothing. */
const alone: ThreadData = {
  settings,
  primaryPid: process.pid,
  startSeconds: 1_700_000_000,
  push: undefined,
  share: undefined,
  directory: undefined,
}

interface Crash {
  readonly reason: string | undefined
  readonly again: boolean
}

/** A thread whose messages and crashes are awaited one by one. */
function started(given: Partial<ThreadData> = {}) {
  let hear: (message: FromThread) => void = () => {}
  let mourn: (crash: Crash) => void = () => {}
  const thread = startThread({
    file,
    data: {
      ...alone,
      ...given,
    },
    onMessage: (message) => hear(message),
    onCrash: (error, again) => mourn({ reason: error?.message, again }),
  })
  return {
    thread,
    ask: async () =>
      await new Promise<FromThread>((resolve) => {
        hear = resolve
        thread.post({ kind: 'fault', part: 'none' })
      }),
    crash: async () =>
      await new Promise<Crash>((resolve) => {
        mourn = resolve
        thread.post({ kind: 'fault', part: 'die' })
      }),
  }
}

// The thread is not to keep this process alive, and nothing else would.
const alive = setInterval(() => {}, 1_000)
after(() => clearInterval(alive))

test('a crashed thread is started again, a limited number of times', async () => {
  const { ask, crash } = started()
  const seen = [await ask()]
  for (let restart = 0; restart < exporterLimits.threadRestarts; restart += 1) {
    assert.deepEqual(await crash(), { reason: 'told to', again: true })
    seen.push(await ask())
  }
  assert.equal(new Set(seen.map((message) => JSON.stringify(message))).size, seen.length)
  assert.deepEqual(await crash(), { reason: 'told to', again: false })
})

describe('the heap of a thread, mebibytes', () => {
  const share = redisSettings({ ...defaults(), redisEnabled: true })
  const rows: readonly (readonly [title: string, data: Partial<ThreadData>, heapMb: number])[] = [
    ['for as many series as there are by default', {}, 512],
    ['for a few', { settings: { ...settings, maxSeries: 100 } }, 512],
    ['for the most', { settings: { ...settings, maxSeries: stateLimits.mostSeries } }, 1_465],
    ['with those that others share', { share }, 1_172],
  ]
  for (const [title, data, heapMb] of rows) {
    test(title, async () => {
      const { thread, ask } = started(data)
      const message = await ask()
      thread.stop()
      assert.equal(message.kind === 'bound' && message.url.split(' ')[1], String(heapMb))
    })
  }
})

function defaults(): Settings {
  const resolution = resolveSettings({ environment: {} })
  return resolution.kind === 'settings' ? resolution.settings : assert.fail()
}

test('a thread that cannot be started again is given up, and nothing is thrown', async () => {
  const data: { startSeconds: unknown } & Omit<ThreadData, 'startSeconds'> = {
    ...alone,
  }
  const crash = await new Promise<Crash>((resolve) => {
    const thread = startThread({
      file,
      data: data as ThreadData,
      onMessage: () => {},
      onCrash: (error, again) => resolve({ reason: error?.message, again }),
    })
    // What cannot be cloned has Node refuse the next thread.
    data.startSeconds = () => {}
    thread.post({ kind: 'fault', part: 'die' })
  })
  assert.deepEqual(crash, { reason: 'told to', again: false })
})

test('a stopped thread ends and is no crash; a message to it is no error', async () => {
  const { thread, ask, crash } = started()
  await ask()
  const crashed = crash()
  thread.stop()
  thread.post({ kind: 'fault', part: 'none' })
  const late = new Promise((resolve) => setTimeout(resolve, 500, 'nothing heard'))
  assert.equal(await Promise.race([crashed, late]), 'nothing heard')
})

test('the process is not told of the thread by its worker event', async () => {
  const told: unknown[] = []
  const listener = (worker: unknown): void => {
    told.push(worker)
  }
  process.on('worker', listener)
  try {
    const { emit } = process
    const { thread, ask } = started()
    await ask()
    assert.deepEqual(told, [])
    assert.equal(process.emit, emit)
    thread.stop()
    const { Worker } = await import('node:worker_threads')
    const other = new Worker('', { eval: true })
    await once(other, 'exit')
    assert.deepEqual(told, [other])
  } finally {
    process.off('worker', listener)
  }
})
