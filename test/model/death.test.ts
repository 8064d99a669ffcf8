import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Death, deathLevel, deathText } from '../../src/model/death.ts'

const death: Death = {
  workerId: 'worker_3_1700000000',
  pid: 4_711,
  reason: 'sigkill',
  restartType: 'forced',
  exitCode: null,
  signal: 'SIGKILL',
  ageSeconds: 93.0004,
  requests: 1_042,
  memoryBytes: 85_143_552,
  cpuPercent: 12.345,
  eventLoopDelayMaxSeconds: 0.0212,
  reportAgeSeconds: 0.4,
  error: null,
  endedAt: '2023-11-14T22:14:53.000Z',
}

describe('the log line about a death', () => {
  const lines: Record<string, readonly [given: Partial<Death>, expected: string]> = {
    'describes an end by a signal': [
      {},
      'Worker worker_3_1700000000 (pid:4711) ended: sigkill (forced, SIGKILL) ' +
        'after 93 s, 1042 requests, 81.2 MiB, CPU 12.3 %, ' +
        'event loop delay up to 0.021 s; last report 0.4 s before the end',
    ],
    'describes an end by an exit code': [
      { reason: 'error', restartType: 'crash', exitCode: 3, signal: null },
      'Worker worker_3_1700000000 (pid:4711) ended: error (crash, code 3) ' +
        'after 93 s, 1042 requests, 81.2 MiB, CPU 12.3 %, ' +
        'event loop delay up to 0.021 s; last report 0.4 s before the end',
    ],
    'has the singular for one request, and omits null': [
      { requests: 1, memoryBytes: null, cpuPercent: null, eventLoopDelayMaxSeconds: null },
      'Worker worker_3_1700000000 (pid:4711) ended: sigkill (forced, SIGKILL) ' +
        'after 93 s, 1 request; ' +
        'last report 0.4 s before the end',
    ],
    'describes a worker that never reported': [
      {
        pid: null,
        requests: null,
        memoryBytes: null,
        cpuPercent: null,
        eventLoopDelayMaxSeconds: null,
        reportAgeSeconds: null,
      },
      'Worker worker_3_1700000000 ended: sigkill (forced, SIGKILL) ' + 'after 93 s; no report',
    ],
    'contains zeros': [
      { requests: 0, memoryBytes: 0, cpuPercent: 0, eventLoopDelayMaxSeconds: 0, ageSeconds: 0 },
      'Worker worker_3_1700000000 (pid:4711) ended: sigkill (forced, SIGKILL) ' +
        'after 0 s, 0 requests, 0.0 MiB, CPU 0.0 %, ' +
        'event loop delay up to 0 s; last report 0.4 s before the end',
    ],
  }
  for (const [title, [given, expected]] of Object.entries(lines)) {
    test(title, () => assert.equal(deathText({ ...death, ...given }), expected))
  }

  test('is a warning unless the end was graceful', () => {
    const levels = (['graceful', 'forced', 'crash'] as const).map((restartType) =>
      deathLevel({ ...death, restartType }),
    )
    assert.deepEqual(levels, ['info', 'warning', 'warning'])
  })
})
