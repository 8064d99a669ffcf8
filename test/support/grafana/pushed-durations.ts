const buckets = [0.005, 0.05, 0.5]

/**
 * Pushes durations with exemplars to Prometheus, in the form in which SDKs of OpenTelemetry push
 * them. The SDK for JavaScript has no exemplars. Other SDKs have them.
 *
 * @param count requests since the start, 10 a second.
 */
export async function pushDurations(url: string, count: number): Promise<void> {
  const now = BigInt(Date.now()) * 1_000_000n
  const exemplar = {
    timeUnixNano: `${now}`,
    asDouble: 0.04,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
  }
  const point = {
    startTimeUnixNano: `${now - 1_000_000_000n * BigInt(Math.ceil(count / 10))}`,
    timeUnixNano: `${now}`,
    attributes: attributes({ 'http.request.method': 'GET', 'http.route': '/carts/{id}' }),
    count: `${count}`,
    sum: count * 0.04,
    bucketCounts: ['0', `${count}`, '0', '0'],
    explicitBounds: buckets,
    exemplars: [exemplar],
  }
  const histogram = { aggregationTemporality: 2, dataPoints: [point] }
  const metric = { name: 'http.server.request.duration', unit: 's', histogram }
  const resource = attributes({ 'service.name': 'carts', 'service.instance.id': 'carts-1' })
  const request = {
    resourceMetrics: [
      { resource: { attributes: resource }, scopeMetrics: [{ metrics: [metric] }] },
    ],
  }
  const response = await fetch(`${url}/api/v1/otlp/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  })
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
}

function attributes(values: Readonly<Record<string, string>>): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: { stringValue: value } }))
}
