import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { endpointProblems } from '../../src/config/otlp/endpoint-problems.ts'
import { loadOtlpExporter } from '../../src/push/otlp-exporter.ts'
import { messageOf } from '../../src/support/error-message.ts'
import { authorityIn, scratchDirectory } from '../support/endpoint/certificates.ts'
import { type GrpcReceiver, startGrpcReceiver } from '../support/otel/request-receiver.ts'

/*
 * What OTel's exporter of gRPC does with each form of an endpoint: `check` and docs/otlp.md follow
 * from this behaviour.
 */

const directory = scratchDirectory()
const socket = join(directory, 'otlp.sock')
const prefix = 'OTEL_EXPORTER_OTLP_'

interface Receivers {
  readonly plain: GrpcReceiver
  readonly secure: GrpcReceiver
  readonly unix: GrpcReceiver
}

let receivers: Receivers
let certificate = ''

type Variables = Readonly<Record<string, string>>

/** Exports once with the variables. @returns the failure; undefined after a success. */
async function exported(variables: Variables): Promise<string | undefined> {
  Object.assign(process.env, variables)
  try {
    const exporter = loadOtlpExporter(variables, { program: undefined, timeoutMs: 10_000 })
    return await new Promise((resolve) => {
      const metrics = { resource: resourceFromAttributes({}), scopeMetrics: [] }
      exporter.export(metrics, ({ code, error }) => {
        resolve(code === 0 ? undefined : messageOf(error ?? 'no reason'))
      })
    })
  } catch (error) {
    return messageOf(error)
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name]
  }
}

describe('gRPC takes the endpoint', () => {
  // A filter by name runs these hooks with the tests alone.
  const ends: (() => unknown)[] = []
  after(() => {
    for (const end of ends) end()
  })

  before(async () => {
    const owner = { after: (end: () => unknown) => void ends.push(end) }
    const { certfile, issue } = authorityIn(directory)
    const { cert, key } = issue('server')
    certificate = certfile
    receivers = {
      plain: await startGrpcReceiver(owner),
      secure: await startGrpcReceiver(owner, { tls: { cert, key } }),
      unix: await startGrpcReceiver(owner, { path: socket }),
    }
  })

  const insecure = { INSECURE: 'true' }
  type Row = readonly [
    form: string,
    to: keyof Receivers,
    verdict: 'arrives' | 'fails' | 'is a fault',
    more?: Variables,
  ]
  const rows: readonly Row[] = [
    ['http://127.0.0.1:PORT', 'plain', 'arrives'],
    ['http://127.0.0.1:PORT/v1/metrics', 'plain', 'arrives'],
    ['127.0.0.1:PORT', 'plain', 'arrives', insecure],
    ['127.0.0.1:PORT', 'plain', 'fails'],
    ['https://localhost:PORT', 'secure', 'arrives'],
    ['localhost:PORT', 'secure', 'arrives'],
    [`unix://${socket}`, 'unix', 'arrives', insecure],
    ['HTTP://127.0.0.1:PORT', 'plain', 'is a fault'],
    ['grpc://127.0.0.1:PORT', 'plain', 'is a fault'],
    ['dns:///127.0.0.1:PORT', 'plain', 'is a fault', insecure],
    ['127.0.0.1 :PORT', 'plain', 'is a fault', insecure],
  ]
  for (const [form, to, verdict, more = {}] of rows) {
    test(`${form} ${JSON.stringify(more)}: a push ${verdict}`, async () => {
      const receiver = receivers[to]
      const own = {
        PROTOCOL: 'grpc',
        ENDPOINT: form.replace('PORT', String(receiver.port)),
        CERTIFICATE: certificate,
        TIMEOUT: verdict === 'arrives' ? '30000' : '300',
        ...more,
      }
      const entries = Object.entries(own).map(([name, text]) => [`${prefix}${name}`, text])
      const variables = Object.fromEntries(entries) as Variables
      const before = receiver.requests.length
      const failure = await exported(variables)
      assert.equal(failure === undefined, verdict === 'arrives', failure)
      assert.equal(receiver.requests.length - before, verdict === 'arrives' ? 1 : 0)
      const { faults } = endpointProblems(variables)
      assert.equal(faults.length, verdict === 'is a fault' ? 1 : 0)
    })
  }
})
