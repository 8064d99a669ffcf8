import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { readConfigFile } from '../../src/config/config-file.ts'
import { type Resolution, resolveSettings } from '../../src/config/resolve/resolve.ts'
import { configSchema } from '../../src/config/schema.ts'

const directory = join(import.meta.dirname, '../../examples/config')
const files = readdirSync(directory).filter((name) => name.endsWith('.yml'))
const validate = new Ajv().compile(configSchema())

function resolution(file: string): Resolution {
  return resolveSettings({ environment: {}, file: readConfigFile(join(directory, file)) })
}

test('The examples have the file names of the Python project', () => {
  assert.deepEqual(files, ['basic.yml', 'production.yml', 'redis.yml', 'ssl.yml'])
})

for (const file of files) {
  test(`examples/config/${file} passes the schema and resolveSettings`, () => {
    const text = readFileSync(join(directory, file), 'utf8')
    assert.ok(validate(parse(text)), JSON.stringify(validate.errors))
    const resolved = resolution(file)
    assert.equal(resolved.kind, 'settings', JSON.stringify(resolved))
    const { values } = readConfigFile(join(directory, file))
    const given = Object.values(resolved.kind === 'settings' ? resolved.origins : {})
    assert.equal(given.filter(({ kind }) => kind === 'file').length, values.size)
  })
}

test('The examples set the settings that they name', () => {
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

describe('The schema refuses', () => {
  const rows: readonly (readonly [title: string, exporter: unknown])[] = [
    ['an unknown key', { gunicorn: { timeuot: 3 } }],
    ['a value in place of a section', { gunicorn: 3 }],
    ['a port out of range', { prometheus: { metrics_port: 65_536 } }],
    ['a text in place of a number', { prometheus: { metrics_port: 'http' } }],
    ['a number in place of a flag', { redis: { enabled: 2 } }],
    ['an unknown choice', { worker_id: 'slots' }],
    ['a text in place of a list', { redis: { sentinels: 'a:1' } }],
    ['bounds that are not numbers', { duration_buckets: ['a'] }],
  ]
  for (const [title, exporter] of rows) {
    test(title, () => assert.equal(validate({ exporter }), false))
  }

  test('a key beside exporter', () => assert.equal(validate({ gunicorn: {} }), false))
})

test('The schema accepts empty values and describes each key for an editor', () => {
  assert.ok(validate({ exporter: { gunicorn: { workers: null }, redis: null } }))
  assert.ok(validate({ exporter: { ssl: { certfile: '' } } }))
  assert.match(JSON.stringify(configSchema()), /"Number of worker processes; auto/)
})
