import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ChosenRule, MergeRule } from '../../../src/model/merging/merge-rule.ts'
import { MergeRules } from '../../../src/model/merging/merge-rules.ts'
import type { Descriptor, MetricKind } from '../../../src/model/metric.ts'
import { ownScope } from '../../../src/model/own-scope.ts'

interface Row {
  readonly name?: string
  readonly scope?: string
  readonly kind?: MetricKind
  readonly given?: Readonly<Record<string, ChosenRule>>
  readonly keepWorkerId?: boolean
  readonly rule: MergeRule
}

const rows: Record<string, Row> = {
  'a counter adds up': { rule: 'sum' },
  'an up-down counter adds up': { kind: 'upDownCounter', rule: 'sum' },
  'a histogram adds up': { kind: 'histogram', rule: 'sum' },
  'a gauge is per worker': { kind: 'gauge', rule: 'per_worker' },
  'a counter of the host has its maximum': { name: 'system.cpu.time', rule: 'max' },
  'a gauge of the host has its first value': {
    name: 'system.memory.usage',
    kind: 'gauge',
    rule: 'first',
  },
  'an up-down counter of the host has its first value': {
    name: 'system.memory.usage',
    kind: 'upDownCounter',
    rule: 'first',
  },
  'a counter of the container has its maximum': { name: 'container.cpu.time', rule: 'max' },
  'a counter of the pod has its maximum': { name: 'k8s.pod.cpu.time', rule: 'max' },
  'a counter of the hardware has its maximum': { name: 'hw.energy', rule: 'max' },
  'a counter of NFS has its maximum': { name: 'nfs.client.rpc.count', rule: 'max' },
  'a metric of a quota has its first value': {
    name: 'openshift.clusterquota.memory.limit.used',
    kind: 'upDownCounter',
    rule: 'first',
  },
  'a counter of the process is per worker': { name: 'process.cpu.time', rule: 'per_worker' },
  'a counter of Node.js is per worker': { name: 'nodejs.eventloop.time', rule: 'per_worker' },
  'a histogram of V8 is per worker': {
    name: 'v8js.gc.duration',
    kind: 'histogram',
    rule: 'per_worker',
  },
  'a name that only begins alike adds up': { name: 'systems.orders', rule: 'sum' },
  'a rule of the user wins over a preset': {
    name: 'system.cpu.time',
    given: { 'system.cpu.*': 'sum' },
    rule: 'sum',
  },
  'default switches a preset off for a counter': {
    name: 'system.cpu.time',
    given: { '*': 'default' },
    rule: 'sum',
  },
  'default switches a preset off for a gauge': {
    name: 'system.memory.usage',
    kind: 'gauge',
    given: { '*': 'default' },
    rule: 'per_worker',
  },
  'the first pattern that matches counts': {
    given: { 'ord*': 'max', orders: 'omit' },
    rule: 'max',
  },
  'a pattern can name the scope': {
    scope: '@acme/shop@1.2.3',
    given: { 'other/*': 'omit', '@acme/shop/ord*': 'per_worker' },
    rule: 'per_worker',
  },
  'a pattern of the scope has no version': {
    scope: 'shop@1.2.3',
    given: { 'shop@1.2.3/*': 'omit' },
    rule: 'sum',
  },
  'first of a counter is its maximum': { given: { orders: 'first' }, rule: 'max' },
  'first of a histogram is its maximum': {
    kind: 'exponentialHistogram',
    given: { orders: 'first' },
    rule: 'max',
  },
  'gauges can add up': { kind: 'gauge', given: { orders: 'sum' }, rule: 'sum' },
  'no rule is for metrics of this package': {
    scope: ownScope,
    name: 'gunicorn_exporter_faults_total',
    given: { '*': 'omit' },
    rule: 'sum',
  },
  'worker_id kept, a counter is per worker': { keepWorkerId: true, rule: 'per_worker' },
  'worker_id kept, presets have no effect': {
    keepWorkerId: true,
    name: 'system.cpu.time',
    rule: 'per_worker',
  },
  'worker_id kept, a rule of the user counts': {
    keepWorkerId: true,
    given: { orders: 'max' },
    rule: 'max',
  },
}

describe('The rule of a metric:', () => {
  for (const [title, row] of Object.entries(rows)) {
    test(title, () => {
      const { name = 'orders', scope = 'shop', kind = 'counter', given = {}, rule } = row
      const descriptor: Descriptor = { name, scope, kind, unit: '', description: '' }
      const mergeRules = Object.entries(given).map(([pattern, chosen]) => {
        return { pattern, rule: chosen }
      })
      const rules = new MergeRules({ mergeRules, keepWorkerId: row.keepWorkerId ?? false })
      assert.equal(rules.of(descriptor), rule)
      assert.equal(rules.of(descriptor), rule)
    })
  }
})
