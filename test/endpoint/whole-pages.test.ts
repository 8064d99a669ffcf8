import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import type { Page } from '../../src/exposition/page.ts'
import { PageRenderer } from '../../src/exposition/page-renderer.ts'
import type { TextFormat } from '../../src/exposition/text-format.ts'
import type { Descriptor } from '../../src/model/metric.ts'
import type { InParts } from '../../src/model/page/in-parts.ts'
import { serve } from '../support/endpoint/endpoint.ts'
import { TestBlocks } from '../support/exposition/test-blocks.ts'
import { Random } from '../support/random.ts'

/*
 * Later pages use the memory of pages that nobody reads any more. Clients of all kinds read pages
 * that are larger than the buffers of a socket, while each new page has other values.
 */

const descriptor: Descriptor = {
  ...{ name: 'orders', kind: 'gauge', unit: '', description: 'Help.', scope: 'app' },
}
const series = 2_000
const long = 'x'.repeat(4_000)
const rounds = 6

type Client = 'fast' | 'slow' | 'leaving' | 'gzip' | 'selecting'
const clients: readonly Client[] = ['fast', 'slow', 'slow', 'leaving', 'gzip', 'selecting']

/** @returns the body, or undefined for a client that leaves. */
async function read(port: number, client: Client, random: Random): Promise<Buffer | undefined> {
  const path = client === 'selecting' ? '/metrics?name[]=orders' : '/metrics'
  const headers = { 'accept-encoding': client === 'gzip' ? 'gzip' : 'identity' }
  const request = get({ host: '127.0.0.1', port, path, headers, agent: false })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  assert.equal(response.statusCode, 200)
  const chunks: Buffer[] = []
  for await (const chunk of response) {
    chunks.push(chunk)
    if (client === 'slow' && random.chance(0.1)) await sleep(5)
    if (client === 'leaving') return undefined
  }
  const body = Buffer.concat(chunks)
  return client === 'gzip' ? gunzipSync(body) : body
}

/** The values of all series of a page. */
function valuesIn(body: Buffer): Set<string> {
  return new Set(body.toString().match(/(?<=^orders\{.*\} ).*$/gm))
}

describe('A page on its way to a client', () => {
  test('has the values of one moment, whoever else gets pages', async () => {
    const blocks = new TestBlocks(descriptor, 64)
    for (let index = 0; index < series; index += 1) blocks.add({ index, long }, [0])
    const renderer = new PageRenderer()
    let version = 0
    const page = (format: TextFormat): InParts<Page> => {
      version += 1
      blocks.values.fill(version)
      for (const block of blocks.blocks) block.version += 1
      return renderer.render([blocks], format)
    }
    const { port } = await serve({ page, pageMaxAgeMs: 0 })
    const random = new Random(1)
    const follow = async (client: Client): Promise<void> => {
      for (let round = 0; round < rounds; round += 1) {
        const body = await read(port, client, random)
        if (body) assert.equal(valuesIn(body).size, 1, client)
      }
    }
    await Promise.all(clients.map(follow))
    assert.ok(version > rounds)
  })
})
