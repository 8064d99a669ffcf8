import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SharingStatus } from '../../src/share/sharing-status.ts'

const summary = {
  instance: 'host-1',
  peers: new Map([['live', 2]]),
  refused: new Map([['format', 3]]),
}

describe('SharingStatus', () => {
  test('begins without times and errors', () => {
    assert.deepEqual(new SharingStatus().status({ ...summary, instance: undefined }), {
      running: true,
      connected: false,
      instance: null,
      totalPublishes: 0,
      totalFailures: 0,
      lastSuccessAt: null,
      lastError: null,
      lastErrorAt: null,
      totalForwards: 0,
      lastForwardAt: null,
      peers: { live: 2 },
      refused: { format: 3 },
    })
  })

  test('counts round trips and snapshots with their times', () => {
    const status = new SharingStatus()
    status.add(0.5, 'failed')
    status.addForward()
    const failed = status.status(summary)
    assert.deepEqual(
      [failed.totalFailures, failed.lastError, failed.totalForwards],
      [1, 'failed', 1],
    )
    for (const time of [failed.lastErrorAt, failed.lastForwardAt]) {
      assert.ok(Math.abs(Date.parse(time ?? '') - Date.now()) < 60_000)
    }
    status.add(0.25, undefined)
    const { totalPublishes, lastError, lastSuccessAt, instance } = status.status(summary)
    assert.deepEqual([totalPublishes, lastError, instance], [1, null, 'host-1'])
    assert.ok(lastSuccessAt)
  })

  test('is on the page', () => {
    const status = new SharingStatus()
    status.isConnected = true
    status.add(0.5, 'failed')
    status.add(0.25, undefined)
    const points = status
      .metrics(summary)
      .map(({ descriptor, points }) => [
        descriptor.name.replace('gunicorn_exporter_redis_', ''),
        ...points.map(({ attributes, value }) => [...Object.values(attributes), value].join(' ')),
      ])
    assert.deepEqual(points, [
      ['connected', '1'],
      ['publishes_total', 'success 1', 'failure 1'],
      ['seconds_total', '0.75'],
      ['peers', 'live 2'],
      ['refused_values_total', 'format 3'],
    ])
    status.isConnected = false
    assert.equal(status.metrics(summary)[0]?.points[0]?.value, 0)
  })
})
