import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { NodeAddress, NodeOptions } from '../../../src/share/redis/node-connection.ts'
import { masterOf } from '../../../src/share/redis/sentinels.ts'
import { fakes } from '../../support/redis/fake-ioredis.ts'

/** The master that these Sentinels name, if every Sentinel replies in the same way. */
async function askedFor(
  reply: unknown,
  hosts: readonly string[] = ['sentinel'],
): Promise<{ master: NodeAddress; commands: readonly unknown[][] }> {
  const { created, commands, options: fake } = fakes({ reply: () => reply })
  const options = {
    ...fake,
    access: { username: undefined, password: undefined, secureContext: undefined },
    db: 0,
    connectMs: 60_000,
    replyMs: 60_000,
  } as NodeOptions
  const sentinels = hosts.map((host) => ({ host, port: 26_379 }))
  try {
    const master = await masterOf({ sentinels, name: 'main', options, staggerMs: 60_000 })
    return { master, commands }
  } finally {
    assert.deepEqual(new Set(created.map(({ status }) => status)), new Set(['end']))
  }
}

describe('A Sentinel', () => {
  for (const port of [1, 6_379, 65_535]) {
    test(`names the master at port ${port}`, async () => {
      const { master, commands } = await askedFor([Buffer.from('redis'), Buffer.from(`${port}`)])
      const namedBy = 'Sentinel sentinel:26379'
      assert.deepEqual(master, { host: 'redis', port, namedBy })
      assert.deepEqual(commands, [['SENTINEL', 'get-master-addr-by-name', 'main']])
    })
  }

  const wrong: Record<string, unknown> = {
    'no master': null,
    'a text': 'redis',
    'no host': [Buffer.from(''), Buffer.from('6379')],
    'no port': [Buffer.from('redis')],
    'port 0': [Buffer.from('redis'), Buffer.from('0')],
    'port 65536': [Buffer.from('redis'), Buffer.from('65536')],
    'a wrong port': [Buffer.from('redis'), Buffer.from('x')],
  }
  for (const [title, reply] of Object.entries(wrong)) {
    test(`that names ${title} is passed over`, async () => {
      await assert.rejects(askedFor(reply, ['a', 'b']), {
        message: 'b:26379: the Sentinel knows no master named main; 1 other server fails too',
      })
    })
  }

  test('that refuses the question has its reason in the message', async () => {
    await assert.rejects(askedFor(new Error('NOPERM no right')), {
      message: 'sentinel:26379: NOPERM no right',
    })
  })
})
