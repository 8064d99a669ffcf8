import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { resolveSettings } from '../../src/config/resolve/resolve.ts'
import type { Settings } from '../../src/config/settings.ts'
import { newBeatCounter } from '../../src/exporter/beat.ts'
import { startThread } from '../../src/exporter/thread.ts'
import type { FromThread, ThreadData } from '../../src/exporter/thread-message.ts'
import { endpointLimits } from '../../src/limits/endpoint.ts'
import { exporterLimits } from '../../src/limits/exporter.ts'
import { stateLimits } from '../../src/limits/state.ts'
import { redisSettings } from '../../src/share/redis/redis-settings.ts'

const file = join(import.meta.dirname, '../fixtures/threads/crashing.cjs')
const settings = {
  isServed: true,
  hasLivePage: true,
  endpoint: {
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    names: { port: 'PORT', address: 'ADDRESS', tls: [], secrets: [] },
    tls: undefined,
    access: { basic: undefined, bearer: undefined, probesOpen: false },
    maxConnections: endpointLimits.endpointConnections,
    pageMaxAgeMs: 0,
  },
  cleanupDbFiles: true,
  usesSlots: false,
  keepWorkerId: false,
  mergeRules: [],
  maxSeries: stateLimits.series,
  takesStacks: false,
  log: { logLevel: 'warn', logFormat: 'text' },
  resource: {},
  retentionMs: stateLimits.retentionMs,
} as const

/** Data of a process that pushes and shares nothing. */
const alone: ThreadData = {
  settings,
  own: { role: 'single', forkNumber: 1, startSeconds: 1_700_000_000, pid: process.pid },
  beat: newBeatCounter(),
  startSeconds: 1_700_000_000,
  push: undefined,
  share: undefined,
  directory: undefined,
  sidecar: undefined,
  predecessor: undefined,
  state: undefined,
  hangChannel: 'hang stacks of a test',
}

interface Crash {
  readonly reason: string | undefined
  readonly again: boolean
}

/** A thread whose messages and crashes are awaited one by one. */
function started(given: Partial<ThreadData> = {}) {
  let onMessage: (message: FromThread) => void = () => {}
  let onCrash: (crash: Crash) => void = () => {}
  const thread = startThread({
    program: { kind: 'file', path: file },
    data: { ...alone, ...given },
    onMessage: (message) => onMessage(message),
    onCrash: (error, again) => onCrash({ reason: error?.message, again }),
  })
  return {
    thread,
    ask: async () => {
      const message = await new Promise<FromThread>((resolve) => {
        onMessage = resolve
        thread.post({ kind: 'fault', part: 'none' })
      })
      assert.equal(message.kind, 'bound')
      return JSON.parse((message as Extract<FromThread, { kind: 'bound' }>).url)
    },
    crashed: () =>
      new Promise<Crash>((resolve) => {
        onCrash = resolve
      }),
    requestCrash: () => thread.post({ kind: 'fault', part: 'crash' }),
  }
}

// The thread keeps no process alive, and the tests have no other handle.
const alive = setInterval(() => {}, 1_000)
after(() => clearInterval(alive))

describe('startThread', () => {
  test('restarts a crashed thread exporterLimits.threadRestarts times', async () => {
    const { ask, crashed, requestCrash } = started()
    const threads = [(await ask()).threadId]
    for (let restart = 0; restart < exporterLimits.threadRestarts; restart += 1) {
      const crash = crashed()
      requestCrash()
      assert.deepEqual(await crash, { reason: 'crash requested', again: true })
      threads.push((await ask()).threadId)
    }
    assert.equal(new Set(threads).size, exporterLimits.threadRestarts + 1)
    const last = crashed()
    requestCrash()
    assert.deepEqual(await last, { reason: 'crash requested', again: false })
  })

  test('gives up a thread that the system refuses to start again', async () => {
    const data: { startSeconds: unknown } & Omit<ThreadData, 'startSeconds'> = { ...alone }
    const crash = await new Promise<Crash>((resolve) => {
      const thread = startThread({
        program: { kind: 'file', path: file },
        data: data as ThreadData,
        onMessage: () => {},
        onCrash: (error, again) => resolve({ reason: error?.message, again }),
      })
      // Node refuses a thread whose data cannot be cloned.
      data.startSeconds = () => {}
      thread.post({ kind: 'fault', part: 'crash' })
    })
    assert.deepEqual(crash, { reason: 'crash requested', again: false })
  })

  test('reports no crash of a stopped thread, and ignores a message to the thread', async () => {
    const { thread, ask, crashed } = started()
    await ask()
    const crashes: Crash[] = []
    crashed().then((crash) => crashes.push(crash), assert.fail)
    thread.stop()
    thread.post({ kind: 'fault', part: 'none' })
    // A thread that starts and crashes later: the stopped thread has ended by then.
    const later = started()
    const crash = later.crashed()
    later.requestCrash()
    await crash
    later.thread.stop()
    assert.deepEqual(crashes, [])
  })

  test('hides its thread from the worker event of the process', async () => {
    const workers: unknown[] = []
    const listener = (worker: unknown): void => void workers.push(worker)
    process.on('worker', listener)
    try {
      const { emit } = process
      const { thread, ask } = started()
      await ask()
      assert.deepEqual(workers, [])
      assert.equal(process.emit, emit)
      thread.stop()
      const { Worker } = await import('node:worker_threads')
      const other = new Worker('', { eval: true })
      await once(other, 'exit')
      assert.deepEqual(workers, [other])
    } finally {
      process.off('worker', listener)
    }
  })
})

describe('The heap of a thread', () => {
  const { threadHeapMb, threadSeriesBytes, threadYoungHeapMb } = exporterLimits
  const share = redisSettings({ ...defaults(), redisEnabled: true })
  /** Series that fill the smallest heap. */
  const full = (threadHeapMb * 2 ** 20) / threadSeriesBytes
  const withSeries = (maxSeries: number) => ({ settings: { ...settings, maxSeries } })
  const rows: readonly (readonly [title: string, data: Partial<ThreadData>, heapMb: number])[] = [
    ['exporterLimits.threadHeapMb for the default series', {}, threadHeapMb],
    ['exporterLimits.threadHeapMb for few series', withSeries(100), threadHeapMb],
    ['exporterLimits.threadHeapMb for full series', withSeries(Math.floor(full)), threadHeapMb],
    ['larger by exporterLimits.threadSeriesBytes', withSeries(full + 342), threadHeapMb + 2],
    ['1,465 MiB for the most series', withSeries(stateLimits.mostSeries), 1_465],
    ['1,172 MiB with series of other clusters', { share }, 1_172],
  ]
  for (const [title, data, heapMb] of rows) {
    test(`is ${title}`, async () => {
      const { thread, ask } = started(data)
      const { maxOldGenerationSizeMb } = await ask()
      thread.stop()
      assert.equal(maxOldGenerationSizeMb, heapMb)
    })
  }

  test('has a young generation of exporterLimits.threadYoungHeapMb', async () => {
    const { thread, ask } = started()
    const { maxYoungGenerationSizeMb } = await ask()
    thread.stop()
    assert.equal(maxYoungGenerationSizeMb, threadYoungHeapMb)
  })
})

function defaults(): Settings {
  const resolution = resolveSettings({ environment: {} })
  return resolution.kind === 'settings' ? resolution.settings : assert.fail()
}
