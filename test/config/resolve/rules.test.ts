import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { type ConfigFile, emptyFile } from '../../../src/config/config-file.ts'
import { type Resolution, resolveSettings } from '../../../src/config/resolve/resolve.ts'
import type { SettingName } from '../../../src/config/settings.ts'
import { settingNames, table } from '../../../src/config/table.ts'
import { sentencesOf } from '../../support/config/sentences.ts'

const directory = mkdtempSync(join(tmpdir(), 'rules-'))
const tls = join(import.meta.dirname, '../../fixtures/tls')
const certificate = join(tls, 'localhost.crt')
const key = join(tls, 'localhost.key')
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const otherKey = file('other.key', String(privateKey.export({ type: 'pkcs8', format: 'pem' })))
const passPhrase = { cipher: 'aes-256-cbc', passphrase: 'secret' }
const encryptedKey = file(
  'encrypted.key',
  String(privateKey.export({ type: 'pkcs8', format: 'pem', ...passPhrase })),
)
const garbage = file('garbage', 'no PEM\n')
const empty = file('empty', '\n')
const missing = join(directory, 'missing')
const pipe = join(directory, 'pipe')
execFileSync('mkfifo', [pipe])
const noAuthorities = join(directory, 'none')
const authorities = join(directory, 'authorities')
mkdirSync(noAuthorities)
mkdirSync(authorities)
copyFileSync(certificate, join(authorities, 'ca.pem'))
file('authorities/notes.txt', 'no certificate\n')

after(() => rmSync(directory, { recursive: true }))

type Environment = Readonly<Record<string, string>>

const pair = { PROMETHEUS_SSL_CERTFILE: certificate, PROMETHEUS_SSL_KEYFILE: key }
const user = { PROMETHEUS_AUTH_USERNAME: 'u' }
const redis = { REDIS_ENABLED: 'true' }
const redisTls = { ...redis, REDIS_SSL: 'true' }
const sentinels = { REDIS_SENTINELS: 'a:1', REDIS_SENTINEL_NAME: 'm' }

describe('resolveSettings refuses', () => {
  const rows: readonly (readonly [title: string, environment: Environment, fault: RegExp])[] = [
    [
      'a certificate without its key',
      { PROMETHEUS_SSL_CERTFILE: certificate },
      /^PROMETHEUS_SSL_KEYFILE is not given; PROMETHEUS_SSL_CERTFILE requires this setting/,
    ],
    [
      'a key without its certificate',
      { PROMETHEUS_SSL_KEYFILE: key },
      /^PROMETHEUS_SSL_CERTFILE is not given; PROMETHEUS_SSL_KEYFILE requires this setting/,
    ],
    [
      'TLS without a certificate',
      { PROMETHEUS_SSL_ENABLED: 'true' },
      /^PROMETHEUS_SSL_CERTFILE is not given; PROMETHEUS_SSL_ENABLED requires this setting/,
    ],
    [
      'client authorities without a server certificate',
      { PROMETHEUS_SSL_CLIENT_CAFILE: certificate },
      /^PROMETHEUS_SSL_CERTFILE is not given; PROMETHEUS_SSL_CLIENT_CAFILE requires this setting/,
    ],
    [
      'required client certificates without authorities',
      { ...pair, PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED: 'true' },
      /^PROMETHEUS_SSL_CLIENT_CAFILE is not given; PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED requires/,
    ],
    [
      'a missing certificate file',
      { ...pair, PROMETHEUS_SSL_CERTFILE: missing },
      /^PROMETHEUS_SSL_CERTFILE is ".*missing": ENOENT/,
    ],
    [
      'a certificate file without a certificate',
      { ...pair, PROMETHEUS_SSL_CERTFILE: garbage },
      /^PROMETHEUS_SSL_CERTFILE is ".*garbage": the file has no certificate in PEM\.$/,
    ],
    [
      'a missing key file',
      { ...pair, PROMETHEUS_SSL_KEYFILE: missing },
      /^PROMETHEUS_SSL_KEYFILE is ".*missing": ENOENT/,
    ],
    [
      'a key file without a key',
      { ...pair, PROMETHEUS_SSL_KEYFILE: garbage },
      /^PROMETHEUS_SSL_KEYFILE is ".*garbage": the file has no private key in PEM\.$/,
    ],
    [
      'the key of another certificate',
      { ...pair, PROMETHEUS_SSL_KEYFILE: otherKey },
      /^PROMETHEUS_SSL_CERTFILE and PROMETHEUS_SSL_KEYFILE do not go together/,
    ],
    [
      'a missing file of authorities',
      { ...pair, PROMETHEUS_SSL_CLIENT_CAFILE: missing },
      /^PROMETHEUS_SSL_CLIENT_CAFILE is ".*missing": ENOENT/,
    ],
    [
      'a directory without authorities',
      { ...pair, PROMETHEUS_SSL_CLIENT_CAPATH: noAuthorities },
      /^PROMETHEUS_SSL_CLIENT_CAPATH is ".*none": no file in it holds a certificate/,
    ],
    [
      'a missing directory of authorities',
      { ...pair, PROMETHEUS_SSL_CLIENT_CAPATH: missing },
      /^PROMETHEUS_SSL_CLIENT_CAPATH is ".*missing": ENOENT/,
    ],
    [
      'a user without a password',
      user,
      /^PROMETHEUS_AUTH_PASSWORD is not given; a user name requires a password/,
    ],
    [
      'a password without a user',
      { PROMETHEUS_AUTH_PASSWORD: 'p' },
      /^PROMETHEUS_AUTH_USERNAME is not given; a password requires a user name/,
    ],
    [
      'a password beside a password file',
      { ...user, PROMETHEUS_AUTH_PASSWORD: 'p', PROMETHEUS_AUTH_PASSWORD_FILE: garbage },
      /^PROMETHEUS_AUTH_PASSWORD and PROMETHEUS_AUTH_PASSWORD_FILE are both given/,
    ],
    [
      'a token beside a token file',
      { PROMETHEUS_AUTH_BEARER_TOKEN: 't', PROMETHEUS_AUTH_BEARER_TOKEN_FILE: garbage },
      /^PROMETHEUS_AUTH_BEARER_TOKEN and PROMETHEUS_AUTH_BEARER_TOKEN_FILE are both given/,
    ],
    [
      'a missing password file',
      { ...user, PROMETHEUS_AUTH_PASSWORD_FILE: missing },
      /^PROMETHEUS_AUTH_PASSWORD_FILE is ".*missing": ENOENT/,
    ],
    [
      'a token in place of a path, and omits the token',
      { PROMETHEUS_AUTH_BEARER_TOKEN_FILE: 'hunter2' },
      /^PROMETHEUS_AUTH_BEARER_TOKEN_FILE is not shown \(not an absolute path\); ((?!hunter2).)*$/,
    ],
    [
      'an empty token file',
      { PROMETHEUS_AUTH_BEARER_TOKEN_FILE: empty },
      /^PROMETHEUS_AUTH_BEARER_TOKEN_FILE is ".*empty": the file is empty/,
    ],
    [
      'a token file that is a pipe, where a read would block',
      { PROMETHEUS_AUTH_BEARER_TOKEN_FILE: pipe },
      /^PROMETHEUS_AUTH_BEARER_TOKEN_FILE is ".*pipe": .*pipe is not a regular file\.$/,
    ],
    [
      'a key file that is a pipe',
      { ...pair, PROMETHEUS_SSL_KEYFILE: pipe },
      /^PROMETHEUS_SSL_KEYFILE is ".*pipe": .*pipe is not a regular file\.$/,
    ],
    [
      'a Redis URL beside a Redis host',
      { ...redis, REDIS_URL: 'redis://a', REDIS_HOST: 'b' },
      /^REDIS_HOST and REDIS_URL are both given/,
    ],
    [
      'Sentinels beside cluster nodes',
      { ...redis, ...sentinels, REDIS_CLUSTER_NODES: 'a:1' },
      /^REDIS_CLUSTER_NODES and REDIS_SENTINELS are both given/,
    ],
    [
      'Sentinels without a master name',
      { ...redis, REDIS_SENTINELS: 'a:1' },
      /^REDIS_SENTINEL_NAME is not given; REDIS_SENTINELS requires this setting/,
    ],
    [
      'a master name without Sentinels',
      { ...redis, REDIS_SENTINEL_NAME: 'm' },
      /^REDIS_SENTINELS is not given; REDIS_SENTINEL_NAME requires this setting/,
    ],
    [
      'a database number for a Redis cluster',
      { ...redis, REDIS_CLUSTER_NODES: 'a:1', REDIS_DB: '3' },
      /^REDIS_DB is 3; with REDIS_CLUSTER_NODES allowed is 0/,
    ],
    [
      'a Redis authority without TLS',
      { ...redis, REDIS_SSL_CAFILE: certificate, REDIS_URL: 'redis://a' },
      /^REDIS_SSL is not given; REDIS_SSL_CAFILE requires this setting/,
    ],
    [
      'a Redis authority file without a certificate',
      { REDIS_ENABLED: 'true', REDIS_SSL: 'true', REDIS_SSL_CAFILE: garbage },
      /^REDIS_SSL_CAFILE is ".*garbage": /,
    ],
    [
      'a certificate for Redis without its key',
      { ...redisTls, REDIS_SSL_CERTFILE: certificate },
      /^REDIS_SSL_KEYFILE is not given; REDIS_SSL_CERTFILE requires this setting/,
    ],
    [
      'a key for Redis without its certificate',
      { ...redisTls, REDIS_SSL_KEYFILE: key },
      /^REDIS_SSL_CERTFILE is not given; REDIS_SSL_KEYFILE requires this setting/,
    ],
    [
      'a certificate for Redis without TLS',
      { ...redis, REDIS_SSL_CERTFILE: certificate, REDIS_SSL_KEYFILE: key },
      /^REDIS_SSL is not given; REDIS_SSL_CERTFILE requires this setting/,
    ],
    [
      'a certificate for Redis with the key of another certificate',
      { ...redisTls, REDIS_SSL_CERTFILE: certificate, REDIS_SSL_KEYFILE: otherKey },
      /^REDIS_SSL_CERTFILE and REDIS_SSL_KEYFILE do not go together: the key is of another/,
    ],
    [
      'a certificate for Redis with a key that has a pass phrase',
      { ...redisTls, REDIS_SSL_CERTFILE: certificate, REDIS_SSL_KEYFILE: encryptedKey },
      /^REDIS_SSL_KEYFILE is ".*encrypted\.key": the key has a pass phrase\.$/,
    ],
    [
      'a missing key file for Redis',
      { ...redisTls, REDIS_SSL_CERTFILE: certificate, REDIS_SSL_KEYFILE: missing },
      /^REDIS_SSL_KEYFILE is ".*missing": ENOENT/,
    ],
    [
      'a password for Sentinels beside its file',
      { ...redis, ...sentinels, REDIS_SENTINEL_PASSWORD: 'p', REDIS_SENTINEL_PASSWORD_FILE: key },
      /^REDIS_SENTINEL_PASSWORD and REDIS_SENTINEL_PASSWORD_FILE are both given/,
    ],
    [
      'a missing password file for Sentinels',
      { ...redis, ...sentinels, REDIS_SENTINEL_PASSWORD_FILE: missing },
      /^REDIS_SENTINEL_PASSWORD_FILE is ".*missing": ENOENT/,
    ],
    [
      'a time to live of less than three intervals',
      { ...redis, REDIS_TTL_SECONDS: '14', REDIS_COLLECT_INTERVAL: '5' },
      /^REDIS_TTL_SECONDS is 14; with REDIS_COLLECT_INTERVAL 5 allowed is 15 or more\.$/,
    ],
    [
      'a missing Redis password file',
      { ...redis, REDIS_PASSWORD_FILE: missing },
      /^REDIS_PASSWORD_FILE is ".*missing": ENOENT/,
    ],
  ]
  for (const [title, environment, fault] of rows) {
    test(title, () => {
      const faults = faultsOf(resolved(environment))
      assert.equal(faults.length, 1, faults.join('\n'))
      assert.match(faults[0] ?? '', fault)
    })

    test(`${title}, from a file, with the keys of the file and no other name`, () => {
      const faults = faultsOf(
        resolveSettings({ environment: {}, file: asFile(environment), ...checks }),
      )
      assert.equal(faults.length, 1, faults.join('\n'))
      assertNamesOf(faults, 'file')
      const keys = `${fault.source}`.replaceAll(/(?:PROMETHEUS|REDIS)_[A-Z_]+/g, (name) =>
        keyOf(name),
      )
      assert.match(faults[0] ?? '', new RegExp(keys))
    })

    test(`${title}, in code, with the names of the options`, () => {
      const options = asOptions(environment)
      const faults = faultsOf(resolveSettings({ environment: {}, options, ...checks }))
      assert.equal(faults.length, 1, faults.join('\n'))
      assertNamesOf(faults, 'code')
    })
  }

  test('a missing module of hooks, for the master alone', () => {
    const file = { ...emptyFile, path: '/c.yml', values: new Map([['hooks', missing]]) }
    const sources = { environment: {}, file, checksFiles: true }
    const [fault, ...others] = faultsOf(resolveSettings({ ...sources, command: 'run' }))
    assert.match(fault ?? '', /^exporter\.hooks is ".*missing": Cannot find module [^\n]*\.$/)
    assert.deepEqual(others, [])
    assert.deepEqual(faultsOf(resolveSettings(sources)), [])
  })

  test('and names no setting as in code if the setting comes from the environment', () => {
    for (const [, environment] of rows)
      assertNamesOf(faultsOf(resolved(environment)), 'environment')
  })

  test('a key of the file, under the name in the file', () => {
    const values = new Map([['ssl.certfile', certificate]])
    const from = resolveSettings({
      environment: {},
      file: { ...emptyFile, path: '/c.yml', values },
    })
    assert.deepEqual(faultsOf(from), [
      'exporter.ssl.keyfile is not given; exporter.ssl.certfile requires this setting.',
    ])
  })

  test('a key of the file in both of its sections', () => {
    const values = new Map([
      ['ssl.certfile', certificate],
      ['prometheus.ssl.certfile', certificate],
    ])
    const from = resolveSettings({
      environment: {},
      file: { ...emptyFile, path: '/c.yml', values },
    })
    assert.match(
      String(faultsOf(from)),
      /exporter\.ssl\.certfile are the same setting; allowed is one of them/,
    )
  })
})

describe('resolveSettings accepts', () => {
  const rows: readonly (readonly [title: string, environment: Environment])[] = [
    ['a certificate and its key', pair],
    [
      'a certificate without a key if TLS is off',
      { PROMETHEUS_SSL_ENABLED: 'false', PROMETHEUS_SSL_CERTFILE: missing },
    ],
    [
      'a directory of authorities with other files',
      {
        ...pair,
        PROMETHEUS_SSL_CLIENT_CAPATH: authorities,
        PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED: '1',
      },
    ],
    [
      'a user and a password in files',
      { PROMETHEUS_AUTH_USERNAME_FILE: garbage, PROMETHEUS_AUTH_PASSWORD_FILE: garbage },
    ],
    [
      'a password and a token',
      { ...user, PROMETHEUS_AUTH_PASSWORD: 'p', PROMETHEUS_AUTH_BEARER_TOKEN: 't' },
    ],
    ['Sentinels with a name', { ...redis, ...sentinels }],
    [
      'a Redis authority with TLS',
      { REDIS_ENABLED: 'true', REDIS_URL: 'rediss://a', REDIS_SSL_CAFILE: certificate },
    ],
    [
      'a time to live of three intervals',
      { ...redis, REDIS_TTL_SECONDS: '15', REDIS_COLLECT_INTERVAL: '5' },
    ],
    [
      'a short time to live that is off',
      { ...redis, REDIS_TTL_SECONDS: '1', REDIS_TTL_DISABLED: 'true' },
    ],
    [
      'a certificate for Redis with its key',
      { ...redisTls, REDIS_SSL_CERTFILE: certificate, REDIS_SSL_KEYFILE: key },
    ],
    [
      'a certificate for Sentinels with TLS beside servers without TLS',
      {
        ...redis,
        ...sentinels,
        REDIS_SENTINEL_SSL: 'true',
        REDIS_SSL_CERTFILE: certificate,
        REDIS_SSL_KEYFILE: key,
      },
    ],
    ['a Redis URL', { ...redis, REDIS_URL: 'rediss://user:secret@host:6380/1' }],
    [
      'contradicting Redis variables if Redis is not in use',
      {
        REDIS_URL: 'redis://a',
        REDIS_HOST: 'b',
        REDIS_SENTINELS: 'a:1',
        REDIS_PASSWORD: 'p',
        REDIS_PASSWORD_FILE: missing,
        REDIS_SSL_CAFILE: garbage,
      },
    ],
  ]
  for (const [title, environment] of rows) {
    test(title, () => assert.deepEqual(faultsOf(resolved(environment)), []))
  }

  test('missing files in a worker, whose user may have no access', () => {
    const environment = { ...pair, PROMETHEUS_SSL_CERTFILE: missing }
    assert.deepEqual(faultsOf(resolveSettings({ environment, checksFiles: false })), [])
  })
})

const checks = { checksFiles: true, command: 'run' } as const

function resolved(environment: Environment): Resolution {
  return resolveSettings({ environment, checksFiles: true })
}

function settingNamed(variable: string): SettingName {
  const name = settingNames.find((each) => table[each].env.includes(variable))
  assert.ok(name, variable)
  return name
}

function keyOf(variable: string): string {
  return `exporter\\.${table[settingNamed(variable)].keys[0]?.replaceAll('.', '\\.')}`
}

/** The settings of variables in the first section that has them. */
function asFile(environment: Environment): ConfigFile {
  const entries = Object.entries(environment).map(([variable, text]) => {
    const [key = ''] = table[settingNamed(variable)].keys
    return [key, text] as const
  })
  return { ...emptyFile, path: '/c.yml', values: new Map(entries) }
}

function asOptions(environment: Environment): Record<string, string> {
  const entries = Object.entries(environment)
  return Object.fromEntries(entries.map(([variable, text]) => [settingNamed(variable), text]))
}

/** Fails for a name of another source: a setting is named as the user wrote the setting. */
function assertNamesOf(faults: readonly string[], source: 'environment' | 'file' | 'code'): void {
  const text = faults.join('\n').replaceAll(directory, '')
  const inCode = settingNames.filter((name) => /[A-Z]/.test(name))
  const found = {
    environment: /\b(?:PROMETHEUS|REDIS)_[A-Z_]+/.test(text),
    file: /\bexporter\.\w+/.test(text),
    code: inCode.some((name) => new RegExp(`\\b${name}\\b`).test(text)),
  }
  assert.deepEqual(found, { environment: false, file: false, code: false, [source]: true }, text)
}

function faultsOf(resolution: Resolution): readonly string[] {
  return resolution.kind === 'faults' ? sentencesOf(resolution.faults) : []
}

function file(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}
