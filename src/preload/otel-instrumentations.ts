import type * as Api from '@opentelemetry/api'
import type { MeterProvider, Tracer, TracerProvider } from '@opentelemetry/api'
import type * as HttpModule from '@opentelemetry/instrumentation-http'
import type * as RuntimeModule from '@opentelemetry/instrumentation-runtime-node'
import {
  type OtelInstrumentationName,
  otelInstrumentationsOf,
  type Settings,
} from '../config/settings.ts'
import { log } from '../log/log.ts'
import { messageOf } from '../support/error-message.ts'
import { createRequire } from '../support/process/create-require.ts'
import type { ProcessMetrics } from './process-metrics.ts'

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
  #state: 'idle' | 'started' | 'stopped' = 'idle'
  #started: readonly Instrumentation[] = []

  constructor(metrics: ProcessMetrics) {
    this.#metrics = metrics
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
      this.#started = startAll(names, this.#metrics.provider(false))
    } catch (error) {
      log.warn(`${names.join(' and ')} not started: ${messageOf(error)}`)
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
    const api: typeof Api = load('@opentelemetry/api')
    const noop = api.createNoopMeter()
    for (const each of this.#started) each.setMeterProvider({ getMeter: () => noop })
  }
}

/** `node:http` with the mark of an OTel instrumentation. */
interface PatchedHttp {
  readonly Server: { readonly prototype: { readonly emit: { readonly __wrapped?: unknown } } }
}

function startAll(
  names: readonly OtelInstrumentationName[],
  provider: MeterProvider,
): Instrumentation[] {
  const api: typeof Api = load('@opentelemetry/api')
  const started = names.flatMap((name): Instrumentation[] => {
    try {
      return factories[name](api)
    } catch (error) {
      log.warn(`the instrumentation ${name} cannot be started: ${messageOf(error)}`)
      return []
    }
  })
  for (const each of started) each.setMeterProvider(provider)
  return started
}

const factories: Readonly<Record<OtelInstrumentationName, (api: typeof Api) => Instrumentation[]>> =
  {
    http(api) {
      const http: PatchedHttp = load('node:http')
      if (http.Server.prototype.emit.__wrapped === true) {
        log.warn('the instrumentation http is not started: the application runs one already')
        return []
      }
      const { HttpInstrumentation }: typeof HttpModule = load('@opentelemetry/instrumentation-http')
      const instrumentation = new HttpInstrumentation()
      instrumentation.setTracerProvider(withoutSpans(api))
      // HttpInstrumentation patches a module at its `require`, even if the application loaded the
      // module before.
      for (const module of ['node:http', 'node:https']) load(module)
      return [instrumentation]
    },
    'runtime-node'() {
      const runtime: typeof RuntimeModule = load('@opentelemetry/instrumentation-runtime-node')
      return [new runtime.RuntimeNodeInstrumentation()]
    },
  }

/** A tracer that never delegates. OTel's no-op tracer delegates to the application's provider. */
function withoutSpans({ trace, INVALID_SPAN_CONTEXT }: typeof Api): TracerProvider {
  const span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
  const tracer: Tracer = {
    startSpan: () => span,
    startActiveSpan: (...given: unknown[]) =>
      (given.at(-1) as (started: typeof span) => never)(span),
  }
  return { getTracer: () => tracer }
}
