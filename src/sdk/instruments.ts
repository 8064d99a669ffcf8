import type { Histogram, Meter, Observable, ObservableCallback } from '@opentelemetry/api'
import type { Observation } from '../collect/counts/observation.ts'
import type { RequestRecorder } from '../collect/counts/request-counts.ts'
import { catalog } from '../model/catalog/catalog.ts'
import type { Declaration } from '../model/catalog/declaration.ts'
import type { Attributes } from '../model/metric.ts'
import { type Stop, stopAll } from '../support/stop.ts'

/**
 * The three histograms of the request path as OTel instruments, with `worker_id` on every record.
 */
export function requestRecorder(meter: Meter, attributes: Attributes): RequestRecorder {
  const [duration, requestSize, responseSize] = [
    catalog.requestDuration,
    catalog.requestSize,
    catalog.responseSize,
  ].map((declaration) => histogramOf(meter, declaration))
  return (seconds, requestBytes, responseBytes) => {
    duration?.record(seconds, attributes)
    requestSize?.record(requestBytes, attributes)
    responseSize?.record(responseBytes, attributes)
  }
}

/**
 * The delay of the event loop as an OTel histogram. Delays are recorded when a reader collects, and
 * every few seconds.
 */
export function delayRecorder(meter: Meter, attributes: Attributes): (seconds: number) => void {
  const histogram = histogramOf(meter, catalog.eventLoopDelays)
  return (seconds) => histogram.record(seconds, attributes)
}

export function histogramOf(meter: Meter, declaration: Declaration): Histogram {
  return meter.createHistogram(declaration.name, optionsOf(declaration))
}

/** The other metrics as observable instruments, read when a reader collects. */
export function observeInto(
  meter: Meter,
  observations: readonly Observation[],
  attributes: Attributes,
): Stop {
  const others = observations.filter(({ declaration }) => declaration.kind !== 'histogram')
  return stopAllLater(others.map((observation) => observe(meter, observation, attributes)))
}

function observe(meter: Meter, { declaration, points }: Observation, own: Attributes): Stop {
  const instrument = observableOf(meter, declaration)
  // The metrics of the exporter have no `worker_id`.
  const identity = declaration.labels.includes('worker_id') ? own : {}
  const callback: ObservableCallback = (result) => {
    for (const { attributes, value } of points()) {
      if (typeof value === 'number') result.observe(value, { ...identity, ...attributes })
    }
  }
  instrument.addCallback(callback)
  return () => instrument.removeCallback(callback)
}

function observableOf(meter: Meter, declaration: Declaration): Observable {
  const { name, kind } = declaration
  const options = optionsOf(declaration)
  if (kind === 'counter') return meter.createObservableCounter(name, options)
  if (kind === 'upDownCounter') return meter.createObservableUpDownCounter(name, options)
  return meter.createObservableGauge(name, options)
}

function stopAllLater(stops: Stop[]): Stop {
  return () => stopAll(stops)
}

function optionsOf({ unit, help, bounds }: Declaration): object {
  const options = { unit, description: help }
  return bounds ? { ...options, advice: { explicitBucketBoundaries: [...bounds] } } : options
}
