import { createRequire } from 'node:module'
import type * as Api from '@opentelemetry/api'
import type { MeterProvider, Tracer, TracerProvider } from '@opentelemetry/api'
import type * as HttpModule from '@opentelemetry/instrumentation-http'
import type * as RuntimeModule from '@opentelemetry/instrumentation-runtime-node'
import type { OtelInstrumentationName } from '../config/settings.ts'
import { messageOf } from '../support/error-message.ts'

const load = createRequire(import.meta.url)

export interface OtelInstrumentationsOptions {
  readonly names: readonly OtelInstrumentationName[]
  readonly provider: MeterProvider
  /** What an operator should know, a sentence. */
  readonly warn: (text: string) => void
}

/** Any of OTel's instrumentations, as far as we use it. */
interface Companion {
  setMeterProvider: (provider: MeterProvider) => void
}

/**
 * OTel's own instrumentations that an operator may add, off unless asked: they record into the
 * provider of the preload. They make no spans: an application that wants some has an SDK.
 *
 * @returns what silences them. Their wrappers stay: to take one off that somebody else has wrapped in turn would take off his.
 */
export function startOtelInstrumentations({
  names,
  provider,
  warn,
}: OtelInstrumentationsOptions): () => void {
  const api = load('@opentelemetry/api') as typeof Api
  const companions = names.flatMap((name): Companion[] => {
    try {
      return makers[name](api, warn)
    } catch (error) {
      warn(`the instrumentation ${name} cannot be started: ${messageOf(error)}`)
      return []
    }
  })
  for (const companion of companions) companion.setMeterProvider(provider)
  return () => {
    const silent = api.createNoopMeter()
    for (const companion of companions) companion.setMeterProvider({ getMeter: () => silent })
  }
}

type Maker = (api: typeof Api, warn: OtelInstrumentationsOptions['warn']) => Companion[]

const makers: Readonly<Record<OtelInstrumentationName, Maker>> = {
  http(api, warn) {
    const http = load('node:http') as { Server: { prototype: { emit: { __wrapped?: unknown } } } }
    if (http.Server.prototype.emit.__wrapped === true) {
      warn('the instrumentation http is not started: the application runs one already')
      return []
    }
    const { HttpInstrumentation } = load('@opentelemetry/instrumentation-http') as typeof HttpModule
    const instrumentation = new HttpInstrumentation()
    instrumentation.setTracerProvider(withoutSpans(api))
    // It wraps what is required from now on; that the application has required it before is all the same.
    for (const module of ['node:http', 'node:https']) load(module)
    return [instrumentation]
  },
  'runtime-node'() {
    const { RuntimeNodeInstrumentation } = load(
      '@opentelemetry/instrumentation-runtime-node',
    ) as typeof RuntimeModule
    return [new RuntimeNodeInstrumentation()]
  },
}

/** OTel's own no-op tracer goes to the application's provider once there is one. */
function withoutSpans({ trace, INVALID_SPAN_CONTEXT }: typeof Api): TracerProvider {
  const span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
  const tracer: Tracer = {
    startSpan: () => span,
    startActiveSpan: (...given: unknown[]) =>
      (given.at(-1) as (started: typeof span) => never)(span),
  }
  return { getTracer: () => tracer }
}
