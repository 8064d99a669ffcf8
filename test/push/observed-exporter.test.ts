import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { pushLimits } from '../../src/limits/push.ts'
import type { Outcome } from '../../src/push/answers/outcome.ts'
import { ObservedExporter } from '../../src/push/observed-exporter.ts'
import type { OtlpExporter } from '../../src/push/otlp-exporter.ts'
import { eventually, freePort } from '../support/programs/app.ts'

const metrics: Parameters<OtlpExporter['export']>[0] = {
  resource: { attributes: {}, merge: (): never => assert.fail(), getRawAttributes: () => [] },
  scopeMetrics: [],
}

interface Sent {
  /** Undefined while the export is under way. */
  outcome?: Outcome
  /** Whether OTel's exporter has told a result before. */
  isOfOtel?: boolean
}

/** OTel's own exporter, which tries again after a refusal. */
function started(context: TestContext, port: number, host = '127.0.0.1') {
  const inner = new OTLPMetricExporter({ url: `http://${host}:${port}/v1/metrics` })
  let innerResults = 0
  const exporter = new ObservedExporter({
    create: () => ({
      export(given, done) {
        inner.export(given, (result) => {
          innerResults += 1
          done(result)
        })
      },
    }),
    timeoutMs: 10_000,
    secrets: [],
  })
  context.after(() => exporter.close())
  const send = (): Sent => {
    const sent: Sent = {}
    void exporter.send(metrics).then((outcome) => {
      Object.assign(sent, { outcome, isOfOtel: innerResults > 0 })
    })
    return sent
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

function reasonOf({ outcome }: Sent): string {
  return outcome && 'reason' in outcome ? outcome.reason : ''
}

describe('ObservedExporter', () => {
  test('fails at once where the connection is refused, while OTel tries again', async (context) => {
    const { exporter, send, innerResults } = started(context, await freePort())
    exporter.endAtRefusals()
    const sent = send()
    await eventually(() => assert.equal(sent.outcome?.kind, 'unavailable'))
    assert.match(reasonOf(sent), /ECONNREFUSED/)
    assert.equal(innerResults(), 0)
  })

  test('fails at once where the host has no address', async (context) => {
    const { exporter, send, innerResults } = started(context, 4318, 'collector.invalid')
    exporter.endAtRefusals()
    const sent = send()
    await eventually(() => assert.ok(sent.outcome))
    // Without a resolver, the system answers EAI_AGAIN, and OTel tries again.
    if (reasonOf(sent).includes('ENOTFOUND')) assert.equal(innerResults(), 0)
  })

  test('fails an export that waits after a refusal, and then sends anew', async (context) => {
    const port = await freePort()
    const { exporter, send, innerResults } = started(context, port)
    const waiting = send()
    // The refusal arrives in the first turns of the event loop, the next attempt after a second.
    await sleep(200)
    assert.equal(reasonOf(waiting), '')
    assert.equal(waiting.isOfOtel, undefined)
    exporter.endAtRefusals()
    await eventually(() => assert.equal(waiting.outcome?.kind, 'unavailable'))
    assert.equal(innerResults(), 0)
    await receiver(context, port, [200])
    const last = send()
    await eventually(() => assert.equal(last.outcome?.kind, 'accepted'))
    // The result of the abandoned export is ignored.
    await eventually(() => assert.equal(innerResults(), 2))
    assert.equal(waiting.outcome?.kind, 'unavailable')
  })

  test('leaves the attempts to OTel before the end of the process', async (context) => {
    const port = await freePort()
    const { send } = started(context, port)
    const sent = send()
    await sleep(200)
    await receiver(context, port, [200])
    await eventually(() => assert.equal(sent.outcome?.kind, 'accepted'))
  })

  for (const isAtEnd of [true, false]) {
    const title = isAtEnd ? 'at the end of the process' : 'that ended before'
    test(`leaves the attempts after a broken connection to OTel ${title}`, async (context) => {
      const port = await freePort()
      const { exporter, send } = started(context, port)
      if (isAtEnd) exporter.endAtRefusals()
      const { requests } = await receiver(context, port, [broken, 200])
      const sent = send()
      await eventually(() => assert.equal(requests(), 1))
      // The error has arrived before the next attempt, a second later.
      await sleep(200)
      exporter.endAtRefusals()
      await eventually(() => assert.equal(sent.outcome?.kind, 'accepted'))
      assert.equal(sent.isOfOtel, true)
    })
  }

  test('leaves the attempts after a response with 503 to OTel', async (context) => {
    const port = await freePort()
    const { requests } = await receiver(context, port, [503, 200])
    const { exporter, send } = started(context, port)
    exporter.endAtRefusals()
    const sent = send()
    await eventually(() => assert.equal(sent.outcome?.kind, 'accepted'))
    assert.equal(requests(), 2)
  })

  test('refuses the content of a request that the serializer refuses', async (context) => {
    const create = (): OtlpExporter => ({
      export() {
        throw new TypeError('no such value')
      },
    })
    const exporter = new ObservedExporter({ create, timeoutMs: 10_000, secrets: [] })
    context.after(() => exporter.close())
    assert.deepEqual(await exporter.send(metrics), {
      kind: 'refused',
      concerns: 'content',
      status: 'serialization',
      reason: 'no such value',
    })
  })

  test('replaces an exporter of OTel that does not end its exports', async (context) => {
    let made = 0
    const create = (): OtlpExporter => {
      made += 1
      return { export() {} }
    }
    const exporter = new ObservedExporter({ create, timeoutMs: 1, graceMs: 0, secrets: [] })
    context.after(() => exporter.close())
    const alive = setInterval(() => {}, 1_000)
    for (let count = 0; count <= pushLimits.unendedExports; count += 1) await exporter.send(metrics)
    clearInterval(alive)
    assert.equal(made, 2)
  })
})
