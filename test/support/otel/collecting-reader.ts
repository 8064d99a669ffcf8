import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'

/** An SDK reader that a test asks for the points of one metric. */
export class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}

  async values(name: string): Promise<{ value: unknown; attributes: Record<string, unknown> }[]> {
    const { resourceMetrics } = await this.collect()
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
    const metric = metrics.find(({ descriptor }) => descriptor.name === name)
    return (metric?.dataPoints ?? []).map(({ value, attributes }) => ({ value, attributes }))
  }
}

/** A MeterProvider with a reader for the test. */
export function setUp(): { reader: Reader; provider: MeterProvider } {
  const reader = new Reader()
  return { reader, provider: new MeterProvider({ readers: [reader] }) }
}
