import type { Attributes, AttributeValue } from '@opentelemetry/api'

/** Kinds of OTel instrument that cross the relay, by name: numbers of enums differ between SDKs. */
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

/** Counts of buckets side by side; the first is the one with the index `offset`. */
export interface ExponentialBuckets {
  readonly offset: number
  readonly counts: readonly number[]
}

/**
 * Value of an exponential histogram's point. With base = 2^(2^-scale), the bucket with index i holds what is above
 * base^i and at most base^(i+1); `negative` holds absolute values.
 */
export interface ExponentialValue {
  readonly count: number
  readonly sum: number
  readonly scale: number
  readonly zeroCount: number
  readonly positive: ExponentialBuckets
  readonly negative: ExponentialBuckets
  /** Undefined where the source does not tell. */
  readonly min?: number | undefined
  readonly max?: number | undefined
}

export type Value = number | HistogramValue | ExponentialValue

export interface Point {
  readonly attributes: Attributes
  readonly value: Value
}

/** What all points of a metric share: an OTel instrument descriptor and its scope. */
export interface Descriptor {
  readonly name: string
  readonly kind: MetricKind
  readonly unit: string
  readonly description: string
  /** Instrumentation scope, `name` or `name@version`. */
  readonly scope: string
  /** Upper bounds of a histogram's buckets, ascending, without +Inf; an exponential one has none. */
  readonly bounds?: readonly number[]
}

/** A metric at one moment. */
export interface Metric {
  readonly descriptor: Descriptor
  readonly points: readonly Point[]
}
