import { collectLimits } from '../../limits/collect.ts'
import type { Attributes, Point } from '../../model/metric.ts'
import type { CountPlaces } from './count-places.ts'
import { type EndedRequest, httpVersions } from './ended-request.ts'
import type { EndpointEntry } from './endpoint-entry.ts'
import { methodCount, methodName, methodNumber } from './method.ts'
import { NameLimit } from './name-limit.ts'
import { NumberedNames, otherNumber } from './numbered-names.ts'
import { RouteCell } from './route-cell.ts'

export interface RouteCountsOptions {
  /** Whether the sizes of bodies count, too. */
  readonly hasSizes: boolean
  /** Whether the statuses are groups such as `2xx`. */
  readonly hasGroups?: boolean
  /** Methods that do not count. */
  readonly excludedMethods?: readonly string[]
  /** Default: `collectLimits.routeSeries`. */
  readonly series?: number
  /** Called for each request that counts, with its series. */
  readonly onRecord?: RouteRecorder
}

export type RouteRecorder = (cell: RouteCell, request: EndedRequest) => void

/**
 * Requests by route, with the attributes of OpenTelemetry's conventions, as plain numbers. A
 * request costs 0.03 µs: one integer names its series, and no text is made.
 */
export class RouteCounts {
  #isOn = true
  readonly #onRecord: RouteRecorder | undefined
  readonly #hasGroups: boolean
  /** A bit for each number of an excluded method. */
  readonly #excluded: number
  readonly #hasSizes: boolean
  readonly #limit: number
  readonly #cells: RouteCell[] = []
  #places: CountPlaces | undefined
  /** Series of paths without a route. */
  #pathCells = 0
  readonly #errors = new NumberedNames(
    new NameLimit(collectLimits.errorTypes, collectLimits.reservedErrorTypes),
  )
  /** Cells with a record since the last `takeTouched`. */
  #touched: RouteCell[] = []
  /** Started and ended requests, in turn, by the number of `RequestCounts.start`. */
  readonly #flow = new Float64Array(4 * methodCount)
  /** Sparse, by the same number. A report recognises a series by the identity of this object. */
  readonly #activeAttributes: Attributes[] = []
  /** Requests under a coarser series because of the limit. */
  overflowed = 0

  constructor(options: RouteCountsOptions) {
    const { hasSizes, hasGroups, excludedMethods, series } = options
    this.#onRecord = options.onRecord
    this.#hasSizes = hasSizes
    this.#hasGroups = hasGroups ?? false
    this.#excluded = bitsOf(excludedMethods ?? [])
    this.#limit = series ?? collectLimits.routeSeries
  }

  /** Removes the series, because the application makes these metrics. */
  stop(): void {
    this.#isOn = false
    this.#cells.length = 0
    this.#touched = []
    this.#flow.fill(0)
  }

  start(active: number): void {
    this.#flow[2 * active] = (this.#flow[2 * active] ?? 0) + 1
  }

  add(request: EndedRequest, endpoint: EndpointEntry): void {
    const { active } = request
    this.#flow[2 * active + 1] = (this.#flow[2 * active + 1] ?? 0) + 1
    if (!this.#isOn || this.#isExcluded(active)) return
    if (endpoint.isExcluded || endpoint.isLongPoll) return
    const key = this.#keyOf(request, endpoint)
    const last = endpoint.lastKey === key ? endpoint.lastCell : undefined
    const cell = last ?? this.#cell(endpoint, key)
    cell.duration.record(request.seconds)
    if (cell.requestSize) cell.requestSize.record(request.requestBytes)
    if (cell.responseSize) cell.responseSize.record(request.responseBytes)
    this.#onRecord?.(cell, request)
    if (cell.isTouched) return
    cell.isTouched = true
    this.#touched.push(cell)
  }

  /** Moves the numbers, and those of later series, to places that the primary can read. */
  moveTo(places: CountPlaces): void {
    this.#places = places
    for (const cell of this.#cells) cell.moveTo(places)
  }

  /** All series, in order of their first request. */
  get cells(): readonly RouteCell[] {
    return this.#cells
  }

  /** Series with a record since the last call. */
  takeTouched(): readonly RouteCell[] {
    const touched = this.#touched
    for (const cell of touched) cell.isTouched = false
    this.#touched = []
    return touched
  }

  /** A method that arrived once stays, with 0. */
  activePoints(): Point[] {
    if (!this.#isOn) return []
    return Array.from({ length: 2 * methodCount }, (_, active) => this.#activePoint(active)).flat()
  }

  #activePoint(active: number): Point[] {
    const started = this.#flow[2 * active] ?? 0
    if (started === 0 || this.#isExcluded(active)) return []
    this.#activeAttributes[active] ??= activeAttributes(active)
    const attributes = this.#activeAttributes[active]
    return [{ attributes, value: started - (this.#flow[2 * active + 1] ?? 0) }]
  }

  #isExcluded(active: number): boolean {
    return ((this.#excluded >> (active >> 1)) & 1) === 1
  }

  /**
   * Bits from the lowest: 5 of method and scheme, 2 of the version, 10 of the status, 14 of
   * the error.
   */
  #keyOf(request: EndedRequest, endpoint: EndpointEntry): number {
    const { active, status, version } = request
    const known = status !== undefined && status >= 100 && status < 1_000 ? status : 0
    const code = Math.trunc(this.#hasGroups ? known / 100 : known)
    const error = errorOf(request)
    // An error with the name of its status has the series of the status.
    const isTold = error === undefined || error === this.#errorOfStatus(code)
    const number = isTold ? 0 : this.#errors.numberOf(error, endpoint)
    return (number << 17) | (code << 7) | (version << 5) | active
  }

  #cell(endpoint: EndpointEntry, key: number): RouteCell {
    const known = endpoint.cells.get(key)
    const cell = known ?? this.#newCell(endpoint, key)
    endpoint.lastKey = key
    endpoint.lastCell = cell
    return cell
  }

  #newCell(endpoint: EndpointEntry, key: number): RouteCell {
    if (this.#hasRoom(endpoint)) return this.#create(endpoint, key)
    this.overflowed += 1
    const coarse = this.#coarseKey(key)
    return endpoint.cells.get(coarse) ?? this.#create(endpoint, coarse)
  }

  /** Paths, methods and errors of clients must not use up the series of routes. */
  #hasRoom({ cells, isPath }: EndpointEntry): boolean {
    if (!isPath && cells.size < collectLimits.reservedSeries) return true
    if (isPath && this.#pathCells >= collectLimits.pathSeries) return false
    return this.#cells.length < this.#limit && cells.size < collectLimits.endpointSeries
  }

  #create(endpoint: EndpointEntry, key: number): RouteCell {
    const cell = new RouteCell(this.#attributes(endpoint.name, key), this.#hasSizes)
    cell.moveTo(this.#places)
    endpoint.cells.set(key, cell)
    this.#cells.push(cell)
    if (endpoint.isPath) this.#pathCells += 1
    return cell
  }

  /** Keeps the endpoint, the scheme, and whether the request is an error: 4 keys. */
  #coarseKey(key: number): number {
    const isError = key >> 17 !== 0 || this.#errorOfStatus((key >> 7) & 1_023) !== undefined
    return (isError ? otherNumber << 17 : 0) | (unknownVersion << 5) | (key & 1)
  }

  #attributes(route: string, key: number): Attributes {
    const status = (key >> 7) & 1_023
    const error = key >> 17
    const errorType = error > 0 ? this.#errors.nameOf(error) : this.#errorOfStatus(status)
    const version = httpVersions[(key >> 5) & 3]
    return {
      ...activeAttributes(key & 31),
      'http.route': route,
      ...(status > 0 && { 'http.response.status_code': this.#hasGroups ? `${status}xx` : status }),
      ...(errorType !== undefined && { 'error.type': errorType }),
      ...(version !== undefined && { 'network.protocol.version': version }),
    }
  }

  #errorOfStatus(status: number): string | undefined {
    if (this.#hasGroups) return status >= 5 ? `${status}xx` : undefined
    return status >= 500 ? String(status) : undefined
  }
}

/** The class of an error that makes the request an error. A 4xx is an error of the client only. */
function errorOf({ abort, errorType, status = 0 }: EndedRequest): string | undefined {
  if (abort !== undefined) return errorType ?? abort
  return status >= 400 && status < 500 ? undefined : errorType
}

function bitsOf(methods: readonly string[]): number {
  let bits = 0
  for (const method of methods) bits |= 1 << methodNumber(method)
  return bits
}

function activeAttributes(active: number): Attributes {
  return {
    'http.request.method': methodName(active >> 1),
    'url.scheme': (active & 1) === 1 ? 'https' : 'http',
  }
}

/** The number after the last index of `httpVersions`. */
const unknownVersion = 3
