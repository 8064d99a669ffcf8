import assert from 'node:assert/strict'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import { resolvedOf, resolveSettings } from '../../src/config/resolve/resolve.ts'
import { exporterSettings } from '../../src/exporter/exporter-settings.ts'
import { ThreadHandOver } from '../../src/exporter/thread-hand-over.ts'

const settings = exporterSettings(resolvedOf(resolveSettings({ environment: {} })).settings)

interface Row {
  /** Pid of the old master. */
  readonly pid: number
  readonly restarts: number
  readonly address?: string
}

/** A thread with the offer of an old master, and the descriptor of the offered socket. */
function offered(context: TestContext, { pid, restarts, address }: Row) {
  const descriptor = openSync('/dev/null', 'r')
  context.after(() => closeSync(descriptor))
  const endpoint = { descriptor, address: address ?? JSON.stringify(settings.endpoint.address) }
  const offer = { version: 2, port: 1, token: 'a'.repeat(64), endpoint } as const
  const handOver = new ThreadHandOver({
    data: { settings, predecessor: { pid, offer }, state: undefined, restarts },
    isShared: false,
    exporter: () => ({
      shared: () => [],
      readiness: () => ({ isReady: false, text: '' }),
      countFault() {},
    }),
    endpoint: () => ({ setListening() {}, descriptor: () => undefined, release() {} }),
    post() {},
  })
  return { handOver, descriptor }
}

const ended = 2 ** 22 + 1

describe('ThreadHandOver, in a successor,', () => {
  test('waits with the endpoint for the end of the old master', (context) => {
    const { handOver } = offered(context, { pid: process.ppid, restarts: 0 })
    assert.equal(handOver.holdsEndpoint, true)
  })

  test('still waits after a restart of the thread, while the old master lives', (context) => {
    const { handOver } = offered(context, { pid: process.ppid, restarts: 1 })
    assert.equal(handOver.holdsEndpoint, true)
  })

  test('forgets an old master that ended before a restart of the thread', (context) => {
    const { handOver } = offered(context, { pid: ended, restarts: 1 })
    assert.equal(handOver.holdsEndpoint, false)
  })

  // The number can belong to another file of the process by now.
  test('leaves the offered descriptor alone after a restart of the thread', (context) => {
    const { descriptor } = offered(context, { pid: ended, restarts: 1, address: '{}' })
    assert.ok(fstatSync(descriptor))
  })
})
