import type { MeterProvider, Span, Tracer, TracerProvider } from '@opentelemetry/api'
import type * as HttpModule from '@opentelemetry/instrumentation-http'
import type * as RuntimeModule from '@opentelemetry/instrumentation-runtime-node'
import { instrumentationPackages } from '../config/otlp/instrumentation-packages.ts'
import {
  type OtelInstrumentationName,
  otelInstrumentationsOf,
  type Settings,
} from '../config/settings.ts'
import { loadPackage, packagePlaces } from '../files/load-package.ts'
import { log } from '../log/log.ts'
import { codeOf } from '../model/errors/coded-error.ts'
import { coded } from '../model/errors/coded-text.ts'
import { loadSdk, type OtelSdk } from '../otel/bundled/load-sdk.ts'
import { messageOf } from '../support/error-message.ts'
import { createRequire } from '../support/process/create-require.ts'
import type { ProcessMetrics } from './metrics/process-metrics.ts'

const load = createRequire(import.meta.url)

/** The used part of an OTel instrumentation. */
interface Instrumentation {
  setMeterProvider: (provider: MeterProvider) => void
}

/**
 * OTel's own instrumentations, turned on by the operator. The instrumentations record into the
 * preload's provider and create no spans: an application with spans has an SDK of its own.
 */
export class OtelInstrumentations {
  readonly #metrics: ProcessMetrics
  readonly #onFault: () => void
  #state: 'idle' | 'started' | 'stopped' = 'idle'
  #started: readonly Instrumentation[] = []

  /** @param onFault called for an instrumentation that does not start. */
  constructor(metrics: ProcessMetrics, onFault: () => void) {
    this.#metrics = metrics
    this.#onFault = onFault
  }

  /**
   * Starts the instrumentations at the first call. Call `start` when a server listens, not
   * earlier: a preloaded SDK of the application has then registered.
   */
  start(settings: Settings): void {
    const names = otelInstrumentationsOf(settings)
    if (this.#state !== 'idle' || names.length === 0) return
    this.#state = 'started'
    if (this.#metrics.isShared) {
      log.info(
        `${names.join(' and ')} not started: the application's own OpenTelemetry SDK may have them`,
      )
      return
    }
    try {
      this.#started = startAll(names, this.#metrics, this.#onFault)
    } catch (error) {
      this.#onFault()
      const text = `${names.join(' and ')} not started: ${messageOf(error)}`
      log.warn(coded(codeOf(error) ?? 'GPE_INSTRUMENTATION_FAILED', text))
    }
  }

  /**
   * Stops recording. The wrappers stay: another library can have wrapped the same functions, and
   * the removal of our wrappers would remove the wrappers of the library too.
   */
  stop(): void {
    if (this.#state === 'idle') return
    this.#state = 'stopped'
    if (this.#started.length === 0) return
    const noop = loadSdk().createNoopMeter()
    for (const each of this.#started) each.setMeterProvider({ getMeter: () => noop })
  }
}

/** `node:http` with the marks of an OTel instrumentation. */
interface PatchedHttp {
  readonly Server: { readonly prototype: { readonly emit: Wrapped } }
  readonly request: Wrapped
}

interface Wrapped {
  readonly __wrapped?: unknown
}

function startAll(
  names: readonly OtelInstrumentationName[],
  metrics: ProcessMetrics,
  onFault: () => void,
): Instrumentation[] {
  const attempt = (name: string, start: () => Instrumentation | undefined): Instrumentation[] => {
    try {
      return [start() ?? []].flat()
    } catch (error) {
      onFault()
      const text = `the instrumentation ${name} cannot be started: ${messageOf(error)}`
      log.warn(coded(codeOf(error) ?? 'GPE_INSTRUMENTATION_FAILED', text))
      return []
    }
  }
  const sides = names.filter((name) => name !== 'runtime-node')
  const runtime = names.length > sides.length
  return [
    ...(sides.length > 0 ? attempt(sides.join(' and '), () => startHttp(sides, metrics)) : []),
    ...(runtime ? attempt('runtime-node', () => startRuntime(metrics)) : []),
  ]
}

function fromApplication(name: OtelInstrumentationName): unknown {
  return loadPackage(instrumentationPackages[name], packagePlaces())
}

function startRuntime(metrics: ProcessMetrics): Instrumentation {
  const runtime = fromApplication('runtime-node') as typeof RuntimeModule
  const instrumentation = new runtime.RuntimeNodeInstrumentation()
  instrumentation.setMeterProvider(metrics.provider(false))
  return instrumentation
}

type HttpSide = Exclude<OtelInstrumentationName, 'runtime-node'>

/** Both sides need one instrumentation: a second instrumentation does not get the module. */
function startHttp(
  names: readonly HttpSide[],
  metrics: ProcessMetrics,
): Instrumentation | undefined {
  const { Server, request }: PatchedHttp = load('node:http')
  const wrapped = { http: Server.prototype.emit, 'http-client': request }
  const free = names.filter((name) => !isTaken(name, wrapped[name]))
  if (free.length === 0) return undefined
  const { HttpInstrumentation } = fromApplication('http') as typeof HttpModule
  const instrumentation = new HttpInstrumentation({
    disableIncomingRequestInstrumentation: !free.includes('http'),
    // The wrapped client changes headers and stacks of the application.
    disableOutgoingRequestInstrumentation: !free.includes('http-client'),
  })
  instrumentation.setTracerProvider(withoutSpans(loadSdk()))
  // HttpInstrumentation patches a module at its `require`, even if the application loaded the
  // module before.
  for (const module of ['node:http', 'node:https']) load(module)
  // The instrumentation makes the metrics of both sides, whatever it observes.
  const isServer = free.includes('http')
  instrumentation.setMeterProvider(isServer ? metrics.serverProvider() : metrics.provider(false))
  return instrumentation
}

function isTaken(name: HttpSide, { __wrapped: isWrapped }: Wrapped): boolean {
  if (isWrapped !== true) return false
  const text = `the instrumentation ${name} is not started: the application runs one already`
  log.warn(coded('GPE_INSTRUMENTATION_TWICE', text))
  return true
}

/**
 * A tracer that never delegates. OTel's no-op tracer delegates to the application's provider.
 * HttpInstrumentation measures each span once, so each request needs a span of its own.
 */
function withoutSpans({ trace, INVALID_SPAN_CONTEXT }: OtelSdk): TracerProvider {
  const startSpan = (): Span => trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
  const tracer: Tracer = {
    startSpan,
    startActiveSpan: (...given: unknown[]) =>
      (given.at(-1) as (started: Span) => never)(startSpan()),
  }
  return { getTracer: () => tracer }
}
