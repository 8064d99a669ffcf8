import { collectLimits } from '../../limits/collect.ts'
import { sizeBounds } from '../../model/catalog/bounds.ts'
import { other } from '../../model/endpoint.ts'
import { type CountPlaces, moved } from './count-places.ts'
import type { EndedRequest } from './ended-request.ts'
import type { EndpointEntry } from './endpoint-entry.ts'
import { type EndpointFacts, Endpoints } from './endpoints.ts'
import { failedFolds, handledFolds } from './error-folds.ts'
import { HistogramCell } from './histogram-cell.ts'
import { LabelCounts } from './label-counts.ts'
import { knownMethod, methodName, methodNumber, optionsNumber } from './method.ts'
import { NameLimit } from './name-limit.ts'
import type { RouteCounts } from './route-counts.ts'
import { StatusCounts } from './status-counts.ts'
import { statusText } from './status-slots.ts'

const { errorSeries, reservedErrorSeries, errorTypes, reservedErrorTypes } = collectLimits

/** A failed request, or a request with a handled error. */
export interface FailedRequest extends EndpointFacts {
  readonly method: string | undefined
  /** Name of the error; undefined if the status is the only sign of the failure. */
  readonly errorType: string | undefined
}

/** Records the duration, in seconds, and the body sizes, in bytes, of a request. */
export type RequestRecorder = (seconds: number, requestBytes: number, sentBytes: number) => void

export interface RequestCountsOptions {
  /** Receives the values of the three histograms of the process, instead of the counts. */
  readonly recorder?: RequestRecorder | undefined
  /** The metrics by route; undefined turns them off. */
  readonly routes?: RouteCounts | undefined
  /** Names the endpoints. Default: without rules. */
  readonly endpoints?: Endpoints | undefined
}

/**
 * The HTTP metrics of this process as plain numbers. A record on an OTel histogram costs at least
 * 0.2 µs (`bench/README.md`). An addition costs almost nothing.
 */
export class RequestCounts {
  started = 0
  /** One number. */
  #ended: Float64Array = new Float64Array(1)
  readonly duration: HistogramCell
  readonly requestSize: HistogramCell = new HistogramCell(sizeBounds)
  readonly responseSize: HistogramCell = new HistogramCell(sizeBounds)
  readonly failed: LabelCounts = new LabelCounts('failedRequests', errorSeries, reservedErrorSeries)
  readonly handled: LabelCounts = new LabelCounts('errorHandling', errorSeries, reservedErrorSeries)
  /** Finished responses by status code; 0 stands for a code outside 1 to 999. */
  readonly statuses: StatusCounts = new StatusCounts()
  readonly #endpoints: Endpoints
  readonly #errorTypes = new NameLimit(errorTypes, reservedErrorTypes)
  /** No Map: a fault counts although the application breaks the methods of Map. */
  readonly #faults: Record<string, number> = Object.create(null)
  readonly routes: RouteCounts | undefined
  readonly #recorder: RequestRecorder
  #onNext: (() => void) | undefined

  /** @param durationBounds seconds, ascending. */
  constructor(durationBounds: readonly number[], options: RequestCountsOptions = {}) {
    this.duration = new HistogramCell(durationBounds)
    this.routes = options.routes
    this.#endpoints = options.endpoints ?? new Endpoints()
    this.#recorder = options.recorder ?? this.record
  }

  /** Counts an arriving request. @returns a number for `EndedRequest.active`. */
  start(method: string | undefined, isSecure: boolean): number {
    this.started += 1
    const active = 2 * methodNumber(method) + (isSecure ? 1 : 0)
    this.routes?.start(active)
    return active
  }

  /** Counts a request that `start` has counted. */
  add(request: EndedRequest): void {
    const { status, abort, errorType, active } = request
    const endpoint = this.#endpoints.of(request, active >> 1 === optionsNumber)
    // Histograms ignore NaN, those of an SDK too.
    const seconds = endpoint.isLongPoll ? Number.NaN : request.seconds
    this.#recorder(seconds, request.requestBytes, request.responseBytes)
    if (abort === undefined) this.statuses.add(status ?? 0)
    this.routes?.add(request, endpoint)
    const isFailed = abort !== undefined || errorType !== undefined || (status ?? 0) >= 400
    if (isFailed) this.#addFailure({ ...request, method: methodName(active >> 1) }, endpoint)
    this.end()
  }

  readonly record: RequestRecorder = (duration, requestBytes, responseBytes) => {
    this.duration.record(duration)
    this.requestSize.record(requestBytes)
    this.responseSize.record(responseBytes)
  }

  /** Counts an ended request, in the turn of the event loop that records its values. */
  end(): void {
    this.#ended[0] = (this.#ended[0] as number) + 1
    if (this.#onNext) this.#callNext(this.#onNext)
  }

  get ended(): number {
    return this.#ended[0] as number
  }

  /** Moves all counts, and those of later series, to places that the primary can read. */
  moveTo(places: CountPlaces): void {
    const attributes = {}
    this.#ended = moved(this.#ended, { key: 'requests', attributes }, places)
    this.duration.moveTo(places, { key: 'requestDuration', attributes })
    this.requestSize.moveTo(places, { key: 'requestSize', attributes })
    this.responseSize.moveTo(places, { key: 'responseSize', attributes })
    this.statuses.moveTo(places)
    this.failed.moveTo(places)
    this.handled.moveTo(places)
    this.routes?.moveTo(places)
  }

  /** The numbers that each request changes. */
  get lasting(): Float64Array[] {
    return [this.#ended, this.duration.totals, this.requestSize.totals, this.responseSize.totals]
  }

  /** Tells the numbers that changed since the last call, without `lasting`. */
  takeTouched(touch: (numbers: Float64Array) => void): void {
    this.statuses.takeTouched(touch)
    for (const { numbers } of this.failed.takeTouched()) touch(numbers)
    for (const { numbers } of this.handled.takeTouched()) touch(numbers)
    if (this.routes) for (const cell of this.routes.takeTouched()) cell.tellNumbers(touch)
  }

  /** Calls back once, when the next request ends or counts as handled. `act` must not throw. */
  onNext(act: () => void): void {
    this.#onNext = act
  }

  addFailed(request: FailedRequest, endpoint: EndpointEntry = this.#endpointOf(request)): void {
    const status = request.status === undefined ? '' : statusText(request.status)
    const labels = this.#labels(request, endpoint, status || 'aborted')
    this.failed.add({ ...labels, status_code: status }, failedFolds)
  }

  addHandled(request: FailedRequest, endpoint: EndpointEntry = this.#endpointOf(request)): void {
    this.#handle(request, endpoint)
    if (this.#onNext) this.#callNext(this.#onNext)
  }

  /** Counts a fault of this package, which never reaches the application. */
  addFault(component: string): void {
    this.#faults[component] = (this.#faults[component] ?? 0) + 1
  }

  faults(): Iterable<readonly [component: string, count: number]> {
    return Object.entries(this.#faults)
  }

  /** Counts under a coarser label because of a limit, by limit. */
  overflows(): Iterable<readonly [reason: string, count: number]> {
    const { templates, paths } = this.#endpoints.overflowed
    return [
      ['endpoints_limit', templates],
      ['paths_limit', paths],
      ['error_types_limit', this.#errorTypes.overflowed],
      ['error_series_limit', this.failed.overflowed + this.handled.overflowed],
      ['route_series_limit', this.routes?.overflowed ?? 0],
    ]
  }

  /** Each look at `Endpoints` counts an overflow. So both counters use the endpoint of `add`. */
  #addFailure(request: FailedRequest & EndedRequest, endpoint: EndpointEntry): void {
    this.addFailed({ ...request, errorType: request.errorType ?? request.abort }, endpoint)
    // The end of the request calls back.
    if (request.errorType !== undefined) this.#handle(request, endpoint)
  }

  #handle(request: FailedRequest, endpoint: EndpointEntry): void {
    this.handled.add(this.#labels(request, endpoint, other), handledFolds)
  }

  #endpointOf(request: FailedRequest): EndpointEntry {
    return this.#endpoints.of(request, request.method === 'OPTIONS')
  }

  #callNext(act: () => void): void {
    this.#onNext = undefined
    act()
  }

  /** @param unnamed the type of an error without a name. A status takes no name from errors. */
  #labels(
    { method, errorType }: FailedRequest,
    endpoint: EndpointEntry,
    unnamed: string,
  ): Record<string, string> {
    const error_type =
      errorType === undefined ? unnamed : this.#errorTypes.admit(errorType, endpoint)
    return { method: knownMethod(method), endpoint: endpoint.name, error_type }
  }
}
