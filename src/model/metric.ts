import type { Attributes, AttributeValue } from '@opentelemetry/api'

/** Kinds of OTel instruments, by name. The numbers of OTel's enums differ between SDKs. */
export type MetricKind =
  | 'counter'
  | 'upDownCounter'
  | 'gauge'
  | 'histogram'
  | 'exponentialHistogram'

export type { Attributes, AttributeValue }

/** Value of a histogram point: `counts` has one entry more than the descriptor's `bounds`. */
export interface HistogramValue {
  readonly count: number
  readonly sum: number
  readonly counts: readonly number[]
}

/** Counts of adjacent buckets. The first bucket has the index `offset`. */
export interface ExponentialBuckets {
  readonly offset: number
  readonly counts: readonly number[]
}

/**
 * Value of a point of an exponential histogram. The base is 2^(2^-scale). The bucket with index i
 * holds values above base^i and up to base^(i+1). `negative` holds absolute values.
 */
export interface ExponentialValue {
  readonly count: number
  readonly sum: number
  readonly scale: number
  readonly zeroCount: number
  readonly positive: ExponentialBuckets
  readonly negative: ExponentialBuckets
  /** Undefined where the source reports no minimum. */
  readonly min?: number | undefined
  readonly max?: number | undefined
}

export type Value = number | HistogramValue | ExponentialValue

export interface Point {
  readonly attributes: Attributes
  readonly value: Value
}

/** Properties that all points of a metric share: an OTel instrument descriptor and its scope. */
export interface Descriptor {
  readonly name: string
  readonly kind: MetricKind
  readonly unit: string
  readonly description: string
  /** Instrumentation scope, `name` or `name@version`. */
  readonly scope: string
  /** Schema of the scope. Empty or absent for a scope without one. */
  readonly schemaUrl?: string
  /** The application declares whole numbers. Absent for other numbers, and for histograms. */
  readonly valueType?: 'int'
  /** Upper bounds of a histogram's buckets, ascending, without +Inf. Exponential ones have none. */
  readonly bounds?: readonly number[]
}

/** A metric at one moment. */
export interface Metric {
  readonly descriptor: Descriptor
  readonly points: readonly Point[]
}

/** Whether values of this kind only grow. Prometheus takes a fall for a restart. */
export function isMonotonic(kind: MetricKind): boolean {
  return kind !== 'gauge' && kind !== 'upDownCounter'
}
