import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Death,
  deathFields,
  deathLevel,
  deathText,
  isAbnormal,
} from '../../src/model/death.ts'

const death: Death = {
  workerId: 'worker_3_1700000000',
  pid: 4_711,
  reason: 'sigkill',
  certainty: 'certain',
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
  hang: null,
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
    'says how sure an inferred reason is': [
      { reason: 'heap', certainty: 'probable', restartType: 'crash', signal: 'SIGABRT' },
      'Worker worker_3_1700000000 (pid:4711) ended: heap (crash, SIGABRT, probable) ' +
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

  const named = { name: 'TypeError', message: 'no user 7', stack: 'TypeError: no user 7' }
  const errors: Record<string, readonly [given: Partial<Death['error']>, expected: string]> = {
    'ends with class and message of the error': [{}, '; TypeError: no user 7'],
    'ends with the class of an error without a message': [{ message: '' }, '; TypeError'],
    'ends with the class where messages are hidden': [{ message: null }, '; TypeError'],
    'says that null was thrown': [{ name: 'null', message: 'null' }, '; threw null'],
    'says that undefined was thrown': [
      { name: 'undefined', message: 'undefined' },
      '; threw undefined',
    ],
    'says that a string was thrown': [
      { name: 'string', message: 'plain' },
      '; threw a string: plain',
    ],
    'says that an object without a message was thrown': [
      { name: 'object', message: '' },
      '; threw an object',
    ],
    'escapes control characters and marks of the writing direction': [
      { name: 'A\u0007', message: 'a\nb\r\u001b[0m\u0085\u2028\u202e\u{e0001}\u007f' },
      '; A\\u{7}: a\\nb\\u{d}\\u{1b}[0m\\u{85}\\u{2028}\\u{202e}\\u{e0001}\\u{7f}',
    ],
    'has the first 300 characters of the message': [
      { message: `${'😀'.repeat(300)}x` },
      `; TypeError: ${'😀'.repeat(300)}`,
    ],
  }
  for (const [title, [given, expected]] of Object.entries(errors)) {
    test(title, () => {
      const text = deathText({ ...death, error: { ...named, ...given } })
      assert.equal(text.slice(text.indexOf('before the end') + 'before the end'.length), expected)
    })
  }

  test('has the facts as fields', () => {
    const fields = deathFields({ ...death, error: { ...named, message: 'a\nb' } })
    assert.deepEqual(fields, {
      workerId: 'worker_3_1700000000',
      workerPid: 4_711,
      reason: 'sigkill',
      certainty: 'certain',
      restartType: 'forced',
      exitCode: null,
      signal: 'SIGKILL',
      ageSeconds: 93.0004,
      requests: 1_042,
      memoryBytes: 85_143_552,
      hangState: undefined,
      hangSeconds: undefined,
      heldBy: undefined,
      errorName: 'TypeError',
      errorMessage: 'a\\nb',
    })
    assert.equal(deathFields(death).errorName, undefined)
  })

  const hang = { state: 'hanging', seconds: 30.25, heldBy: null, stack: null } as const

  test('tells how long the worker hung, and the code that held it where known', () => {
    const hung = { ...death, hang }
    assert.match(deathText(hung), / after 93 s, hung for 30\.25 s, /)
    assert.doesNotMatch(deathText(hung), /held by/)
    assert.match(deathText({ ...death, hang: { ...hang, heldBy: 'f (a.js:1:2)' } }), /; held by f/)
    assert.match(
      deathText({ ...death, hang: { ...hang, state: 'stopped' } }),
      /stopped for 30\.25 s/,
    )
    const { hangState, hangSeconds, heldBy } = deathFields(hung)
    assert.deepEqual([hangState, hangSeconds, heldBy], ['hanging', 30.25, undefined])
  })
})

describe('An end is abnormal', () => {
  type Row = readonly [given: Partial<Death>, expected: boolean]
  const rows: readonly Row[] = [
    [{ restartType: 'graceful', signal: null }, false],
    [{ restartType: 'crash', signal: null }, true],
    [{ restartType: 'crash', signal: 'SIGSEGV' }, true],
    [{ restartType: 'forced', signal: 'SIGKILL' }, true],
    [{ restartType: 'forced', signal: 'SIGUSR2' }, true],
    [{ restartType: 'forced', signal: null }, true],
    ...['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'].map(
      (signal): Row => [{ restartType: 'forced', signal }, false],
    ),
  ]
  for (const [given, expected] of rows) {
    test(`or not: ${given.restartType} by ${given.signal ?? 'a code'} is ${expected}`, () =>
      assert.equal(isAbnormal({ ...death, ...given }), expected))
  }
})
