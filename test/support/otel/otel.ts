import type { Attributes, Meter, MetricOptions } from '@opentelemetry/api'
import {
  AggregationType,
  MeterProvider,
  MetricReader,
  type ResourceMetrics,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics'
import type { ExponentialValue, Metric } from '../../../src/model/metric.ts'
import { fromOtel, scopeText } from '../../../src/otel/from-otel.ts'
import type { Random } from '../random.ts'

class Reader extends MetricReader {
  override async onForceFlush(): Promise<void> {}
  override async onShutdown(): Promise<void> {}
}

/** Makes exponential histograms of instruments with a name that ends with `exponential`. */
const views: ViewOptions[] = [
  {
    instrumentName: '*exponential',
    aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
  },
]

/** A real SDK and a function that collects its metrics. */
export function measuring(): {
  readonly provider: MeterProvider
  readonly collect: () => Promise<ResourceMetrics>
} {
  const reader = new Reader()
  return {
    provider: new MeterProvider({ readers: [reader], views }),
    async collect() {
      const { resourceMetrics, errors } = await reader.collect()
      if (errors.length > 0) throw new Error('the SDK failed to collect', { cause: errors[0] })
      return resourceMetrics
    },
  }
}

/** Returns the metrics that a real SDK collects after the given use. */
export async function collected(use: (provider: MeterProvider) => void): Promise<ResourceMetrics> {
  const { provider, collect } = measuring()
  use(provider)
  return await collect()
}

/** Returns the collected metrics in the format of the package. */
export function converted({ scopeMetrics }: ResourceMetrics): Metric[] {
  return scopeMetrics.flatMap(({ scope, metrics }) =>
    metrics
      .map((data) => fromOtel(data, scopeText(scope), scope.schemaUrl))
      .filter((metric) => metric !== undefined),
  )
}

/** Returns the exponential histogram of the SDK for these values, which may be negative. */
export async function exponentialOf(values: readonly number[]): Promise<ExponentialValue> {
  const data = await collected((provider) => {
    const gauge = provider.getMeter('app').createGauge('exponential')
    for (const value of values) gauge.record(value)
  })
  return converted(data)[0]?.points[0]?.value as ExponentialValue
}

/** Options of a generated set of metrics. */
export interface Taste {
  /** Exponential histograms, which OTel's serializer leaves out. */
  readonly exponential: boolean
  /** Names and series that become equal in the text formats. */
  readonly clashes: boolean
  /** Counter values that OpenMetrics forbids and the SDK accepts. */
  readonly impossible: boolean
}

const scopes: readonly (readonly [string, string])[] = [
  ['app', ''],
  ['app', '1.0.0'],
  ['@acme/shop', ''],
  ['@acme/shop', '2.0.0-rc.1+5'],
  ['', ''],
  ['with space, "quotes" and \\', '1'],
  ['größe', 'ünï'],
]

const names = [
  'orders',
  'orders.processed',
  'queue-length',
  'cache/hits',
  'requests_total',
  'request.duration',
  'size_bytes',
  'größe',
  '1st',
  'a__b',
  'a.-b',
  'trailing.',
  'x',
  'x_count',
  'x_total',
  'temperature',
]

const keys = [
  'a',
  'http.method',
  'http_method',
  'http-method',
  'le',
  'exported_le',
  'größe',
  '1a',
  'with space',
  'quo"te',
  '__proto__',
  'otel.scope.name',
]

const attributeValues: readonly unknown[] = [
  '',
  'plain',
  'new\nline',
  'back\\slash',
  'back\\nslash',
  'quo"te',
  'tab\t and \r',
  'a="b",c="d"} 5',
  '😀 ü',
  '\ud800',
  ' ',
  0,
  1,
  '1',
  -1.5,
  1e21,
  Number.NaN,
  true,
  'true',
  [],
  ['a', 'b'],
  [1, null, undefined],
  undefined,
  null,
]

const values = [
  0,
  -0,
  1,
  5,
  0.1 + 0.2,
  1e-7,
  1e21,
  123_456_789,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  Number.POSITIVE_INFINITY,
]
const signed = [...values, -1, -0.5, -1e21, Number.NEGATIVE_INFINITY, Number.NaN]

const bounds: readonly (readonly number[])[] = [
  [],
  [0],
  [1, 2, 5],
  [1e-7, 1e-5, 0.001, 1],
  [1_000, 1e6, 1_048_576, 1e9, 1e21, 1e22],
  [0.1, Number.POSITIVE_INFINITY],
]

/** Uses a provider with unusual names, labels and values. */
export function useAtRandom(provider: MeterProvider, random: Random, taste: Taste): void {
  const count = 1 + random.below(6)
  for (let index = 0; index < count; index += 1) {
    const meter = provider.getMeter(...random.pick(scopes))
    const name = random.pick(names) + (taste.clashes ? '' : `.n${index}`)
    instrument({ meter, name, random, taste })
  }
}

interface Use {
  readonly meter: Meter
  readonly name: string
  readonly random: Random
  readonly taste: Taste
}

function instrument(use: Use): void {
  const { meter, name, random } = use
  const options = {
    unit: random.pick(['', 's', 'By', '1', 'ms', '{item}', 'constructor']),
    description: random.pick([
      '',
      'Plain.',
      'Of\ntwo lines.',
      'Back\\slash and "quotes".',
      'größe 😀',
    ]),
    advice: { explicitBucketBoundaries: [...random.pick(bounds)] },
  }
  const kinds: Record<string, () => void> = {
    counter: () => record(use, values, bind(meter.createCounter(name, options), 'add')),
    upDown: () => record(use, signed, bind(meter.createUpDownCounter(name, options), 'add')),
    gauge: () => record(use, signed, bind(meter.createGauge(name, options), 'record')),
    histogram: () => record(use, values, bind(meter.createHistogram(name, options), 'record')),
    ...(use.taste.exponential && { exponential: () => exponential(use, options) }),
    observableCounter: () =>
      meter
        .createObservableCounter(name, options)
        .addCallback((result) => record(use, values, bind(result, 'observe'))),
    observableUpDown: () =>
      meter
        .createObservableUpDownCounter(name, options)
        .addCallback((result) => record(use, signed, bind(result, 'observe'))),
    observableGauge: () =>
      meter
        .createObservableGauge(name, options)
        .addCallback((result) => record(use, signed, bind(result, 'observe'))),
  }
  kinds[random.pick(Object.keys(kinds))]?.()
}

/** A value of a gauge, which may be negative, or of a histogram. */
function exponential({ meter, name, random, taste }: Use, options: MetricOptions): void {
  const taken = `${name}.exponential`
  const use = { meter, name: taken, random, taste }
  if (random.chance(0.5)) record(use, values, bind(meter.createHistogram(taken, options), 'record'))
  else record(use, signed, bind(meter.createGauge(taken, options), 'record'))
}

type Take = (value: number, attributes: Attributes) => void

function bind<K extends string>(target: Record<K, Take>, method: K): Take {
  return (value, attributes) => target[method](value, attributes)
}

function record({ random, taste }: Use, from: readonly number[], take: Take): void {
  const usable = taste.impossible ? from : from.filter(Number.isFinite)
  const count = 1 + random.below(4)
  for (let index = 0; index < count; index += 1) {
    const own = taste.clashes ? [] : [['n', `${index}`] as const]
    const entries = random
      .some(keys, 0.2)
      .map((key) => [key, random.pick(attributeValues)] as const)
    const attributes = Object.fromEntries([...own, ...entries]) as Attributes
    const times = 1 + random.below(3)
    for (let time = 0; time < times; time += 1) take(random.pick(usable), attributes)
  }
}
