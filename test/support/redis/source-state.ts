import { createHash } from 'node:crypto'
import type { Descriptor, Metric } from '../../../src/model/metric.ts'
import type { PeerState } from '../../../src/share/peers/peer-state.ts'
import { exponential } from '../otel/exponential.ts'

export const orders: Descriptor = {
  name: 'orders',
  kind: 'counter',
  unit: '',
  description: 'Orders.',
  scope: 'shop',
}
export const waits: Descriptor = { ...orders, name: 'wait', kind: 'histogram', bounds: [0.5, 1] }
export const sizes: Descriptor = { ...orders, name: 'size', kind: 'exponentialHistogram' }
export const depth: Descriptor = { ...orders, name: 'depth', kind: 'gauge' }

/** A counter with one series. */
export function counted(
  value: number,
  attributes: Metric['points'][number]['attributes'] = {},
): Metric {
  return { descriptor: orders, points: [{ attributes, value }] }
}

const everything: readonly Metric[] = [
  {
    descriptor: orders,
    points: [
      { attributes: { kind: 'book' }, value: 7 },
      { attributes: { kind: 'pen', tags: ['a', 'b'] }, value: 0 },
    ],
  },
  {
    descriptor: waits,
    points: [{ attributes: {}, value: { count: 6, sum: 3.5, counts: [1, 2, 3] } }],
  },
  {
    descriptor: sizes,
    points: [
      {
        attributes: { worker_id: 'worker_1_1700000000' },
        value: exponential({ scale: 3, positive: { offset: -4, counts: [1, 0, 2] } }),
      },
    ],
  },
  { descriptor: depth, points: [{ attributes: { worker_id: 'w' }, value: Number.NaN }] },
]

export const incarnations = [1, 2, 3, 4].map(
  (digit) => `${digit}0000000-0000-4000-8000-000000000000`,
) as [string, string, string, string]

/** A state with every kind of content. */
export function sourceState(parts: Partial<PeerState> = {}): PeerState {
  return {
    incarnation: incarnations[0],
    instance: 'host-1',
    service: 'shop',
    predecessors: [],
    sequence: 1,
    startedAt: 1_700_000_000_000,
    writtenAt: Date.now(),
    intervalMs: 1_000,
    hasEnded: false,
    metrics: everything,
    retained: [{ until: Date.now() + 60_000, metrics: [counted(3, { worker_id: 'gone' })] }],
    ...parts,
  }
}

/** Encodes any content with a valid header and digest, as a hostile writer could. */
export function sealed(
  body: Buffer | string,
  { version = 1, encoding = 'json' }: { version?: number; encoding?: string } = {},
): Buffer {
  const bytes = Buffer.from(body)
  const digest = createHash('sha256').update(bytes).digest('base64url')
  const head = `gunicorn-prometheus-exporter/${version} ${encoding} ${digest}\n`
  return Buffer.concat([Buffer.from(head), bytes])
}
