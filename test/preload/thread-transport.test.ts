import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ToThread } from '../../src/exporter/thread-message.ts'
import { threadTransport } from '../../src/preload/thread/thread-transport.ts'
import { ownForkNumber } from '../../src/relay/report.ts'

describe('threadTransport', () => {
  it('posts a report under the own fork number and acknowledges the report at once', () => {
    const posted: ToThread[] = []
    const errors: unknown[] = []
    threadTransport((message) => posted.push(message)).send('{}', (error) => errors.push(error))
    assert.deepEqual(posted, [{ kind: 'report', forkNumber: ownForkNumber, text: '{}' }])
    assert.deepEqual(errors, [undefined])
  })

  it('posts a last report as sent', () => {
    const posted: ToThread[] = []
    const transport = threadTransport((message) => posted.push(message))
    assert.equal(transport.sendLast('{}'), true)
    assert.deepEqual(posted, [{ kind: 'report', forkNumber: ownForkNumber, text: '{}' }])
  })
})
