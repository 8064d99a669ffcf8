import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { filesLimits } from '../../../src/limits/files.ts'
import { shareLimits } from '../../../src/limits/share.ts'
import type { Client } from '../../../src/share/redis/client.ts'
import { hashSlot } from '../../../src/share/redis/hash-slot.ts'
import { type ClientOptions, clientOpener } from '../../../src/share/redis/open-client.ts'
import type { ConnectionSettings } from '../../../src/share/redis/redis-settings.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { fakes } from '../../support/redis/fake-ioredis.ts'
import { connection } from '../../support/redis/standalone.ts'

async function openClient(
  settings: ConnectionSettings,
  options: ClientOptions = {},
): Promise<Client> {
  return await clientOpener(options)(settings)
}

const common = {
  host: '127.0.0.1',
  port: 6_379,
  protocol: 2,
  connectTimeout: shareLimits.redisConnectMs,
  lazyConnect: true,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  disableClientInfo: true,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  retryStrategy: 'returns null',
}

/** The options with the results of functions. A property that is undefined stays visible. */
function plain(value: unknown): unknown {
  const shown = (_: string, each: unknown): unknown => {
    if (each === undefined) return 'undefined'
    return typeof each === 'function' ? `returns ${each()}` : each
  }
  return JSON.parse(JSON.stringify(value, shown))
}

const logins: Record<string, readonly [Partial<ConnectionSettings>, unknown[][]]> = {
  'no command': [{}, []],
  'a password': [{ password: { text: 's' } }, [['AUTH', 's']]],
  'a user, a password and a database': [
    { username: 'u', password: { text: 's' }, db: 3 },
    [
      ['AUTH', 'u', 's'],
      ['SELECT', 3],
    ],
  ],
  'no user without a password': [{ username: 'u' }, []],
}

describe('A Redis client', () => {
  test('retries nothing and queues nothing', async () => {
    const { created, options } = fakes()
    const client = await openClient(connection, options)
    assert.deepEqual(plain(created[0]?.given), common)
    assert.equal(client.isOpen(), true)
    client.close()
    assert.equal(client.isOpen(), false)
  })

  for (const [name, [settings, expected]] of Object.entries(logins)) {
    test(`begins with ${name}`, async () => {
      const { commands, options } = fakes()
      await openClient({ ...connection, ...settings }, options)
      assert.deepEqual(commands, expected)
    })
  }

  for (const [host, servername] of Object.entries({
    'redis.example': 'redis.example',
    '::1': undefined,
  })) {
    test(`tells the server ${host} ${servername ? 'its name' : 'no name'}`, async () => {
      const { created, options } = fakes()
      const topology = { kind: 'standalone', node: { host, port: 1 } } as const
      await openClient({ ...connection, topology, hasTls: true }, options)
      const [fake] = created
      assert.ok(fake)
      const { tls } = fake.given as { tls: Record<string, unknown> }
      assert.ok(tls['secureContext'])
      // Without this, a variable of Node.js can switch the verification off.
      assert.equal(tls['rejectUnauthorized'], true)
      assert.equal(tls['servername'], servername)
    })
  }

  test('reads the password file again for each connection', async (context) => {
    const path = join(await temporaryDirectory(context), 'password')
    const password = { path, setting: 'REDIS_PASSWORD_FILE' }
    const { commands, options } = fakes()
    const open = clientOpener(options)
    for (const text of [' secret\n', 'newer']) {
      writeFileSync(path, text)
      await open({ ...connection, password })
    }
    assert.deepEqual(commands, [
      ['AUTH', 'secret'],
      ['AUTH', 'newer'],
    ])
    writeFileSync(path, 'x'.repeat(filesLimits.fileBytes + 1))
    await assert.rejects(
      open({ ...connection, password }),
      /^Error: the file of REDIS_PASSWORD_FILE cannot be read: .* larger/,
    )
  })

  test('sends commands at once and gives values and errors as replies', async () => {
    const { commands, options } = fakes({
      exec: async () => [
        [null, 'value'],
        [new Error('ERR wrong'), undefined],
      ],
    })
    const client = await openClient(connection, options)
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
    assert.equal(second.error.message, '127.0.0.1:6379: ERR wrong')
  })

  test('gives no replies where ioredis gives none', async () => {
    const { options } = fakes({ exec: async () => null })
    const client = await openClient(connection, options)
    assert.deepEqual(await client.send([['PING']]), [])
  })

  test('rejects with the reply to AUTH and shows no password', async () => {
    const { created, options } = fakes({
      exec: async () => [[new Error('WRONGPASS secret'), null]],
    })
    await assert.rejects(openClient({ ...connection, password: { text: 'secret' } }, options), {
      message: '127.0.0.1:6379: WRONGPASS ***',
    })
    assert.equal(created[0]?.status, 'end')
  })

  test('accepts a server that needs no password', async () => {
    const message =
      'ERR AUTH <password> called without any password configured for the default user'
    const { options } = fakes({ exec: async () => [[new Error(message), null]] })
    const client = await openClient({ ...connection, password: { text: 'secret' } }, options)
    assert.equal(client.isOpen(), true)
  })

  test('rejects with the last error event in place of "Connection is closed."', async () => {
    const { created, options } = fakes({
      connect: () => {
        created[0]?.emit('error', new Error('reason'))
        return Promise.reject(new Error('Connection is closed.'))
      },
    })
    await assert.rejects(openClient(connection, options), { message: '127.0.0.1:6379: reason' })
  })

  test('says that the server closed the connection where no reason is known', async () => {
    const { options } = fakes({ connect: () => Promise.reject(new Error('Connection is closed.')) })
    await assert.rejects(
      openClient(connection, options),
      /^Error: 127\.0\.0\.1:6379: the server closed the connection \(TLS is off; /,
    )
  })

  test('has no hint about TLS where the server closes a connection that has worked', async () => {
    const text = 'Connection is closed.'
    let replies: unknown[] = ['OK', new Error(text)]
    const { options } = fakes({ reply: () => replies.shift() })
    const client = await openClient(connection, options)
    await client.send([['PING']])
    const [reply] = await client.send([['PING']])
    assert.ok(reply && 'error' in reply)
    assert.equal(reply.error.message, '127.0.0.1:6379: the server closed the connection')
    replies = [new Error(text)]
    const [first] = await (await openClient(connection, options)).send([['PING']])
    assert.ok(first && 'error' in first)
    assert.match(first.error.message, /closed the connection \(TLS is off; /)
  })

  test('names the last error of an attempt on several addresses', async () => {
    const errors = [new Error('first'), new Error('last')]
    const { options } = fakes({ connect: () => Promise.reject(new AggregateError(errors)) })
    await assert.rejects(openClient(connection, options), { message: '127.0.0.1:6379: last' })
  })

  test('closes the connection when sending fails', async () => {
    const { options } = fakes({ exec: () => Promise.reject(new Error('failed')) })
    const client = await openClient(connection, options)
    await assert.rejects(client.send([['PING']]), /^Error: 127\.0\.0\.1:6379: failed$/)
    assert.equal(client.isOpen(), false)
  })

  test('prefers the reason to the text of a closed connection in each reply', async () => {
    const { created, options } = fakes({
      exec: async () => [[new Error('Connection is closed.'), undefined]],
    })
    const client = await openClient(connection, options)
    created[0]?.emit('error', new Error('reason'))
    const [reply] = await client.send([['PING']])
    assert.ok(reply && 'error' in reply)
    assert.equal(reply.error.message, '127.0.0.1:6379: reason')
  })

  test('asks the Sentinels with their own login, and then the master', async () => {
    const { created, commands, options } = fakes({
      reply: ([name]) => (name === 'SENTINEL' ? [Buffer.from('redis'), Buffer.from('7')] : 'OK'),
    })
    const sentinels = [{ host: 'sentinel', port: 1 }]
    const login = { username: 'watcher', password: { text: 'other' } }
    const group = { kind: 'sentinel', sentinels, name: 'main', login, hasTls: false } as const
    const settings = { ...connection, topology: group, password: { text: 's' }, db: 3 }
    const client = await openClient(settings, options)
    assert.equal(client.isOpen(), true)
    assert.deepEqual(
      created.map(({ given: { host, port }, status }) => [host, port, status]),
      [
        ['sentinel', 1, 'end'],
        ['redis', 7, 'ready'],
      ],
    )
    assert.deepEqual(commands, [
      ['AUTH', 'watcher', 'other'],
      ['SENTINEL', 'get-master-addr-by-name', 'main'],
      ['AUTH', 's'],
      ['SELECT', 3],
    ])
  })

  test('asks a node of a cluster for the slot of the hash tag', async () => {
    const slot = hashSlot('gunicorn')
    const { created, options } = fakes({
      reply: ([name]) =>
        name === 'CLUSTER' ? [[slot, slot, [Buffer.from('owner'), 7, 'id']]] : 'OK',
    })
    const nodes = [{ host: 'node', port: 1 }]
    const topology = { kind: 'cluster', nodes, hashTag: 'gunicorn' } as const
    await openClient({ ...connection, topology }, options)
    assert.deepEqual(
      created.map(({ given: { host, port }, status }) => [host, port, status]),
      [
        ['node', 1, 'end'],
        ['owner', 7, 'ready'],
      ],
    )
  })

  test('waits twice shareLimits.redisConnectMs for the reply to AUTH', async () => {
    const { options } = fakes({ exec: () => new Promise(() => {}) })
    const opened = openClient(
      { ...connection, password: { text: 'secret' } },
      { ...options, connectMs: 10, replyMs: 60_000 },
    )
    await assert.rejects(opened, /^Error: 127\.0\.0\.1:6379: Redis does not answer \(20 ms\)$/)
  })

  test('names the settings of files of which one cannot be used', async (context) => {
    const directory = await temporaryDirectory(context)
    const fixtures = join(import.meta.dirname, '../../fixtures/tls')
    const good = {
      cafile: { path: join(fixtures, 'localhost.crt'), setting: 'REDIS_SSL_CAFILE' },
      certfile: { path: join(fixtures, 'localhost.crt'), setting: 'REDIS_SSL_CERTFILE' },
      keyfile: { path: join(fixtures, 'localhost.key'), setting: 'REDIS_SSL_KEYFILE' },
    }
    const settings = { ...connection, hasTls: true, ...good }
    await openClient(settings, fakes().options)
    const path = join(directory, 'garbage')
    writeFileSync(path, '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n')
    const both = 'REDIS_SSL_CERTFILE, REDIS_SSL_KEYFILE'
    for (const name of ['certfile', 'keyfile'] as const) {
      const wrong = { ...settings, [name]: { path, setting: good[name].setting } }
      for (const [cafile, names] of [
        [good.cafile, `REDIS_SSL_CAFILE, ${both}`],
        [undefined, both],
      ] as const) {
        const opened = openClient({ ...wrong, cafile }, fakes().options)
        await assert.rejects(opened, new RegExp(`^Error: the files of ${names} cannot be used: `))
      }
    }
  })

  test('names the setting of a file that is missing', async () => {
    const settings = { ...connection, hasTls: true }
    const file = { path: '/missing', setting: 'REDIS_X' }
    for (const name of ['cafile', 'certfile', 'keyfile']) {
      const opened = openClient({ ...settings, [name]: file }, fakes().options)
      await assert.rejects(opened, /^Error: the file of REDIS_X cannot be read: ENOENT/)
    }
  })

  test('begins each attempt with another Sentinel', async () => {
    const { created, options } = fakes()
    const sentinels = ['a', 'b', 'c'].map((host) => ({ host, port: 1 }))
    const login = { username: undefined, password: undefined }
    const group = { kind: 'sentinel', sentinels, name: 'main', login, hasTls: false } as const
    const open = clientOpener(options)
    for (let turn = 0; turn < 4; turn += 1) {
      await assert.rejects(open({ ...connection, topology: group }), /knows no master named main/)
    }
    const hosts = created.map(({ given }) => given['host']).join('')
    assert.equal(hosts, 'abcbcacababc')
  })

  test('waits twice shareLimits.redisConnectMs for a connection', async () => {
    assert.ok(shareLimits.redisConnectMs > 0)
    const { options } = fakes({ connect: () => new Promise(() => {}) })
    const opened = openClient(connection, { ...options, connectMs: 10 })
    await assert.rejects(opened, /^Error: 127\.0\.0\.1:6379: Redis cannot be reached \(20 ms\)$/)
  })

  test('waits shareLimits.redisReplyMs for the replies', async () => {
    assert.ok(shareLimits.redisReplyMs > 0)
    const { options } = fakes({ exec: () => new Promise(() => {}) })
    const client = await openClient(connection, { ...options, replyMs: 10 })
    await assert.rejects(
      client.send([['PING']]),
      /^Error: 127\.0\.0\.1:6379: Redis does not answer \(10 ms\)$/,
    )
  })

  test('hides nothing in an error where no password is set', async () => {
    const { options } = fakes({ connect: () => Promise.reject(new Error('undefined is ***')) })
    await assert.rejects(
      openClient(connection, options),
      /^Error: 127\.0\.0\.1:6379: undefined is \*{3}$/,
    )
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
    created[0]?.emit('error', new Error('lost'))
    assert.equal(client.isOpen(), true)
  })
})
