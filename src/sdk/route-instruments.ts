import type { Server } from 'node:net'
import { diag, type Meter } from '@opentelemetry/api'
import { RouteCounts, type RouteRecorder } from '../collect/counts/route-counts.ts'
import { catalog } from '../model/catalog/catalog.ts'
import { isInstrumented } from '../otel/http-instrumentation.ts'
import { histogramOf } from './instruments.ts'

export interface RouteInstrumentsOptions {
  /** Whether the sizes of bodies count, too. */
  readonly hasSizes: boolean
}

/**
 * OpenTelemetry's metrics of an HTTP server as instruments of the user's SDK, by route. The
 * instruments stop when a server starts to listen that OpenTelemetry's instrumentation observes.
 */
export class RouteInstruments {
  readonly routes: RouteCounts

  constructor(meter: Meter, { hasSizes }: RouteInstrumentsOptions) {
    const duration = histogramOf(meter, catalog.httpRequestDuration)
    const sizes = hasSizes ? sizeRecorder(meter) : undefined
    const onRecord: RouteRecorder = (cell, request) => {
      duration.record(request.seconds, cell.attributes)
      sizes?.(cell, request)
    }
    this.routes = new RouteCounts({ hasSizes: false, onRecord })
  }

  /** Call this method before the first request of a server. */
  check(server: Server): void {
    if (!isInstrumented(server)) return
    this.routes.stop()
    diag.info('gunicorn-prometheus-exporter: instrumentation-http makes the metrics by route')
  }
}

function sizeRecorder(meter: Meter): RouteRecorder {
  const requestSize = histogramOf(meter, catalog.httpRequestBodySize)
  const responseSize = histogramOf(meter, catalog.httpResponseBodySize)
  return ({ attributes }, { requestBytes, responseBytes }) => {
    requestSize.record(requestBytes, attributes)
    responseSize.record(responseBytes, attributes)
  }
}
