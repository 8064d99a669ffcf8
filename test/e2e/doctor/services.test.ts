import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startGrpcReceiver } from '../../support/otel/grpc-receiver.ts'
import { startOddReceiver } from '../../support/otel/odd-receiver.ts'
import { startSilentReceiver } from '../../support/otel/request-receiver.ts'
import { freePort } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { type DoctorOptions, examine, finds } from '../../support/programs/doctor.ts'
import { startRedisCluster } from '../../support/redis/cluster.ts'
import { startRedis } from '../../support/redis/redis.ts'
import { startSentinels } from '../../support/redis/sentinels.ts'
import { faketime, need } from '../../support/tools.ts'

/** The findings about a service, without the application that does not run here. */
async function levelsOf(check: string, options: DoctorOptions): Promise<readonly string[]> {
  const { findings } = await examine(options)
  return findings.filter((each) => each.check === check).map(({ level }) => level)
}

function redisAt(port: number, extra: Readonly<Record<string, string>> = {}): DoctorOptions {
  return { env: { REDIS_ENABLED: 'true', REDIS_PORT: `${port}`, ...extra } }
}

describe('doctor, of Redis,', () => {
  test('names a server that is down, and is content with a server that is up', async (given) => {
    const context = latestFirst(given)
    const redis = await startRedis(context)
    if (!redis) return
    const options = redisAt(redis.port)
    await redis.kill()
    const { found, remedy } = await finds(options, 'redis-unreachable')
    assert.match(found, new RegExp(`ECONNREFUSED 127\\.0\\.0\\.1:${redis.port}`))
    assert.match(remedy ?? '', /^Start Redis, or correct REDIS_HOST and REDIS_PORT\.$/)
    await redis.start()
    assert.deepEqual(await levelsOf('redis', options), ['ok'])
  })

  test('names a missing right, and the command of the remedy gives the right', async (given) => {
    const context = latestFirst(given)
    const redis = await startRedis(context)
    if (!redis) return
    const rights = ['~{gunicorn}:metrics:*', '+set', '+getrange', '+info', '+time']
    await redis.ask('ACL', 'SETUSER', 'metrics', 'on', '>hunter2', ...rights)
    const login = { REDIS_USERNAME: 'metrics', REDIS_PASSWORD: 'hunter2' }
    const options = redisAt(redis.port, login)
    const { found, remedy } = await finds(options, 'redis-denied')
    assert.match(found, /NOPERM/)
    const [, command = ''] = /`(ACL SETUSER [^`]+)`/.exec(remedy ?? '') ?? []
    assert.match(
      command,
      /^ACL SETUSER metrics ~\{gunicorn\}:metrics:\* ~gunicorn:metrics:\* \+exists/,
    )
    await redis.ask(...command.split(' '))
    assert.deepEqual(await levelsOf('redis', options), ['ok'])
    assert.doesNotMatch((await examine(options)).text, /hunter2/)
  })

  test('writes nothing', async (given) => {
    const context = latestFirst(given)
    const redis = await startRedis(context)
    if (!redis) return
    assert.deepEqual(await levelsOf('redis', redisAt(redis.port)), ['ok'])
    assert.equal(await redis.ask('DBSIZE'), 0)
    const info = String(await redis.ask('INFO', 'commandstats'))
    assert.match(info, /cmdstat_set:calls=2/)
  })

  test('names a wrong password without the password', async (given) => {
    const context = latestFirst(given)
    const redis = await startRedis(context, {
      flags: ['--requirepass', 'right-horse'],
      client: { password: 'right-horse' },
    })
    if (!redis) return
    const options = redisAt(redis.port, { REDIS_PASSWORD: 'wrong-horse' })
    const { found } = await finds(options, 'redis-unreachable')
    assert.match(found, /WRONGPASS/)
    assert.doesNotMatch((await examine(options)).text, /wrong-horse/)
  })

  test('names a replica', async (given) => {
    const context = latestFirst(given)
    const master = await startRedis(context)
    if (!master) return
    const flags = ['--replicaof', '127.0.0.1', `${master.port}`]
    const replica = await startRedis(context, { flags })
    if (!replica) return
    const { found, remedy } = await finds(redisAt(replica.port), 'redis-read-only')
    assert.match(found, /READONLY/)
    assert.match(remedy ?? '', /Name the master in REDIS_HOST and REDIS_PORT/)
    assert.deepEqual(await levelsOf('redis', redisAt(master.port)), ['ok'])
  })

  test('names a clock that is an hour off', async (given) => {
    const context = latestFirst(given)
    const [redis, library] = [await startRedis(context), need(context, faketime())]
    if (!redis || library === undefined) return
    const clock = ['FAKETIME=-1h', 'FAKETIME_DONT_FAKE_MONOTONIC=1']
    const through = ['env', `LD_PRELOAD=${library}`, ...clock]
    const { found } = await finds({ ...redisAt(redis.port), through }, 'redis-clock')
    assert.match(found, /^The clock of Redis is 3[56]\d\d\.\d s ahead of the clock of this host\.$/)
  })

  test('is content with a Redis Cluster and with Sentinels', async (given) => {
    const context = latestFirst(given)
    const nodes = await startRedisCluster(context)
    const group = await startSentinels(context)
    if (!nodes || !group) return
    const cluster = { REDIS_CLUSTER_NODES: nodes.map(({ port }) => `127.0.0.1:${port}`).join() }
    const sentinels = group.ports.map((port) => `127.0.0.1:${port}`).join()
    const named = { REDIS_SENTINELS: sentinels, REDIS_SENTINEL_NAME: 'mymaster' }
    for (const env of [cluster, named]) {
      const options = { env: { REDIS_ENABLED: 'true', ...env } }
      assert.deepEqual(await levelsOf('redis', options), ['ok'])
    }
  })

  test('names an eviction of keys, and is content with the policy of the remedy', async (given) => {
    const context = latestFirst(given)
    const flags = ['--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru']
    const redis = await startRedis(context, { flags })
    if (!redis) return
    const { remedy } = await finds(redisAt(redis.port), 'redis-evicts')
    const [, command = ''] = /`(CONFIG SET [^`]+)`/.exec(remedy ?? '') ?? []
    await redis.ask(...command.split(' '))
    assert.deepEqual(await levelsOf('redis', redisAt(redis.port)), ['ok'])
  })
})

function otlpAt(url: string, extra: Readonly<Record<string, string>> = {}): DoctorOptions {
  const env = { OTEL_METRICS_EXPORTER: 'prometheus,otlp', OTEL_EXPORTER_OTLP_ENDPOINT: url }
  return { env: { ...env, ...extra } }
}

describe('doctor, of OTLP,', () => {
  test('names HTTP to a port of gRPC, and is content with the right protocol', async (given) => {
    const context = latestFirst(given)
    const receiver = await startGrpcReceiver(context, () => new Uint8Array())
    const { remedy } = await finds(otlpAt(receiver.url), 'otlp-protocol')
    const [, name = '', value = ''] = /^Set (\w+) to (\w+),/.exec(remedy ?? '') ?? []
    assert.deepEqual(await levelsOf('otlp', otlpAt(receiver.url, { [name]: value })), ['ok'])
    assert.equal(receiver.requests(), 1)
    assert.deepEqual(receiver.taken(), [])
  })

  test('names gRPC to a port of HTTP', async (given) => {
    const context = latestFirst(given)
    const receiver = await startOddReceiver(context, () => ({ status: 200 }))
    const grpc = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }
    const { remedy } = await finds(otlpAt(receiver.url, grpc), 'otlp-protocol')
    assert.match(remedy ?? '', /Set OTEL_EXPORTER_OTLP_PROTOCOL to http\/protobuf/)
  })

  test('names a receiver that is away', async () => {
    const options = otlpAt(`http://127.0.0.1:${await freePort()}`)
    const { found, remedy } = await finds(options, 'otlp-unreachable')
    assert.match(found, /ECONNREFUSED/)
    assert.match(remedy ?? '', /correct OTEL_EXPORTER_OTLP_ENDPOINT/)
  })

  test('names a receiver that never answers, within its time', async (given) => {
    const port = await startSilentReceiver(latestFirst(given))
    const options = otlpAt(`http://127.0.0.1:${port}`, { OTEL_EXPORTER_OTLP_TIMEOUT: '500' })
    await finds(options, 'otlp-unreachable')
  })

  test('names refused credentials without the credentials', async (given) => {
    const context = latestFirst(given)
    const receiver = await startOddReceiver(context, () => ({ status: 401 }))
    const headers = { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=battery-staple' }
    const options = otlpAt(receiver.url, headers)
    const { found } = await finds(options, 'otlp-credentials')
    assert.match(found, /^401/)
    assert.doesNotMatch((await examine(options)).text, /battery-staple/)
  })

  test('names a wrong path', async (given) => {
    const context = latestFirst(given)
    const receiver = await startOddReceiver(context, () => ({ status: 404 }))
    await finds(otlpAt(`${receiver.url}/v1/metrics`), 'otlp-refused')
  })
})

test('doctor ends within its time although no server answers', async (given) => {
  const context = latestFirst(given)
  const port = await startSilentReceiver(context)
  const env = {
    ...{ REDIS_ENABLED: 'true', REDIS_PORT: `${port}`, OTEL_METRICS_EXPORTER: 'prometheus,otlp' },
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    PROMETHEUS_METRICS_PORT: `${port}`,
  }
  // On a loaded host, the question for the page is seconds old when the checks begin.
  const { findings } = await examine({ env, args: ['--timeout', '1'] })
  const late = findings.filter(({ found }) => found === 'The check took longer than 1 s.')
  const names = late.map(({ check, level }) => `${check} ${level}`)
  assert.ok(names.includes('otlp unknown') && names.includes('page unknown'), names.join())
})
