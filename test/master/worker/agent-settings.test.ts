import assert from 'node:assert/strict'
import { test } from 'node:test'
import { masterLimits } from '../../../src/limits/master.ts'
import { agentSettings } from '../../../src/master/worker/agent-settings.ts'

const base = {
  timeoutMs: 0,
  gracefulTimeoutMs: 9,
  keepAliveMs: 7,
  maxRequests: 0,
  maxRequestsJitter: 0,
  maxMemoryBytes: 0,
  workerConnections: 5,
  accessLog: { file: '-', format: 'json' },
  statsd: undefined,
  fileReload: undefined,
}

for (const [title, given, random, expected] of [
  ['turns heartbeats and the limit of requests off', {}, 0.9, { beatMs: 0, requests: 0 }],
  ['fits four heartbeats into the timeout', { timeoutMs: 2_000 }, 0, { beatMs: 500, requests: 0 }],
  [
    'limits the time between heartbeats',
    { timeoutMs: 1e6 },
    0,
    { beatMs: masterLimits.heartbeatMs, requests: 0 },
  ],
  [
    'sends the memory in heartbeats without a timeout',
    { maxMemoryBytes: 1 },
    0,
    { beatMs: masterLimits.heartbeatMs, requests: 0 },
  ],
  ['fits heartbeats into the shortest timeout', { timeoutMs: 1 }, 0, { beatMs: 0.25, requests: 0 }],
  ['limits a worker to one request', { maxRequests: 1 }, 0, { beatMs: 0, requests: 1 }],
  ['adds no jitter to 0 requests', { maxRequestsJitter: 9 }, 0.9, { beatMs: 0, requests: 0 }],
  [
    'adds the smallest jitter',
    { maxRequests: 10, maxRequestsJitter: 9 },
    0,
    { beatMs: 0, requests: 10 },
  ],
  [
    'adds the largest jitter',
    { maxRequests: 10, maxRequestsJitter: 9 },
    0.999,
    { beatMs: 0, requests: 19 },
  ],
] as const) {
  test(`agentSettings ${title}`, () => {
    assert.deepEqual(agentSettings({ ...base, ...given }, random), {
      ...expected,
      keepAliveMs: 7,
      gracefulMs: 9,
      connections: 5,
      accessLog: base.accessLog,
      statsd: undefined,
    })
  })
}
