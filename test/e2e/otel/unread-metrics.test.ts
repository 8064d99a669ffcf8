import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { otelLimits } from '../../../src/limits/otel.ts'
import { unreadMetrics } from '../../../src/sdk/unread-metrics.ts'
import { eventually, startApp } from '../../support/programs/app.ts'

/* GunicornInstrumentation in an SDK that exports no metrics. */

const file = 'apps/sdk/unread.cjs'
const line = `gunicorn-prometheus-exporter: ${unreadMetrics}\n`

describe('One line warns of GunicornInstrumentation', { concurrency: true }, () => {
  for (const [which, PROVIDER] of [
    ['without a MeterProvider', 'none'],
    ['with a MeterProvider that has no reader', 'empty'],
  ] as const) {
    test(which, async () => {
      const app = await startApp({ file, preload: 'none', env: { PROVIDER } })
      try {
        await app.ready()
        await eventually(() => assert.equal(app.stderr(), line))
        // Every process has had the time for a line.
        await sleep(1_000)
        assert.equal(app.stderr(), line)
      } finally {
        await app.stop()
      }
    })
  }
})

describe('No line warns of GunicornInstrumentation', { concurrency: true }, () => {
  const rows: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'with a reader': { PROVIDER: 'read' },
    'in an SDK that is switched off': { PROVIDER: 'none', OTEL_SDK_DISABLED: 'true' },
    'beside the preload': { PROVIDER: 'none', MODE: 'require' },
  }
  for (const [which, { MODE, ...env }] of Object.entries(rows)) {
    test(which, async () => {
      const preload = MODE === 'require' ? MODE : 'none'
      const app = await startApp({ file, preload, env })
      try {
        await app.ready()
        await sleep(otelLimits.readerCheckMs + 2_000)
        assert.equal(app.stderr(), '')
      } finally {
        await app.stop()
      }
    })
  }
})
