// Bug: stderr got each warning once per process. The second outage of a Collector, its end, and the
// second bad certificate were silent.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { scratchDirectory } from '../../support/endpoint/certificates.ts'
import { type App, eventually, startApp } from '../../support/programs/app.ts'

test('stderr gets each start and each end of an outage of the Collector', async () => {
  let status = 200
  const receiver = createServer((request, response) => {
    request.resume()
    response.writeHead(status).end()
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const { port } = receiver.address() as AddressInfo
  const env = {
    OTEL_METRICS_EXPORTER: 'prometheus,otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_METRIC_EXPORT_INTERVAL: '200',
  }
  const app = await startApp({ file: 'apps/single/single.cjs', env })
  try {
    const expected: RegExp[] = []
    for (const [next, line] of [
      [401, /^metrics cannot be pushed, trying again: 401 /],
      [200, /^metrics are pushed again \(GPE_RECOVERED\)$/],
      [401, /^metrics cannot be pushed, trying again: 401 /],
      [200, /^metrics are pushed again \(GPE_RECOVERED\)$/],
    ] as const) {
      status = next
      expected.push(line)
      await untilLogged(app, expected)
    }
  } finally {
    await app.stop()
    receiver.closeAllConnections()
    receiver.close()
  }
})

test('stderr gets each change of a secret file to a bad and to a good state', async () => {
  const path = join(scratchDirectory(), 'token')
  writeFileSync(path, 'token-0\n')
  const env = { PROMETHEUS_AUTH_BEARER_TOKEN_FILE: path }
  const app = await startApp({ file: 'apps/single/single.cjs', env })
  try {
    await eventually(async () => {
      const answer = await fetch(app.metricsUrl, { headers: { authorization: 'Bearer token-0' } })
      assert.equal((await answer.text()) !== '' && answer.status, 200)
    })
    const bad =
      /PROMETHEUS_AUTH_BEARER_TOKEN_FILE are invalid, and the old ones stay in use: .*is empty/
    const good = /files of PROMETHEUS_AUTH_BEARER_TOKEN_FILE are valid again and in use/
    const expected: RegExp[] = []
    for (const [text, line] of [
      ['', bad],
      ['token-1\n', good],
      ['', bad],
      ['token-2\n', good],
    ] as const) {
      writeFileSync(path, text)
      expected.push(line)
      await untilLogged(app, expected)
    }
  } finally {
    await app.stop()
  }
})

/* stderr gets a second failure as well as the first. */

const prefix = 'gunicorn-prometheus-exporter: '

function lines(app: App): string[] {
  return app
    .stderr()
    .split('\n')
    .filter((line) => line.startsWith(prefix))
    .map((line) => line.slice(prefix.length))
}

async function untilLogged(app: App, expected: readonly RegExp[]): Promise<void> {
  await eventually(() => assert.equal(lines(app).length, expected.length, app.stderr()), 60_000)
  for (const [index, line] of lines(app).entries()) assert.match(line, expected[index] ?? /^$/)
}
