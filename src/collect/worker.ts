import type { Server, Socket } from 'node:net'
import { durationBounds } from '../model/catalog/bounds.ts'
import { catalog } from '../model/catalog/catalog.ts'
import type { Point } from '../model/metric.ts'
import { type AgentFault, faultChannel } from '../model/request/request-end.ts'
import { observeChannel } from '../support/observe-channel.ts'
import { type Stop, stopAll } from '../support/stop.ts'
import type { Endpoints } from './counts/endpoints.ts'
import { type Observation, observation } from './counts/observation.ts'
import { RequestCounts, type RequestRecorder } from './counts/request-counts.ts'
import type { RouteCounts } from './counts/route-counts.ts'
import { statusText } from './counts/status-slots.ts'
import { watchFrameworks } from './http/frameworks/early-frameworks.ts'
import { frameworks } from './http/frameworks/frameworks.ts'
import { tellOperations } from './http/frameworks/graphql/graphql-requests.ts'
import { LoadedModules } from './http/frameworks/hooks/loaded-modules.ts'
import { requestSlots } from './http/frameworks/hooks/request-slot.ts'
import { HttpCollector } from './http/http.ts'
import { Http2Collector } from './http/http2.ts'
import { observeProcess, type ProcessObserverOptions } from './process/process-observations.ts'
import { routeObservations } from './route-observations.ts'
import { observeParentSockets } from './servers/parent-sockets.ts'
import { Servers } from './servers/servers.ts'

export interface WorkerCollector {
  readonly stop: Stop
  /** The live HTTP counts. */
  readonly requestCounts: RequestCounts
  /** Observes a server. Needed if the server listened before the collector started. */
  readonly observeServer: (server: Server) => void
  /** Counts a fault of this package. */
  readonly countFault: (component: string) => void
  /** Every metric except histograms. */
  readonly observations: readonly Observation[]
  /**
   * The histograms. Those of the requests stay empty if `WorkerOptions.recorder` is set.
   */
  readonly histograms: readonly Observation[]
  /** Counts the open requests at the end of the process: answered, or failed. */
  readonly endOpenRequests: (errorType: string) => void
  /** From now on, counts a request before its answer leaves the process. */
  readonly countEarly: () => void
}

export interface WorkerOptions extends ProcessObserverOptions {
  /** Receives the values of the three histograms of requests. */
  readonly recorder?: RequestRecorder
  /** Seconds, ascending. */
  readonly durationBuckets?: readonly number[]
  /** The metrics by route; undefined turns them off. */
  readonly routes?: RouteCounts | undefined
  /** Names the endpoints. Default: without rules. */
  readonly endpoints?: Endpoints | undefined
  /** GraphQL operations that get a name. Default: none. */
  readonly operations?: number
  /** Called before the first request of a server. Must not throw. */
  readonly onServer?: (server: Server) => void
}

/** Collects the metrics of a process that answers requests. */
export function collectWorker(options: WorkerOptions = {}): WorkerCollector {
  const bounds = options.durationBuckets ?? durationBounds
  const { recorder, routes, endpoints } = options
  const requestCounts = new RequestCounts(bounds, { recorder, routes, endpoints })
  const http2 = new Http2Collector(requestCounts)
  const http = new HttpCollector({
    requestCounts,
    observeServer: (server, socket) => servers.observe(server, socket),
  })
  const modules = new LoadedModules(frameworks)
  watchFrameworks(false)
  tellOperations(options.operations ?? 0)
  const servers: Servers = new Servers({
    onServer: (server) => {
      modules.patch()
      modules.adopt(server.listeners('request'))
      options.onServer?.(server)
    },
    onConnection: (socket) => http.watch(socket),
    onClientError: (socket, error) => http.clientFailed(socket, error),
    onSession: (session) => http2.watch(session),
    onFault: (component) => requestCounts.addFault(component),
  })
  const addSocket: (socket: Socket) => void = (socket) => servers.addHanded(socket)
  const stops = [observeParentSockets(addSocket, requestCounts), countAgentFaults(requestCounts)]
  const onFault = (component: string): void => requestCounts.addFault(component)
  const ownProcess = observeProcess({ ...options, onFault })
  return {
    requestCounts,
    stop: () => stopAll([...stops, ownProcess.stop, ...[http, http2, servers].map(stopOf)]),
    observeServer: (server) => servers.observe(server),
    countFault: (component) => requestCounts.addFault(component),
    observations: [
      ...requestObservations(requestCounts, servers),
      ...routeObservations(routes),
      ...ownProcess.observations,
    ],
    histograms: [...requestHistograms(requestCounts, bounds), ownProcess.delays],
    endOpenRequests(errorType) {
      http.endOpenRequests(errorType)
      http2.endOpenRequests(errorType)
    },
    countEarly() {
      http.countEarly()
      http2.countEarly()
    },
  }
}

/** The agent of a master is in another bundle, and has no counts. */
function countAgentFaults(requestCounts: RequestCounts): Stop {
  return observeChannel<AgentFault>(faultChannel, ({ component }) => {
    requestCounts.addFault(component)
  })
}

function stopOf(collector: { stop(): void }): Stop {
  return () => collector.stop()
}

function requestObservations(requestCounts: RequestCounts, servers: Servers): Observation[] {
  return [
    // First, because the primary looks for this series in each report.
    observation(catalog.listening, () => (servers.isListening ? 1 : 0)),
    observation(catalog.requests, () => requestCounts.ended),
    {
      declaration: catalog.responses,
      points: () => Array.from(requestCounts.statuses, statusPoint),
    },
    { declaration: catalog.failedRequests, points: () => requestCounts.failed.points() },
    { declaration: catalog.errorHandling, points: () => requestCounts.handled.points() },
    observation(catalog.requestsInFlight, () => requestCounts.started - requestCounts.ended),
    observation(catalog.connections, () => servers.connections()),
    {
      declaration: catalog.exporterFaults,
      points: () => Array.from(faultsOf(requestCounts), faultPoint),
    },
    {
      declaration: catalog.exporterDroppedSeries,
      points: () => Array.from(requestCounts.overflows(), overflowPoint),
    },
  ]
}

function requestHistograms(
  { duration, requestSize, responseSize }: RequestCounts,
  bounds: readonly number[],
): Observation[] {
  return [
    observation({ ...catalog.requestDuration, bounds }, () => duration.read()),
    observation(catalog.requestSize, () => requestSize.read()),
    observation(catalog.responseSize, () => responseSize.read()),
  ]
}

function* faultsOf(counts: RequestCounts): Iterable<readonly [component: string, count: number]> {
  yield* counts.faults()
  const { faults } = requestSlots()
  if (faults > 0) yield ['route', faults]
}

function statusPoint([status, count]: readonly [number, number]): Point {
  return { attributes: { status_code: statusText(status) }, value: count }
}

function overflowPoint([reason, count]: readonly [string, number]): Point {
  return { attributes: { reason }, value: count }
}

function faultPoint([component, count]: readonly [string, number]): Point {
  return { attributes: { component }, value: count }
}
