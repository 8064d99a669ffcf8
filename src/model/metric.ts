import type { Attributes, AttributeValue } from '@opentelemetry/api'

/** Kinds of OTel instrument that cross the relay, by name: numbers of enums differ between SDKs. */
export type Kind = 'counter' | 'upDownCounter' | 'gauge' | 'histogram'

export type { Attributes, AttributeValue }

/** Value of a histogram point: `counts` has one entry more than the descriptor's `bounds`. */
export interface HistogramValue {
  readonly count: number
  readonly sum: number
  readonly counts: readonly number[]
}

export interface Point {
  readonly attributes: Attributes
  readonly value: number | HistogramValue
}

/** What all points of a metric share: an OTel instrument descriptor and its scope. */
export interface Descriptor {
  readonly name: string
  readonly kind: Kind
  readonly unit: string
  readonly description: string
  /** Instrumentation scope, `name` or `name@version`. */
  readonly scope: string
  /** Upper bounds of a histogram's buckets, ascending, without +Inf. */
  readonly bounds?: readonly number[]
}

/** A metric at one moment. */
export interface Metric {
  readonly descriptor: Descriptor
  readonly points: readonly Point[]
}
