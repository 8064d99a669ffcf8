import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { filesLimits } from '../../../src/limits/files.ts'
import { shareLimits } from '../../../src/limits/share.ts'
import { type ClientOptions, openClient } from '../../../src/share/redis/client.ts'
import type { ConnectionSettings } from '../../../src/share/redis/redis-settings.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { connection } from '../../support/redis/standalone.ts'

type Replies = [Error | null, unknown][] | null

interface Behaviour {
  readonly connect?: () => Promise<void>
  readonly exec?: () => Promise<Replies>
}

/** Classes in place of those of ioredis: they note their arguments and the commands. */
function fakes({ connect = async () => {}, exec = async () => [] }: Behaviour = {}) {
  const created: { name: string; args: unknown[]; connection: Fake }[] = []
  const commands: unknown[][] = []
  class Fake extends EventEmitter {
    status = 'wait'
    async connect(): Promise<void> {
      await connect()
      this.status = 'ready'
    }
    disconnect(): void {
      this.status = 'end'
    }
    pipeline() {
      return { callBuffer: (...command: unknown[]) => commands.push(command), exec }
    }
  }
  const classNamed = (name: string) =>
    class extends Fake {
      constructor(...args: unknown[]) {
        super()
        created.push({ name, args, connection: this })
      }
    }
  const classes = { Redis: classNamed('Redis'), Cluster: classNamed('Cluster') }
  return { created, commands, options: { classes } as unknown as ClientOptions }
}

const common = {
  db: 0,
  protocol: 2,
  connectTimeout: shareLimits.redisConnectMs,
  lazyConnect: true,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  disableClientInfo: true,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
}
const nodes = [
  { host: 'a', port: 1 },
  { host: 'b', port: 2 },
]

/** The arguments with the results of functions. A property that is undefined stays visible. */
function plain(value: unknown): unknown {
  const shown = (_: string, each: unknown): unknown => {
    if (each === undefined) return 'undefined'
    return typeof each === 'function' ? `returns ${each()}` : each
  }
  return JSON.parse(JSON.stringify(value, shown))
}

const topologies: Record<string, readonly [Partial<ConnectionSettings>, string, unknown[]]> = {
  'one Redis': [
    {},
    'Redis',
    [{ ...common, host: '127.0.0.1', port: 6_379, retryStrategy: 'returns null' }],
  ],
  'one Redis with user, password and TLS': [
    { username: 'user', password: { text: 'secret' }, hasTls: true, db: 3 },
    'Redis',
    [
      {
        ...common,
        host: '127.0.0.1',
        port: 6_379,
        db: 3,
        username: 'user',
        password: 'secret',
        tls: {},
        retryStrategy: 'returns null',
      },
    ],
  ],
  sentinels: [
    { topology: { kind: 'sentinel', sentinels: nodes, name: 'main' } },
    'Redis',
    [
      {
        ...common,
        sentinels: nodes,
        name: 'main',
        enableTLSForSentinelMode: false,
        sentinelRetryStrategy: 'returns null',
        retryStrategy: 'returns null',
      },
    ],
  ],
  'sentinels with TLS': [
    { topology: { kind: 'sentinel', sentinels: nodes, name: 'main' }, hasTls: true },
    'Redis',
    [
      {
        ...common,
        sentinels: nodes,
        name: 'main',
        tls: {},
        sentinelTLS: {},
        enableTLSForSentinelMode: true,
        sentinelRetryStrategy: 'returns null',
        retryStrategy: 'returns null',
      },
    ],
  ],
  'a Redis Cluster': [
    { topology: { kind: 'cluster', nodes } },
    'Cluster',
    [
      nodes,
      {
        lazyConnect: true,
        enableOfflineQueue: false,
        enableReadyCheck: false,
        slotsRefreshTimeout: shareLimits.redisConnectMs,
        clusterRetryStrategy: 'returns null',
        redisOptions: { ...common, retryStrategy: 'returns null' },
      },
    ],
  ],
}

describe('A Redis client', () => {
  for (const [name, [settings, className, args]] of Object.entries(topologies)) {
    test(`connects to ${name}`, async () => {
      const { created, options } = fakes()
      const client = await openClient({ ...connection, ...settings }, options)
      assert.deepEqual([created[0]?.name, plain(created[0]?.args)], [className, args])
      assert.equal(client.isOpen(), true)
      client.close()
      assert.equal(client.isOpen(), false)
    })
  }

  test('reads passwords and authorities up to filesLimits.fileBytes', async (context) => {
    const directory = await temporaryDirectory(context)
    const [path, cafile] = [join(directory, 'password'), join(directory, 'ca')]
    writeFileSync(path, ' secret\n')
    writeFileSync(cafile, 'certificate')
    const { created, options } = fakes()
    const password = { path, setting: 'REDIS_PASSWORD_FILE' }
    const authorities = { path: cafile, setting: 'REDIS_SSL_CAFILE' }
    await openClient({ ...connection, password, hasTls: true, cafile: authorities }, options)
    const [[given] = []] = created.map(({ args }) => args)
    assert.deepEqual(plain(given), {
      ...common,
      host: '127.0.0.1',
      port: 6_379,
      password: 'secret',
      tls: { ca: 'certificate' },
      retryStrategy: 'returns null',
    })
    writeFileSync(path, 'x'.repeat(filesLimits.fileBytes + 1))
    await assert.rejects(
      openClient({ ...connection, password }, options),
      /^Error: the file of REDIS_PASSWORD_FILE cannot be read: .* larger/,
    )
  })

  test('sends commands at once and gives values and errors as replies', async () => {
    const { commands, options } = fakes({
      exec: async () => [
        [null, 'value'],
        [new Error('ERR secret'), undefined],
      ],
    })
    const client = await openClient({ ...connection, password: { text: 'secret' } }, options)
    const [first, second] = await client.send([
      ['GET', 'a'],
      ['SET', 'b', 1],
    ])
    assert.deepEqual(commands, [
      ['GET', 'a'],
      ['SET', 'b', 1],
    ])
    assert.deepEqual(first, { value: 'value' })
    assert.ok(second && 'error' in second)
    assert.match(second.error.message, /^ERR /)
    assert.doesNotMatch(second.error.message, /secret/)
  })

  test('gives no replies where ioredis gives none', async () => {
    const { options } = fakes({ exec: async () => null })
    const client = await openClient(connection, options)
    assert.deepEqual(await client.send([['PING']]), [])
  })

  const failures: Record<string, readonly [thrown: unknown, text: RegExp]> = {
    'the error of the connection': [new Error('ECONNREFUSED secret'), /^ECONNREFUSED (?!secret)/],
    'the error of the node of a cluster': [
      Object.assign(new Error('Failed to refresh'), { lastNodeError: new Error('WRONGPASS') }),
      /^WRONGPASS$/,
    ],
    'the error of the node that an error event has': [
      new Error('Connection is closed.'),
      /^NOAUTH$/,
    ],
    'the last error event in place of "Connection is closed."': [
      new Error('Connection is closed.'),
      /^reason$/,
    ],
  }
  for (const [name, [thrown, text]] of Object.entries(failures)) {
    test(`rejects with ${name}`, async () => {
      const { created, options } = fakes({
        connect: () => {
          const lastNodeError = new Error('NOAUTH')
          const event = new Error('reason')
          if (name.endsWith('event has')) Object.assign(event, { lastNodeError })
          if (name.includes('error event')) created[0]?.connection.emit('error', event)
          return Promise.reject(thrown)
        },
      })
      const opened = openClient({ ...connection, password: { text: 'secret' } }, options)
      await assert.rejects(opened, { message: text })
      assert.equal(created[0]?.connection.status, 'end')
    })
  }

  test('rejects with "Connection is closed." where no reason is known', async () => {
    const { options } = fakes({ connect: () => Promise.reject(new Error('Connection is closed.')) })
    await assert.rejects(openClient(connection, options), /^Error: Connection is closed\.$/)
  })

  test('closes the connection and prefers the reason when sending fails', async () => {
    const { created, options } = fakes({ exec: () => Promise.reject(new Error('failed')) })
    const client = await openClient(connection, options)
    await assert.rejects(client.send([['PING']]), /^Error: failed$/)
    assert.equal(client.isOpen(), false)
    created[0]?.connection.emit('error', new Error('reason'))
    await assert.rejects(client.send([['PING']]), /^Error: reason$/)
  })

  test('waits twice shareLimits.redisConnectMs for a connection', async () => {
    assert.ok(shareLimits.redisConnectMs > 0)
    const { options } = fakes({ connect: () => new Promise(() => {}) })
    const opened = openClient(connection, { ...options, connectMs: 10 })
    await assert.rejects(opened, /^Error: Redis cannot be reached \(20 ms\)$/)
  })

  test('waits shareLimits.redisReplyMs for the replies', async () => {
    assert.ok(shareLimits.redisReplyMs > 0)
    const { options } = fakes({ exec: () => new Promise(() => {}) })
    const client = await openClient(connection, { ...options, replyMs: 10 })
    await assert.rejects(client.send([['PING']]), /^Error: Redis does not answer \(10 ms\)$/)
  })

  test('gives a Redis Cluster as long for its slots as for a connection', async () => {
    const { created, options } = fakes()
    const topology = { kind: 'cluster', nodes } as const
    await openClient({ ...connection, topology }, { ...options, connectMs: 10 })
    const given = JSON.stringify(created[0]?.args)
    assert.match(given, /"slotsRefreshTimeout":10\b/)
    assert.match(given, /"connectTimeout":10\b/)
  })

  test('hides nothing in an error where no password is set', async () => {
    const { options } = fakes({ connect: () => Promise.reject(new Error('undefined is ***')) })
    await assert.rejects(openClient(connection, options), /^Error: undefined is \*{3}$/)
  })

  test('loads ioredis by default', async () => {
    const closed = {
      ...connection,
      topology: { kind: 'standalone', node: { host: '127.0.0.1', port: 1 } },
    } as const
    await assert.rejects(openClient(closed), /ECONNREFUSED/)
  })

  test('survives an error event', async () => {
    const { created, options } = fakes()
    const client = await openClient(connection, options)
    created[0]?.connection.emit('error', new Error('lost'))
    assert.equal(client.isOpen(), true)
  })
})
