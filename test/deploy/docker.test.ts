import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { settings } from '../../src/config/table.ts'
import { nodeUnderTest, startProgram } from '../support/programs/app.ts'

const folder = join(import.meta.dirname, '../../deploy/docker')
const dockerfile = join(folder, 'Dockerfile')

describe('The HEALTHCHECK', () => {
  const names = settings.find(({ env }) => env.includes('PROMETHEUS_METRICS_PORT'))?.env ?? []

  for (const name of names) {
    test(`asks the port of ${name}`, async (context) => {
      const port = await answering(context, 200)
      assert.deepEqual(await probe({ [name]: `${port}` }), { code: 0, stderr: '' })
    })
  }

  test('takes the port of the setting that wins', async (context) => {
    const [first = '', second = ''] = names
    const [good, bad] = [await answering(context, 200), await answering(context, 503)]
    assert.equal((await probe({ [first]: `${good}`, [second]: `${bad}` })).code, 0)
    assert.equal((await probe({ [first]: '', [second]: `${good}` })).code, 0)
  })

  test('fails with a reason for another status', async (context) => {
    const port = await answering(context, 503)
    const { code, stderr } = await probe({ PROMETHEUS_METRICS_PORT: `${port}` })
    assert.equal(code, 1)
    assert.match(stderr, /healthz answered 503/)
  })
})

async function probe(
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const program = startProgram([nodeUnderTest, join(folder, 'healthcheck.cjs')], env)
  const { code } = await program.ended
  return { code, stderr: program.stderr() }
}

/** A server on the loopback interface that gives every path this status. @returns its port. */
async function answering(context: TestContext, status: number): Promise<number> {
  const server = createServer((_request, response) => response.writeHead(status).end())
  context.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

test('The image of the sidecar sets no setting, so a file in /config can set all', () => {
  const stages = readFileSync(dockerfile, 'utf8').split(/^FROM /m)
  const ofSidecar = stages.filter((stage) => / AS (runtime|sidecar)\n/.test(stage))
  assert.equal(ofSidecar.length, 2)
  const names = ofSidecar.flatMap((stage) =>
    Array.from(stage.matchAll(/^ENV (.+)$/gm), ([, line = '']) => line.split(' ')).flat(),
  )
  assert.ok(names.includes('NODE_ENV=production'))
  const known = settings.flatMap(({ env }) => env)
  assert.deepEqual(
    names.filter((name) => known.includes(name.split('=')[0] ?? '')),
    [],
  )
})
