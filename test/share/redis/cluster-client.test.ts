import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { describe, test } from 'node:test'
import type { RedisCommand } from '../../../src/share/redis/client.ts'
import { openCluster } from '../../../src/share/redis/cluster-client.ts'
import type { NodeAddress, NodeOptions } from '../../../src/share/redis/node-connection.ts'
import { eventually } from '../../support/programs/app.ts'

type Answer = (command: RedisCommand) => unknown

/** Nodes `name:1`; each answers commands by a function, an error as an error. */
class Nodes {
  /** The node of all slots, as every node says. */
  owner: string
  /** The error or the value with which every node replies to CLUSTER SLOTS, if not as usual. */
  slots: unknown
  /** The text of the error of a node without the keys, if not as usual. */
  moved: string | undefined
  /** The node `slow` opens afterwards. */
  slowness: Promise<void> = Promise.resolve()
  /** The slot moves to this node, which has the keys of the commands in `exported`. */
  importing = 'b'
  readonly exported = new Set<string>()
  askingError: Error | undefined
  #isAsking = false
  readonly open = new Set<object>()
  readonly opened: string[] = []
  readonly received: [node: string, command: string][] = []
  readonly options: NodeOptions

  constructor(owner: string, answer: Answer) {
    this.owner = owner
    const nodes = this
    class Fake extends EventEmitter {
      status = 'wait'
      readonly #host: string
      constructor({ host }: { readonly host: string }) {
        super()
        this.#host = host
      }
      async connect(): Promise<void> {
        if (this.#host === 'away') throw new Error('away')
        if (this.#host === 'slow') await nodes.slowness
        this.status = 'ready'
        nodes.open.add(this)
        nodes.opened.push(this.#host)
      }
      disconnect(): void {
        this.status = 'end'
        nodes.open.delete(this)
      }
      pipeline() {
        const commands: RedisCommand[] = []
        return {
          callBuffer: (...command: RedisCommand) => void commands.push(command),
          exec: async () => commands.map((command) => nodes.#reply(this.#host, command, answer)),
        }
      }
    }
    this.options = {
      Redis: Fake as unknown as NodeOptions['Redis'],
      access: { username: undefined, password: undefined, secureContext: undefined },
      db: 0,
      connectMs: 60_000,
      replyMs: 60_000,
    }
  }

  async client(names: readonly string[], known: NodeAddress[] = [], staggerMs = 60_000) {
    const nodes = names.map((host) => ({ host, port: 1 }))
    return await openCluster({ nodes, slot: 5, options: this.options, staggerMs, known })
  }

  #reply(host: string, command: RedisCommand, answer: Answer): [Error | null, unknown] {
    const [name] = command
    if (name === 'CLUSTER') {
      const slots = this.slots ?? [[0, 16_383, [Buffer.from(this.owner), 1, 'id']]]
      return slots instanceof Error ? [slots, undefined] : [null, slots]
    }
    this.received.push([host, name])
    const whileMoving = this.#replyWhileMoving(host, name)
    if (whileMoving) return whileMoving
    if (host !== this.owner) {
      return [new Error(this.moved ?? `MOVED 5 ${this.owner}:1`), undefined]
    }
    const value = answer(command)
    return value instanceof Error ? [value, undefined] : [null, value]
  }

  #replyWhileMoving(host: string, name: string): [Error | null, unknown] | undefined {
    const isAsking = this.#isAsking
    this.#isAsking = name === 'ASKING'
    if (this.#isAsking) return [this.askingError ?? null, 'OK']
    const isExported = host === this.owner && this.exported.has(name)
    if (isExported) return [new Error(`ASK 5 ${this.importing}:1`), undefined]
    return isAsking && host === this.importing ? [null, `${name} of ${host}`] : undefined
  }
}

describe('A client of a Redis Cluster', () => {
  test('keeps the connection to the asked node, if this node has the keys', async () => {
    const nodes = new Nodes('a', () => 'OK')
    const client = await nodes.client(['a', 'b'])
    assert.deepEqual(nodes.opened, ['a'])
    assert.deepEqual(await client.send([['SET', 'x', '1']]), [{ value: 'OK' }])
    client.close()
    assert.equal(nodes.open.size, 0)
  })

  test('has one connection, to the node of the keys', async () => {
    const nodes = new Nodes('c', () => 'OK')
    await nodes.client(['away', 'a', 'b'])
    assert.deepEqual(nodes.opened, ['a', 'c'])
    assert.equal(nodes.open.size, 1)
  })

  test('sends again what a node refuses, and nothing else', async () => {
    const nodes = new Nodes('a', ([name]) => name)
    const client = await nodes.client(['a'])
    nodes.owner = 'b'
    const replies = await client.send([['SET'], ['GET']])
    assert.deepEqual(replies, [{ value: 'SET' }, { value: 'GET' }])
    assert.deepEqual(nodes.received, [
      ['a', 'SET'],
      ['a', 'GET'],
      ['b', 'SET'],
      ['b', 'GET'],
    ])
    assert.equal(nodes.open.size, 1)
  })

  test('keeps the order of replies when the keys move between two commands', async () => {
    const nodes = new Nodes('a', ([name]) => {
      if (name === 'first') nodes.owner = 'b'
      return name === 'wrong' ? new Error('ERR wrong') : name
    })
    const client = await nodes.client(['a'])
    const [first, ...others] = await client.send([['first'], ['wrong'], ['third']])
    assert.deepEqual(first, { value: 'first' })
    assert.deepEqual(others, [
      { error: new Error('b:1 (named by a:1): ERR wrong') },
      { value: 'third' },
    ])
    assert.deepEqual(nodes.received, [
      ['a', 'first'],
      ['a', 'wrong'],
      ['a', 'third'],
      ['b', 'wrong'],
      ['b', 'third'],
    ])
  })

  test('asks the next node for the keys that have moved while a slot moves', async () => {
    const nodes = new Nodes('a', ([name]) => name)
    const client = await nodes.client(['a'])
    nodes.exported.add('SET').add('ZADD')
    for (let round = 0; round < 2; round += 1) {
      nodes.received.length = 0
      const replies = await client.send([['SET'], ['GET'], ['ZADD']])
      assert.deepEqual(replies, [{ value: 'SET of b' }, { value: 'GET' }, { value: 'ZADD of b' }])
      assert.deepEqual(nodes.received, [
        ['a', 'SET'],
        ['a', 'GET'],
        ['a', 'ZADD'],
        ['b', 'ASKING'],
        ['b', 'SET'],
        ['b', 'ASKING'],
        ['b', 'ZADD'],
      ])
    }
    assert.deepEqual(nodes.opened, ['a', 'b'])
    nodes.owner = 'b'
    nodes.exported.clear()
    assert.deepEqual(await client.send([['SET']]), [{ value: 'SET' }])
    assert.equal(nodes.open.size, 1)
    client.close()
    assert.equal(nodes.open.size, 0)
  })

  test('asks the next node after the slot moved twice', async () => {
    const nodes = new Nodes('a', ([name]) => name)
    const client = await nodes.client(['a'])
    nodes.owner = 'c'
    nodes.exported.add('SET')
    assert.deepEqual(await client.send([['SET'], ['GET']]), [
      { value: 'SET of b' },
      { value: 'GET' },
    ])
    client.close()
    assert.equal(nodes.open.size, 0)
  })

  test('tells which node refuses a command while a slot moves', async () => {
    const nodes = new Nodes('a', ([name]) => name)
    const client = await nodes.client(['a'])
    nodes.exported.add('SET')
    nodes.askingError = new Error('NOPERM asking')
    const replies = await client.send([['GET'], ['SET']])
    assert.deepEqual(replies, [
      { value: 'GET' },
      { error: new Error('b:1 (named by a:1): NOPERM asking') },
    ])
    nodes.importing = 'away'
    await assert.rejects(client.send([['SET']]), { message: 'away:1 (named by a:1): away' })
  })

  test('closes a connection that opens after its end', async () => {
    const nodes = new Nodes('a', () => 'OK')
    const client = await nodes.client(['a'])
    nodes.owner = 'b'
    const sent = client.send([['SET']])
    client.close()
    await sent.catch(() => {})
    assert.equal(nodes.open.size, 0)
  })

  test('closes a connection that a slow node opens too late', async () => {
    const nodes = new Nodes('a', () => 'OK')
    const slow = new EventEmitter()
    nodes.slowness = once(slow, 'open').then(() => {})
    await nodes.client(['slow', 'a'], [], 1)
    slow.emit('open')
    await eventually(() => assert.deepEqual(nodes.opened, ['a', 'slow', 'a']))
    await eventually(() => assert.equal(nodes.open.size, 1))
  })

  test('finds the cluster by nodes of an earlier connection', async () => {
    const nodes = new Nodes('c', () => 'OK')
    const known: NodeAddress[] = []
    await nodes.client(['a'], known)
    assert.deepEqual(known, [{ host: 'c', port: 1, namedBy: 'a:1' }])
    await nodes.client(['away'], known)
    assert.deepEqual(nodes.opened, ['a', 'c', 'c'])
  })

  test('asks each node once, also where several lists have the node', async () => {
    const nodes = new Nodes('a', () => 'OK')
    nodes.slots = []
    const known: NodeAddress[] = [{ host: 'a', port: 1, namedBy: 'b:1' }]
    await assert.rejects(nodes.client(['a', 'b', 'b'], known), {
      message: 'b:1: no node of the cluster has slot 5; 1 other server fails too',
    })
    assert.deepEqual(nodes.opened, ['a', 'b'])
    assert.equal(nodes.open.size, 0)
  })

  test('names a node that refuses the question for the slots, and closes', async () => {
    const nodes = new Nodes('a', () => 'OK')
    nodes.slots = new Error('NOPERM no right')
    await assert.rejects(nodes.client(['a']), { message: 'a:1: NOPERM no right' })
    assert.equal(nodes.open.size, 0)
  })

  test('closes the connection to the asked node, if the node of the keys is away', async () => {
    const nodes = new Nodes('away', () => 'OK')
    await assert.rejects(nodes.client(['a']), { message: 'away:1 (named by a:1): away' })
    assert.deepEqual(nodes.opened, ['a'])
    assert.equal(nodes.open.size, 0)
  })

  test('fails where the keys move and no node says where', async () => {
    const nodes = new Nodes('a', () => 'OK')
    const client = await nodes.client(['a'])
    nodes.owner = 'away'
    await assert.rejects(client.send([['SET']]), /^Error: away:1 \(named by a:1\): away/)
    assert.equal(client.isOpen(), false)
    assert.equal(nodes.open.size, 0)
  })

  for (const moved of ['MOVED 5 b:0', 'MOVED 5 b:65536', 'MOVED 5', 'MOVED 5 b:x', 'ASK 5 b:0']) {
    test(`does not follow the answer ${moved}`, async () => {
      const nodes = new Nodes('a', () => 'OK')
      const client = await nodes.client(['a'])
      Object.assign(nodes, { owner: 'b', moved })
      const [reply] = await client.send([['SET']])
      assert.ok(reply && 'error' in reply)
      assert.ok(reply.error.message.startsWith(`a:1: ${moved}`), reply.error.message)
      assert.deepEqual(nodes.opened, ['a'])
    })
  }

  for (const moved of ['MOVED 5 :1', 'MOVED 5 ?:1']) {
    test(`takes the answer ${moved} for a port of the same host`, async () => {
      const nodes = new Nodes('a', () => 'OK')
      const client = await nodes.client(['a'])
      Object.assign(nodes, { owner: 'b', moved })
      const replies = await client.send([['SET']])
      assert.deepEqual(nodes.opened, ['a', 'a', 'b'])
      assert.deepEqual(replies, [{ value: 'OK' }])
    })
  }

  test('names the last node where none answers', async () => {
    const nodes = new Nodes('a', () => 'OK')
    await assert.rejects(nodes.client(['away']), { message: 'away:1: away' })
  })
})
