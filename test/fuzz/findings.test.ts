import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hangVersion, parseHang } from '../../src/hang-stacks/hang-message.ts'
import { parseAgentSettings, parseFromAgent } from '../../src/master/agent/message.ts'
import { ClusterRun, roomy } from '../support/fuzz/cluster/cluster-run.ts'
import { orders } from '../support/fuzz/cluster/simulated-worker.ts'
import { oddText } from '../support/fuzz/odd-values.ts'
import { ReportingSource } from '../support/reporting-source.ts'

/* What `npm run test:fuzz` found, each as the shrunk case. */

/** Deeper than a writer of JSON can follow. */
const deep = '\u0001deep 9000'

describe('ClusterState', () => {
  test('refuses the first report of a worker that has ended', () => {
    const run = new ClusterRun({ usesSlots: false, keepWorkerId: false, maxSeries: roomy })
    run.fork(0)
    run.end(1, 0, null)
    run.state.report(1, new ReportingSource(1).set(orders, {}, 5).report())
    assert.equal(run.state.reports.get('refused'), 1)
    assert.equal(run.state.seriesCount, 0)
  })
})

describe('parseHang', () => {
  test('leaves out further properties, which can be too deep for JSON', () => {
    const hang = { version: hangVersion, pid: 1, stall: 1, seconds: 1, heldBy: '', stack: '' }
    assert.deepEqual(parseHang(oddText({ ...hang, deep })), hang)
  })
})

describe('The messages of a master and its agents', () => {
  const settings = { beatMs: 0, keepAliveMs: 0, gracefulMs: 0, requests: 0 }

  test('carry settings without further properties', () => {
    assert.deepEqual(parseAgentSettings(oddText({ ...settings, deep })), settings)
  })

  test('carry no settings below zero', () => {
    assert.equal(parseAgentSettings(oddText({ ...settings, beatMs: -1 })), undefined)
  })

  test('carry no memory below zero', () => {
    assert.equal(parseFromAgent({ cmd: 'NODE_GUNICORN_BEAT', rssBytes: -1 }), undefined)
  })
})
