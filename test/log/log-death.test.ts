import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { diag } from '@opentelemetry/api'
import { setLogLevel } from '../../src/log/log.ts'
import { logDeath } from '../../src/log/log-death.ts'
import type { Death } from '../../src/model/death.ts'

const death: Death = {
  ...{ workerId: 'worker_1_1700000000', pid: 4_711, ageSeconds: 93 },
  ...{ reason: 'signal', certainty: 'certain', restartType: 'forced' },
  ...{ exitCode: null, signal: 'SIGTERM', requests: 1, memoryBytes: 1, cpuPercent: 1 },
  ...{ eventLoopDelayMaxSeconds: 0, reportAgeSeconds: 0.4, error: null, hang: null },
  endedAt: '2023-11-14T22:14:53.000Z',
}

describe('OTel’s diag gets the end of a worker', () => {
  const lines: (readonly [level: 'info' | 'warn', text: string])[] = []
  before(() => {
    setLogLevel('none')
    diag.setLogger({
      ...{ error() {}, debug() {}, verbose() {} },
      info: (text: string) => void lines.push(['info', text]),
      warn: (text: string) => void lines.push(['warn', text]),
    })
  })
  beforeEach(() => {
    lines.length = 0
  })
  after(() => diag.disable())

  const rows: Record<string, [given: Partial<Death>, level: string, code: string | undefined]> = {
    'as information after a graceful end': [{ restartType: 'graceful' }, 'info', undefined],
    'as a warning after the signal of an operator': [{}, 'warn', 'GPE_WORKER_DIED'],
    'as a warning after a crash': [
      { restartType: 'crash', exitCode: 1, signal: null },
      'warn',
      'GPE_WORKER_DIED',
    ],
  }
  for (const [title, [given, level, code]] of Object.entries(rows)) {
    test(title, () => {
      logDeath({ ...death, ...given })
      const told = lines.map(([each, text]) => [each, /\((GPE_\w+)\)/.exec(text)?.[1]])
      assert.deepEqual(told, [[level, code]])
    })
  }
})
