import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { type ConfigFile, emptyFile } from '../../../src/config/config-file.ts'
import {
  type Resolution,
  resolvedOf,
  resolveSettings,
  type SettingSources,
} from '../../../src/config/resolve/resolve.ts'
import { isOn, type Settings } from '../../../src/config/settings.ts'
import { settingNames, table } from '../../../src/config/table.ts'
import { durationBounds } from '../../../src/model/catalog/bounds.ts'
import { sentencesOf } from '../../support/config/sentences.ts'

const defaults = Object.fromEntries(settingNames.map((name) => [name, table[name].fallback]))

type Environment = Record<string, string | undefined>

function resolved(environment: Environment): Resolution {
  return resolveSettings({ environment })
}

/** Resolves with Redis and the master in use, so that no setting is idle. */
function resolvedInUse(environment: Environment): Resolution {
  return resolveSettings({ environment: { REDIS_ENABLED: 'true', ...environment }, command: 'run' })
}

test('resolveSettings gives the documented defaults', () => {
  const settings = settingsOf({})
  const { metricsPort, bindAddress, multiprocDir, cleanupDbFiles } = settings
  assert.deepEqual([metricsPort, bindAddress], [9_091, '0.0.0.0'])
  assert.deepEqual([multiprocDir, cleanupDbFiles], [tmpdir(), true])
  const { workers, timeoutSeconds, gracefulTimeoutSeconds, keepAliveSeconds } = settings
  assert.deepEqual(
    [workers, timeoutSeconds, gracefulTimeoutSeconds, keepAliveSeconds],
    [1, 30, 30, 2],
  )
  const { redisEnabled, redisHost, redisPort, redisDb, redisKeyPrefix } = settings
  assert.deepEqual(
    [redisEnabled, redisHost, redisPort, redisDb, redisKeyPrefix],
    [false, '127.0.0.1', 6_379, 0, 'gunicorn'],
  )
  const { redisTtlSeconds, redisCollectIntervalSeconds, redisForwardIntervalSeconds } = settings
  assert.deepEqual(
    [redisTtlSeconds, redisCollectIntervalSeconds, redisForwardIntervalSeconds],
    [300, 1, 10],
  )
  assert.deepEqual(settings.durationBuckets, durationBounds)
})

test('resolveSettings gives settings that cannot be changed', () => {
  const settings = settingsOf({}) as { metricsPort: number }
  assert.throws(() => {
    settings.metricsPort = 1
  }, TypeError)
})

test('resolveSettings takes names and addresses for the host of Redis', () => {
  for (const redisHost of [
    'redis',
    'redis-1.shop_a.svc.',
    '10.0.0.1',
    '::1',
    'FD00::1',
    'fe80::1%eth0',
  ]) {
    assert.equal(settingsOf({ REDIS_ENABLED: 'true', REDIS_HOST: redisHost }).redisHost, redisHost)
  }
})

describe('resolveSettings reads the environment', () => {
  const rows: readonly (readonly [environment: Environment, settings: Partial<Settings>])[] = [
    [{}, {}],
    [{ UNRELATED: 'x', PROMETHEUS_METRICS_PORTS: 'x' }, {}],
    [{ PROMETHEUS_METRICS_PORT: '0' }, { metricsPort: 0 }],
    [{ PROMETHEUS_METRICS_PORT: '1' }, { metricsPort: 1 }],
    [{ PROMETHEUS_METRICS_PORT: '65535' }, { metricsPort: 65_535 }],
    [{ PROMETHEUS_METRICS_PORT: '08080' }, { metricsPort: 8_080 }],
    [{ PROMETHEUS_METRICS_PORT: ' 8080 ' }, { metricsPort: 8_080 }],
    [{ PROMETHEUS_METRICS_PORT: '' }, {}],
    [{ PROMETHEUS_METRICS_PORT: '   ' }, {}],
    [{ PROMETHEUS_METRICS_PORT: undefined }, {}],
    [{ OTEL_EXPORTER_PROMETHEUS_PORT: '9464' }, { metricsPort: 9_464 }],
    [{ PROMETHEUS_METRICS_PORT: '1', OTEL_EXPORTER_PROMETHEUS_PORT: '2' }, { metricsPort: 1 }],
    [{ PROMETHEUS_METRICS_PORT: '', OTEL_EXPORTER_PROMETHEUS_PORT: '2' }, { metricsPort: 2 }],
    // The second variable is not read, so its value has no fault.
    [{ PROMETHEUS_METRICS_PORT: '1', OTEL_EXPORTER_PROMETHEUS_PORT: 'x' }, { metricsPort: 1 }],
    [{ PROMETHEUS_BIND_ADDRESS: '127.0.0.1' }, { bindAddress: '127.0.0.1' }],
    [{ PROMETHEUS_BIND_ADDRESS: '::' }, { bindAddress: '::' }],
    [{ PROMETHEUS_BIND_ADDRESS: 'fe80::1%eth0' }, { bindAddress: 'fe80::1%eth0' }],
    [
      { PROMETHEUS_BIND_ADDRESS: 'metrics-1.example.org' },
      { bindAddress: 'metrics-1.example.org' },
    ],
    [{ OTEL_EXPORTER_PROMETHEUS_HOST: 'localhost' }, { bindAddress: 'localhost' }],
    [{ PROMETHEUS_MULTIPROC_DIR: '/srv/with space' }, { multiprocDir: '/srv/with space' }],
    [{ PROMETHEUS_MULTIPROC_DIR: 'off' }, { multiprocDir: undefined }],
    [{ PROMETHEUS_MULTIPROC_DIR: '' }, {}],
    [{ GUNICORN_WORKER_ID: 'slot' }, { workerId: 'slot' }],
    [{ GUNICORN_WORKER_ID: 'age' }, { workerId: 'age' }],
    ...['true', 'TRUE', '1', 'yes', 'on'].map(
      (text) => [{ GUNICORN_KEEP_WORKER_ID: text }, { keepWorkerId: true }] as const,
    ),
    ...['false', 'False', '0', 'no', 'off', ''].map(
      (text) => [{ GUNICORN_KEEP_WORKER_ID: text }, { keepWorkerId: false }] as const,
    ),
    [{ OTEL_SDK_DISABLED: 'false' }, {}],
    [{ OTEL_METRICS_EXPORTER: 'prometheus' }, {}],
    [{ OTEL_METRICS_EXPORTER: '' }, {}],
    [
      {
        PROMETHEUS_METRICS_PORT: '9100',
        PROMETHEUS_BIND_ADDRESS: '10.0.0.1',
        PROMETHEUS_MULTIPROC_DIR: '/a',
        GUNICORN_WORKER_ID: 'slot',
        GUNICORN_KEEP_WORKER_ID: 'on',
      },
      {
        metricsPort: 9_100,
        bindAddress: '10.0.0.1',
        multiprocDir: '/a',
        workerId: 'slot',
        keepWorkerId: true,
      },
    ],
  ]
  for (const [environment, settings] of rows) {
    test(`${JSON.stringify(environment)} as ${JSON.stringify(settings)}`, () => {
      assert.deepEqual(settingsOf(environment), { ...defaults, ...settings })
    })
  }
})

describe('isOn is false after', () => {
  const rows: readonly Environment[] = [
    { OTEL_SDK_DISABLED: 'true' },
    { OTEL_SDK_DISABLED: 'TRUE' },
    { OTEL_SDK_DISABLED: ' true ' },
    { OTEL_METRICS_EXPORTER: 'none' },
    { OTEL_METRICS_EXPORTER: ' none ' },
  ]
  for (const environment of rows) {
    test(JSON.stringify(environment), () => assert.equal(isOn(settingsOf(environment)), false))
  }
})

describe('resolveSettings refuses', () => {
  const port = 'a port from 0 to 65535'
  const host = 'a host name, an IP address, or unix:/path of at most 103 bytes'
  const flag = 'true or false'
  const count = 'an integer from 0 to 1000000000'
  const seconds = 'seconds from 0 to 86400'
  const server = 'a host name or an IP address, without a port'
  const peers = 'a comma-separated list of up to 100 of: host:port'
  type Row = readonly [name: string, text: string, allowed: string]
  const rowsOf =
    (name: string, allowed: string) =>
    (...texts: readonly string[]): Row[] =>
      texts.map((text) => [name, text, allowed])
  const manyBuckets = Array.from({ length: 51 }, (_, index) => index + 1).join()
  const rows: readonly Row[] = [
    ...rowsOf(
      'PROMETHEUS_METRICS_PORT',
      port,
    )(...['65536', '99999', '100000', '-1', '+1', '1.5', '1e3', '0x50', 'http', '80,81', '８０']),
    ...rowsOf('PROMETHEUS_BIND_ADDRESS', host)(
      ...['a b', 'http://a', 'a/b', 'a,b', '[a]', '[127.0.0.1]', 'ö', '*', 'a;b', '"'],
      ...['unix:', 'unix:relative', `unix:/${'x'.repeat(103)}`],
    ),
    ...rowsOf('GUNICORN_WORKER_ID', 'age or slot')('ages', 'slots', '1', 'toString'),
    ...rowsOf('GUNICORN_KEEP_WORKER_ID', flag)('maybe', '2', 'truee', 'y'),
    ...rowsOf('PROMETHEUS_PAGE_MAX_AGE', 'seconds from 0 to 60')('-1', '61', 'soon'),
    ...rowsOf('PROMETHEUS_MAX_CONNECTIONS', 'an integer from 1 to 10000')('0', '-1', '10001'),
    ...rowsOf('PROMETHEUS_MAX_SERIES', 'an integer from 100 to 500000')('99', '1e6', '500001'),
    ...rowsOf('PROMETHEUS_WORKER_RETENTION_SECONDS', 'seconds from 1 to 86400')('0', '86401'),
    ['CLEANUP_DB_FILES', 'never', flag],
    ['PROMETHEUS_SSL_ENABLED', 'TLS', flag],
    ['PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED', 'required', flag],
    ...rowsOf(
      'GUNICORN_DURATION_BUCKETS',
      'at most 50 positive numbers that ascend, with commas between them',
    )('1,1', '2,1', '0,1', '-1', 'a', '1,,2', ',', manyBuckets),
    ...rowsOf('GUNICORN_WORKERS', 'an integer from 1 to 1024, or auto')('0', '-4', '2.5', '1025'),
    ['WEB_CONCURRENCY', 'many', 'an integer from 1 to 1024, or auto'],
    ...rowsOf('GUNICORN_TIMEOUT', seconds)('-1', '86401', '1m'),
    ['GUNICORN_GRACEFUL_TIMEOUT', '-0.5', seconds],
    ['GUNICORN_KEEPALIVE', 'forever', seconds],
    ['GUNICORN_MAX_REQUESTS', '-1', count],
    ['GUNICORN_MAX_REQUESTS_JITTER', '1.5', count],
    ['REDIS_ENABLED', 'redis', flag],
    ...rowsOf('REDIS_HOST', server)(
      'redis://h',
      'a b',
      'redis:6379',
      '10.0.0.1:6379',
      '[::1]:6379',
    ),
    ...rowsOf('REDIS_PORT', 'a port from 1 to 65535')('0', '65536'),
    ['REDIS_DB', '-1', 'an integer from 0 to 65535'],
    ['REDIS_SSL', 'tls', flag],
    ...rowsOf('REDIS_CLUSTER_NODES', peers)('a', 'a:0', 'a:65536', 'a:1,b', '::1:6379'),
    ['REDIS_SENTINELS', 'a:x', peers],
    ...rowsOf('REDIS_KEY_PREFIX', 'up to 200 characters without spaces and braces')('a b', '{a}'),
    ...rowsOf('REDIS_TTL_SECONDS', 'an integer from 1 to 31536000')('0', '-300'),
    ['REDIS_TTL_DISABLED', 'x', flag],
    ...rowsOf('REDIS_COLLECT_INTERVAL', 'seconds from 0.1 to 86400')('-1', '0'),
    ['REDIS_FORWARD_INTERVAL', '0', 'seconds from 0.1 to 86400'],
    ['SIDECAR_MODE', 'sidecar', flag],
    ['SIDECAR_UPDATE_INTERVAL', '-30', 'seconds from 0.1 to 86400'],
  ]
  for (const [name, text, allowed] of rows) {
    test(`${name}=${text}`, () => {
      const fault = `${name} is ${JSON.stringify(text)}; allowed is ${allowed}.`
      const others = name === 'REDIS_SENTINELS' ? { REDIS_SENTINEL_NAME: 'm' } : {}
      assert.deepEqual(faultsOf(resolvedInUse({ ...others, [name]: text })), [fault])
    })
  }

  test('four wrong variables with four faults', () => {
    const resolution = resolved({
      PROMETHEUS_METRICS_PORT: 'x',
      PROMETHEUS_BIND_ADDRESS: 'a b',
      GUNICORN_WORKER_ID: 'x',
      GUNICORN_KEEP_WORKER_ID: 'x',
    })
    const names = faultsOf(resolution).map((fault) => fault.split(' ')[0])
    assert.deepEqual(names.sort(), [
      'GUNICORN_KEEP_WORKER_ID',
      'GUNICORN_WORKER_ID',
      'PROMETHEUS_BIND_ADDRESS',
      'PROMETHEUS_METRICS_PORT',
    ])
  })

  test('a wrong variable even if the exporter is off', () => {
    const resolution = resolved({ OTEL_METRICS_EXPORTER: 'none', PROMETHEUS_METRICS_PORT: 'x' })
    assert.equal(resolution.kind, 'faults')
  })

  test('a value with control characters, and quotes the value in JSON', () => {
    const text = '"\n\u001b[31m'
    const resolution = resolved({ PROMETHEUS_METRICS_PORT: `x${text}x` })
    assert.ok(faultsOf(resolution)[0]?.includes('"x\\"\\n\\u001b[31mx"'))
  })
})

describe('resolveSettings warns about and ignores, as OTel specifies,', () => {
  const levels = 'none or error or warn or info or debug or verbose or all'
  const rows: readonly (readonly [name: string, text: string, allowed: string])[] = [
    ['OTEL_EXPORTER_PROMETHEUS_PORT', 'x', 'a port from 0 to 65535'],
    ['OTEL_SDK_DISABLED', 'perhaps', 'true or false'],
    // As OTel's own SDK, which goes on.
    ['OTEL_SDK_DISABLED', '1', 'true or false'],
    ['OTEL_LOG_LEVEL', 'loud', levels],
    ['OTEL_METRIC_EXPORT_INTERVAL', '-1', 'an integer from 100 to 86400000'],
    ['OTEL_METRIC_EXPORT_INTERVAL', '1.5', 'an integer from 100 to 86400000'],
  ]
  const wrongAttributes: readonly (readonly [text: string, wrong: string])[] = [
    ['a', '"a" has no "="'],
    ['service.name=shop, a ,b=c', '"a" has no "="'],
    ['=b', '"=b" has no key'],
    ['a=b=c', '"a=b=c" has two "="; the second needs percent-encoding, %3D'],
    ['a=%E0%A4%A', '"a=%E0%A4%A" is not in percent-encoding'],
    ['a=b;c=d=e', '"a=b;c=d=e" has two "="; the second needs percent-encoding, %3D'],
    [
      `a=${'x'.repeat(256)}`,
      `"a=${'x'.repeat(256)}" has more than 255 characters in its key or value`,
    ],
  ]
  const attributes =
    'key=value,… in percent-encoding, each key and value with at most 255 characters'
  const all = [
    ...rows.map((row) => [...row, ''] as const),
    ...wrongAttributes.map(
      ([text, wrong]) =>
        [
          ...['OTEL_RESOURCE_ATTRIBUTES', text, attributes],
          ` ${wrong}. One wrong pair discards all pairs.`,
        ] as const,
    ),
  ]
  for (const [name = '', text = '', allowed = '', reason] of all) {
    test(`${name}=${text}`, () => {
      const resolution = resolved({ [name]: text })
      assert.ok(resolution.kind === 'settings')
      const expected = `${name} is ${JSON.stringify(text)}; allowed is ${allowed}.`
      assert.deepEqual(sentencesOf(resolution.warnings), [`${expected}${reason} It is ignored.`])
      assert.deepEqual(resolution.settings, defaults)
    })
  }
})

describe('In a list of OTel, wrong values have a warning and the other values count:', () => {
  const exporters = 'prometheus or otlp or none'
  const rows: readonly (readonly [
    variable: string,
    text: string,
    wrong: string[],
    value: object,
  ])[] = [
    ['OTEL_METRICS_EXPORTER', 'console', ['console'], ['prometheus']],
    ['OTEL_METRICS_EXPORTER', 'console,otlp', ['console'], ['otlp']],
    ['OTEL_METRICS_EXPORTER', 'prom, OTLP,logging', ['prom', 'logging'], ['otlp']],
    ['OTEL_METRICS_EXPORTER', 'otlp,', [], ['otlp']],
    ['OTEL_METRICS_EXPORTER', ',', [], ['prometheus']],
    ['OTEL_NODE_ENABLED_INSTRUMENTATIONS', 'a b,http', ['a b'], ['http']],
  ]
  for (const [variable, text, wrong, value] of rows) {
    test(`${variable}=${text}`, () => {
      const resolution = resolved({ [variable]: text })
      assert.ok(resolution.kind === 'settings')
      const isExporter = variable === 'OTEL_METRICS_EXPORTER'
      const allowed = isExporter ? exporters : 'a name'
      assert.deepEqual(
        sentencesOf(resolution.warnings),
        wrong.map((each) => `${variable} has "${each}"; allowed is ${allowed}. It is ignored.`),
      )
      const { metricsExporters, enabledInstrumentations } = resolution.settings
      assert.deepEqual(isExporter ? metricsExporters : enabledInstrumentations, value)
    })
  }

  test('unless the list is too long', () => {
    const resolution = resolved({ OTEL_METRICS_EXPORTER: 'otlp,otlp,otlp,otlp,otlp' })
    assert.ok(resolution.kind === 'settings')
    assert.match(sentencesOf(resolution.warnings).join(), /a comma-separated list of up to 4 of/)
    assert.deepEqual(resolution.settings.metricsExporters, ['prometheus'])
  })
})

describe('The exporters are those of', () => {
  const own = 'GUNICORN_METRICS_EXPORTER'
  const shared = 'OTEL_METRICS_EXPORTER'
  const file = { ...emptyFile, path: '/c.yml', values: new Map([['metrics_exporter', 'otlp']]) }
  test('our variable, before the key of the file', () => {
    const environment = { [own]: 'prometheus', [shared]: 'none' }
    const { settings, warnings } = resolvedOf(resolveSettings({ environment, file }))
    assert.deepEqual([settings.metricsExporters, warnings], [['prometheus'], []])
  })

  test("the key of the file, before OTel's variable", () => {
    const environment = { [shared]: 'none' }
    const { settings, warnings } = resolvedOf(resolveSettings({ environment, file }))
    assert.deepEqual([settings.metricsExporters, warnings], [['otlp'], []])
  })

  test("OTel's variable, with a warning if the variable switches the exporter off", () => {
    const { settings, warnings } = resolvedOf(
      resolveSettings({ environment: { [shared]: 'none' } }),
    )
    assert.deepEqual(settings.metricsExporters, ['none'])
    assert.match(
      sentencesOf(warnings).join(),
      /OTEL_METRICS_EXPORTER is none, so .* set GUNICORN_M/,
    )
  })

  test('our variable, without a warning if the variable switches the exporter off', () => {
    const { settings, warnings } = resolvedOf(resolveSettings({ environment: { [own]: 'none' } }))
    assert.deepEqual([settings.metricsExporters, warnings], [['none'], []])
  })

  test('our variable, which refuses an unknown name', () => {
    const resolution = resolved({ [own]: 'console' })
    assert.deepEqual(faultsOf(resolution), [
      `${own} is "console"; allowed is a comma-separated list of up to 4 of: ` +
        'prometheus or otlp or none.',
    ])
  })
})

describe('resolveSettings ignores, for an unused feature,', () => {
  const redis = [
    ['REDIS_PORT', 'tcp://10.96.0.12:6379'],
    ['REDIS_HOST', 'redis://u:hunter2@h'],
    ['REDIS_URL', 'tcp://u:hunter2@h'],
    ['REDIS_DB', 'sessions'],
    ['REDIS_SSL', 'starttls'],
    ['REDIS_PASSWORD', 'hunter2\u0007'],
    ['REDIS_CLUSTER_NODES', 'redis://a,redis://b'],
    ['REDIS_TTL_SECONDS', '1h'],
  ] as const
  const master = [
    ['WEB_CONCURRENCY', 'many'],
    ['GUNICORN_TIMEOUT', '1m'],
  ] as const
  for (const [name, text] of [...redis, ...master]) {
    test(`${name}=${text}`, () => {
      const resolution = resolved({ REDIS_ENABLED: 'false', [name]: text })
      assert.ok(resolution.kind === 'settings', JSON.stringify(resolution))
      assert.deepEqual(resolution.settings, defaults)
      assert.deepEqual(resolution.warnings, [])
      const notes = sentencesOf(resolution.notes)
      assert.equal(notes.length, 1)
      assert.match(
        notes[0] ?? '',
        new RegExp(`^${name} has a value that is not allowed.* not in use`),
      )
      assert.doesNotMatch(JSON.stringify(resolution.notes), /hunter2/)
      const given = Object.values(resolution.origins).filter(({ kind }) => kind !== 'default')
      assert.deepEqual(given, [{ kind: 'environment', name: 'REDIS_ENABLED' }])
    })
  }

  test('a variable, and takes the value of the file', () => {
    const values = new Map([['redis.port', '6380']])
    const file = { ...emptyFile, path: '/c.yml', values }
    const resolution = resolveSettings({ environment: { REDIS_PORT: 'tcp://h:6379' }, file })
    assert.ok(resolution.kind === 'settings')
    assert.equal(resolution.settings.redisPort, 6_380)
    assert.deepEqual(resolution.origins.redisPort, { kind: 'file', name: 'exporter.redis.port' })
  })

  test('a variable of the master in a process without a master', () => {
    assert.equal(resolveSettings({ environment: { WEB_CONCURRENCY: 'many' } }).kind, 'settings')
    const serving = resolveSettings({ environment: { WEB_CONCURRENCY: 'many' }, command: 'serve' })
    assert.equal(serving.kind, 'settings')
  })
})

describe('resolveSettings still refuses', () => {
  const bad = { REDIS_DB: 'sessions' }
  const rows: readonly (readonly [title: string, sources: SettingSources, name: string])[] = [
    [
      'a wrong switch of the feature',
      { environment: { REDIS_ENABLED: 'cluster' } },
      'REDIS_ENABLED',
    ],
    [
      'a wrong setting of a feature in use',
      { environment: { REDIS_ENABLED: '1', ...bad } },
      'REDIS_DB',
    ],
    [
      'a wrong Redis setting if a sidecar has a Redis URL',
      { environment: { REDIS_URL: 'redis://h', ...bad }, command: 'serve' },
      'REDIS_DB',
    ],
    [
      'a wrong Redis setting if the command line has a Redis URL',
      { environment: bad, flags: { 'redis-url': 'redis://h' }, command: 'run' },
      'REDIS_DB',
    ],
    [
      'a wrong Redis key of the file',
      { environment: {}, file: fileWith('redis.db') },
      'exporter.redis.db',
    ],
    [
      'a wrong number of workers in the file',
      { environment: {}, file: fileWith('gunicorn.workers') },
      'exporter.gunicorn.workers',
    ],
    ['a wrong option', { environment: {}, options: { redisDb: 'x' } }, 'redisDb'],
    [
      'a wrong URL on the command line',
      { environment: {}, flags: { 'redis-url': 'x' } },
      '--redis-url',
    ],
    [
      'a wrong number of workers of the master',
      { environment: { WEB_CONCURRENCY: 'many' }, command: 'run' },
      'WEB_CONCURRENCY',
    ],
  ]
  for (const [title, sources, name] of rows) {
    test(title, () => {
      const resolution = resolveSettings(sources)
      // REDIS_DB is also refused beside a URL.
      const names = faultsOf(resolution).map((fault) => fault.split(' ')[0])
      assert.deepEqual([...new Set(names)], [name])
    })
  }
})

function fileWith(key: string): ConfigFile {
  return { ...emptyFile, path: '/c.yml', values: new Map([[key, 'x']]) }
}

describe('resolveSettings warns about and ignores the REDIS_PORT of Kubernetes', () => {
  for (const text of ['tcp://10.96.0.12:6379', 'udp://10.96.0.12:6379', ' tcp://[fd00::1]:6379 ']) {
    test(`(${text})`, () => {
      const resolution = resolved({
        REDIS_ENABLED: 'true',
        REDIS_URL: 'redis://h',
        REDIS_PORT: text,
      })
      assert.ok(resolution.kind === 'settings', JSON.stringify(resolution))
      assert.equal(resolution.settings.redisPort, 6_379)
      assert.equal(resolution.origins.redisPort.kind, 'default')
      assert.equal(resolution.warnings.length, 1)
      assert.match(
        sentencesOf(resolution.warnings)[0] ?? '',
        /^REDIS_PORT is .* Kubernetes .* It is ignored\.$/,
      )
    })
  }
})

test('Secrets appear in no fault and no inspection; reveal() returns them', () => {
  const resolution = resolvedInUse({
    PROMETHEUS_AUTH_PASSWORD: 'hunter2\u0007',
    REDIS_URL: 'http://u:hunter2@h',
  })
  assert.ok(resolution.kind === 'faults')
  // And a password without a user.
  assert.equal(resolution.faults.length, 3)
  assert.doesNotMatch(JSON.stringify(resolution), /hunter2/)
  const { authPassword } = settingsOf({
    PROMETHEUS_AUTH_USERNAME: 'u',
    PROMETHEUS_AUTH_PASSWORD: ' hunter2 ',
  })
  assert.equal(authPassword?.reveal(), ' hunter2 ')
  const shown = `${authPassword}${JSON.stringify({ authPassword })}${inspect(authPassword)}`
  assert.doesNotMatch(shown, /hunter/)
})

describe('Options in code', () => {
  const options = (given: Record<string, unknown>, environment: Environment = {}): Resolution =>
    resolveSettings({ options: given, environment })

  test('override the environment', () => {
    const resolution = options(
      {
        metricsPort: 1,
        probesOpen: true,
        durationBuckets: [1, 2],
        instrumentations: [],
        workers: undefined,
      },
      { PROMETHEUS_METRICS_PORT: '2', GUNICORN_WORKERS: '3' },
    )
    assert.ok(resolution.kind === 'settings')
    const { metricsPort, probesOpen, durationBuckets, workers } = resolution.settings
    assert.deepEqual([metricsPort, probesOpen, durationBuckets, workers], [1, true, [1, 2], 3])
    assert.deepEqual(resolution.origins.metricsPort, { kind: 'option', name: 'metricsPort' })
    assert.deepEqual(resolution.origins.workers, { kind: 'environment', name: 'GUNICORN_WORKERS' })
    assert.equal(resolution.origins.redisDb.kind, 'default')
  })

  const wrong: readonly (readonly [given: Record<string, unknown>, fault: RegExp])[] = [
    [{ metricPort: 1 }, /^metricPort is not an option; did you mean metricsPort\?$/],
    [{ metrics_port: 1 }, /^metrics_port is not an option; did you mean metricsPort\?$/],
    [{ nothing: 1 }, /^nothing is not an option; allowed are metricsPort, /],
    [JSON.parse('{"__proto__":1}'), /^__proto__ is not an option/],
    [{ constructor: 1 }, /^constructor is not an option/],
    [{ metricsPort: null }, /^metricsPort is of type null; allowed is a port/],
    [{ metricsPort: [1] }, /^metricsPort is of type array/],
    [{ metricsPort: {} }, /^metricsPort is of type object/],
    [{ metricsPort: Number.NaN }, /^metricsPort is "NaN"/],
    [{ metricsPort: -1 }, /^metricsPort is "-1"/],
    [{ metricsPort: true }, /^metricsPort is "true"/],
    [{ timeoutSeconds: Number.POSITIVE_INFINITY }, /^timeoutSeconds is "Infinity"/],
    [{ durationBuckets: [1, {}] }, /^durationBuckets is of type array/],
    [{ durationBuckets: () => [1] }, /^durationBuckets is of type function/],
  ]
  for (const [given, fault] of wrong) {
    test(`with a fault are refused: ${String(fault)}`, () => {
      const resolution = options(given)
      assert.equal(faultsOf(resolution).length, 1)
      assert.match(faultsOf(resolution)[0] ?? '', fault)
    })
  }
})

function settingsOf(environment: Environment): Settings {
  const resolution = resolved(environment)
  if (resolution.kind === 'faults') throw new Error(faultsOf(resolution).join('\n'))
  return resolution.settings
}

function faultsOf(resolution: Resolution): readonly string[] {
  return resolution.kind === 'faults' ? sentencesOf(resolution.faults) : []
}
