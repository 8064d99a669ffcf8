import { catalog } from '../../../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../../../src/model/catalog/declaration.ts'
import type { Descriptor, ExponentialValue, HistogramValue } from '../../../../src/model/metric.ts'
import { exponential } from '../../otel/exponential.ts'
import { ReportingSource } from '../../reporting-source.ts'

/** What a worker counts. */
export interface WorkerValues {
  readonly requests: number
  /** By kind. */
  readonly orders: ReadonlyMap<string, number>
  readonly waits: number
  readonly sizes: number
  readonly open: number
}

/** A report on its way. */
export interface Sent {
  readonly text: string
  readonly sequence: number
  /** The values of the worker when it made the report. */
  readonly values: WorkerValues
}

const requests = descriptorOf(catalog.requests)
export const orders: Descriptor = {
  name: 'orders',
  kind: 'counter',
  unit: '',
  description: 'Orders.',
  scope: 'shop',
}
export const waits: Descriptor = { ...orders, name: 'waits', kind: 'histogram', bounds: [1, 2] }
export const sizes: Descriptor = { ...orders, name: 'sizes', kind: 'exponentialHistogram' }
export const open: Descriptor = { ...orders, name: 'open', kind: 'upDownCounter' }
export const depth: Descriptor = { ...orders, name: 'depth', kind: 'gauge' }

/** A worker outside of the state: what it counts, and what is on its way. */
export class SimulatedWorker {
  readonly forkNumber: number
  readonly reports: ReportingSource
  readonly onTheWay: Sent[] = []
  values: WorkerValues = { requests: 0, orders: new Map(), waits: 0, sizes: 0, open: 0 }
  /** The file that the worker leaves at its end. */
  lastReport: Sent | undefined
  /** The requests in the crash file. */
  crashRequests: number | undefined

  constructor(forkNumber: number) {
    this.forkNumber = forkNumber
    this.reports = new ReportingSource(forkNumber)
  }

  count(kind: string, amount: number): void {
    const { values } = this
    const orders = new Map(values.orders)
    orders.set(kind, (orders.get(kind) ?? 0) + amount)
    this.values = {
      orders,
      requests: values.requests + amount,
      waits: values.waits + amount,
      sizes: values.sizes + 1,
      open: values.open + (amount % 3) - 1,
    }
  }

  /** Undefined where nothing has changed. */
  send(): Sent | undefined {
    const { values, reports } = this
    reports.set(requests, {}, values.requests)
    for (const [kind, value] of values.orders) reports.set(orders, { kind }, value)
    reports.set(waits, {}, histogramOf(values.waits))
    reports.set(sizes, {}, exponentialOf(values.sizes, this.forkNumber))
    reports.set(open, {}, values.open).set(depth, {}, values.requests % 7)
    const text = reports.report()
    if (text === undefined) return undefined
    return { text, sequence: (JSON.parse(text) as { sequence: number }).sequence, values }
  }
}

function histogramOf(count: number): HistogramValue {
  const first = Math.floor(count / 2)
  return { count, sum: count / 3, counts: [first, count - first, 0] }
}

/** Workers have different scales, which the sum joins. */
function exponentialOf(count: number, forkNumber: number): ExponentialValue {
  const counts = count === 0 ? [] : [count]
  return exponential({
    sum: count,
    scale: (forkNumber % 9) - 2,
    positive: { offset: forkNumber % 50, counts },
  })
}
