// The HEALTHCHECK of the images: ends with 0 if a probe answers 200, otherwise with 1 and a reason.
//   node healthcheck.cjs [URL]
// Without a URL, the probe is /healthz of the exporter, whose port and TLS the environment tells.
const timeoutMs = 2_000

const { env } = process
// Both names of the setting. An empty variable counts as not set.
const port = env.PROMETHEUS_METRICS_PORT || env.OTEL_EXPORTER_PROMETHEUS_PORT || '9091'
const scheme = env.PROMETHEUS_SSL_CERTFILE ? 'https' : 'http'
const url = new URL(process.argv[2] ?? `${scheme}://127.0.0.1:${port}/healthz`)
const { get } = url.protocol === 'https:' ? require('node:https') : require('node:http')

// The certificate is for the name of the service, not for the loopback interface.
const request = get(
  url,
  { agent: false, rejectUnauthorized: false, timeout: timeoutMs },
  (response) => {
    end(response.statusCode === 200 ? undefined : `${url} answered ${response.statusCode}`)
  },
)
request.on('timeout', () => end(`${url} did not answer within ${timeoutMs} ms`))
request.on('error', (error) => end(`${url}: ${error.message}`))

function end(reason) {
  if (reason !== undefined) process.stderr.write(`${reason}\n`)
  process.exit(reason === undefined ? 0 : 1)
}
