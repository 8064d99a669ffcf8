import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import type { OtlpExporter } from '../../src/push/otlp-exporter.ts'
import { RefusableExporter } from '../../src/push/refusable-exporter.ts'
import { eventually, freePort } from '../support/programs/app.ts'

const metrics: Parameters<OtlpExporter['export']>[0] = {
  resource: { attributes: {}, merge: (): never => assert.fail(), getRawAttributes: () => [] },
  scopeMetrics: [],
}

interface Outcome {
  /** Undefined while the export is under way. */
  code?: number
  error?: unknown
  /** Whether OTel's exporter has told a result before. */
  isOfOtel?: boolean
}

/** OTel's own exporter, which tries again after a refusal. */
function started(port: number, host = '127.0.0.1') {
  const inner = new OTLPMetricExporter({ url: `http://${host}:${port}/v1/metrics` })
  let innerResults = 0
  const exporter = new RefusableExporter({
    export(given, done) {
      inner.export(given, (result) => {
        innerResults += 1
        done(result)
      })
    },
  })
  const send = (): Outcome => {
    const outcome: Outcome = {}
    exporter.export(metrics, (result) =>
      Object.assign(outcome, result, { isOfOtel: innerResults > 0 }),
    )
    return outcome
  }
  return { exporter, send, innerResults: () => innerResults }
}

/** In place of a status: the receiver breaks the connection. */
const broken = 0

/** A receiver that gives these responses in turn, and the last of them again and again. */
async function receiver(context: TestContext, port: number, statuses: readonly number[]) {
  let requests = 0
  const server = createServer((request, response) => {
    request.resume()
    const status = statuses[requests] ?? statuses.at(-1) ?? 200
    requests += 1
    if (status === broken) request.socket.destroy()
    else response.writeHead(status).end()
  })
  context.after(() => {
    server.close()
    server.closeAllConnections()
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { requests: () => requests }
}

describe('RefusableExporter', () => {
  test('fails at once where the connection is refused, while OTel would try again', async () => {
    const { exporter, send, innerResults } = started(await freePort())
    exporter.endAtRefusals()
    const outcome = send()
    await eventually(() => assert.equal(outcome.code, 1))
    assert.match(String(outcome.error), /ECONNREFUSED/)
    assert.equal(innerResults(), 0)
  })

  test('fails at once where the host has no address', async () => {
    const { exporter, send, innerResults } = started(4318, 'collector.invalid')
    exporter.endAtRefusals()
    const outcome = send()
    await eventually(() => assert.ok(outcome.code === 1 || innerResults() > 0))
    // Without a resolver, the system answers EAI_AGAIN, and OTel tries again.
    if (String(outcome.error).includes('ENOTFOUND')) assert.equal(innerResults(), 0)
  })

  test('fails an export that waits after a refusal, and then sends anew', async (context) => {
    const port = await freePort()
    const { exporter, send, innerResults } = started(port)
    const waiting = send()
    // The refusal arrives in the first turns of the event loop, the next attempt after a second.
    await sleep(200)
    assert.equal(waiting.code, undefined)
    exporter.endAtRefusals()
    assert.equal(waiting.code, 1)
    assert.equal(innerResults(), 0)
    await receiver(context, port, [200])
    const last = send()
    await eventually(() => assert.equal(last.code, 0))
    // The result of the abandoned export is ignored.
    await eventually(() => assert.equal(innerResults(), 2))
    assert.equal(waiting.code, 1)
  })

  test('leaves the attempts to OTel before the end of the process', async (context) => {
    const port = await freePort()
    const { send } = started(port)
    const outcome = send()
    await sleep(200)
    await receiver(context, port, [200])
    await eventually(() => assert.equal(outcome.code, 0))
  })

  for (const isAtEnd of [true, false]) {
    const title = isAtEnd ? 'at the end of the process' : 'that ended before'
    test(`leaves the attempts after a broken connection to OTel ${title}`, async (context) => {
      const port = await freePort()
      const { exporter, send } = started(port)
      if (isAtEnd) exporter.endAtRefusals()
      const { requests } = await receiver(context, port, [broken, 200])
      const outcome = send()
      await eventually(() => assert.equal(requests(), 1))
      // The error has arrived before the next attempt, a second later.
      await sleep(200)
      exporter.endAtRefusals()
      await eventually(() => assert.equal(outcome.code, 0))
      assert.equal(outcome.isOfOtel, true)
    })
  }

  test('leaves the attempts after a response with 503 to OTel', async (context) => {
    const port = await freePort()
    const { requests } = await receiver(context, port, [503, 200])
    const { exporter, send } = started(port)
    exporter.endAtRefusals()
    const outcome = send()
    await eventually(() => assert.equal(outcome.code, 0))
    assert.equal(requests(), 2)
  })
})
