import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { readConfigFile } from '../../src/config/config-file.ts'
import { type Resolution, resolveSettings } from '../../src/config/resolve.ts'
import { configSchema } from '../../src/config/schema.ts'

const directory = join(import.meta.dirname, '../../examples/config')
const files = readdirSync(directory)
const validate = new Ajv().compile(configSchema())

function resolution(file: string): Resolution {
  return resolveSettings({ environment: {}, file: readConfigFile(join(directory, file)) })
}

test('the examples are those of the Python project’s kind', () => {
  assert.deepEqual(files, ['basic.yml', 'production.yml', 'redis.yml', 'ssl.yml'])
})

for (const file of files) {
  test(`examples/config/${file} is good, for the schema and for us`, () => {
    const text = readFileSync(join(directory, file), 'utf8')
    assert.ok(validate(parse(text)), JSON.stringify(validate.errors))
    const resolved = resolution(file)
    assert.equal(resolved.kind, 'settings', JSON.stringify(resolved))
    const { values } = readConfigFile(join(directory, file))
    const given = Object.values(resolved.kind === 'settings' ? resolved.origins : {})
    assert.equal(given.filter(({ kind }) => kind === 'file').length, values.size)
  })
}

test('what the examples say is heard', () => {
  const production = resolution('production.yml')
  assert.ok(production.kind === 'settings')
  const { bindAddress, workerId, durationBuckets, authPasswordFile, workers } = production.settings
  assert.deepEqual(
    [bindAddress, workerId, durationBuckets.length, authPasswordFile, workers],
    ['127.0.0.1', 'slot', 9, '/run/secrets/metrics-password', 8],
  )
  const ssl = resolution('ssl.yml')
  assert.ok(ssl.kind === 'settings')
  assert.deepEqual([ssl.settings.sslClientAuthRequired, ssl.settings.probesOpen], [true, true])
  const redis = resolution('redis.yml')
  assert.ok(redis.kind === 'settings')
  assert.deepEqual([redis.settings.redisEnabled, redis.settings.redisTtlSeconds], [true, 300])
})

describe('the schema refuses', () => {
  const rows: readonly (readonly [title: string, exporter: unknown])[] = [
    ['an unknown key', { gunicorn: { timeuot: 3 } }],
    ['a section given a value', { gunicorn: 3 }],
    ['a port out of range', { prometheus: { metrics_port: 65_536 } }],
    ['a text for a number', { prometheus: { metrics_port: 'http' } }],
    ['a number for a flag', { redis: { enabled: 2 } }],
    ['another choice', { worker_id: 'slots' }],
    ['a text for a list', { redis: { sentinels: 'a:1' } }],
    ['bounds that are no numbers', { duration_buckets: ['a'] }],
  ]
  for (const [title, exporter] of rows) {
    test(title, () => assert.equal(validate({ exporter }), false))
  }

  test('a key beside exporter', () => assert.equal(validate({ gunicorn: {} }), false))
})

test('the schema lets pass what is empty, and is of help to an editor', () => {
  assert.ok(validate({ exporter: { gunicorn: { workers: null }, redis: null } }))
  assert.ok(validate({ exporter: { ssl: { certfile: '' } } }))
  assert.match(JSON.stringify(configSchema()), /"Number of worker processes\."/)
})
