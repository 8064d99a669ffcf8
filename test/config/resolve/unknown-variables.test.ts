import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Resolution, resolveSettings } from '../../../src/config/resolve/resolve.ts'
import { pythonVariables } from '../../../src/config/table/other-variables.ts'
import { settingNames, table } from '../../../src/config/table.ts'
import { configVariable } from '../../../src/config/variables.ts'
import { sentencesOf } from '../../support/config/sentences.ts'

type Environment = Readonly<Record<string, string>>

const inUse = { REDIS_ENABLED: 'true' }

function resolved(environment: Environment): Resolution {
  return resolveSettings({ environment, command: 'run' })
}

/** The messages of a configuration without faults. */
function noticesOf(environment: Environment): Record<'warnings' | 'notes', readonly string[]> {
  const resolution = resolved(environment)
  assert.ok(resolution.kind === 'settings', JSON.stringify(resolution))
  return { warnings: sentencesOf(resolution.warnings), notes: sentencesOf(resolution.notes) }
}

describe('A mistyped variable gets a warning with the right name:', () => {
  const rows: readonly (readonly [given: string, right: string])[] = [
    ['PROMETHEUS_METRIC_PORT', 'PROMETHEUS_METRICS_PORT'],
    ['PROMETEUS_METRICS_PORT', 'PROMETHEUS_METRICS_PORT'],
    ['Prometheus_Metrics_Port', 'PROMETHEUS_METRICS_PORT'],
    ['PROMETHEUS_BIND_ADRESS', 'PROMETHEUS_BIND_ADDRESS'],
    ['prometheus_multiproc_dir', 'PROMETHEUS_MULTIPROC_DIR'],
    ['PROMETHEUS_MULTIPROC_DIRECTORY', 'PROMETHEUS_MULTIPROC_DIR'],
    ['GUNICORN_WORKER', 'GUNICORN_WORKERS'],
    ['GUNICORN_KEEP_ALIVE', 'GUNICORN_KEEPALIVE'],
    ['GUNICORN_GRACEFULL_TIMEOUT', 'GUNICORN_GRACEFUL_TIMEOUT'],
    ['WEB_CONCURENCY', 'WEB_CONCURRENCY'],
    ['REDIS_ENABLE', 'REDIS_ENABLED'],
    ['REDIS_HOSTS', 'REDIS_HOST'],
    ['REDIS_USER', 'REDIS_USERNAME'],
    ['REDIS_TLS', 'REDIS_SSL'],
    [
      'OTEL_EXPORTER_OTLP_TEMPORALITY_PREFERENCE',
      'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
    ],
    ['SIDECAR_MODES', 'SIDECAR_MODE'],
    ['CLEANUP_DB_FILE', 'CLEANUP_DB_FILES'],
    ['OTEL_METRIC_EXPORTER', 'OTEL_METRICS_EXPORTER'],
    ['OTEL_EXPORTER_OTLP_ENDPONT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    ['GUNICORN_PROMETHEUS_EXPORTER_CONF', configVariable],
  ].map(([given = '', right = '']) => [given, right] as const)
  for (const [given, right] of rows) {
    test(`${given} for ${right}`, () => {
      assert.deepEqual(noticesOf({ ...inUse, [given]: 's3cret' }), {
        warnings: [`${given} is not a variable of this package; did you mean ${right}?`],
        notes: [],
      })
    })
  }
})

describe('A mistyped variable that protects the endpoint is a fault:', () => {
  const rows = [
    ['PROMETHEUS_AUTH_BEARER_TOKENS', 'PROMETHEUS_AUTH_BEARER_TOKEN'],
    ['PROMETHEUS_AUTH_PASSWORT', 'PROMETHEUS_AUTH_PASSWORD'],
    ['PROMETHEUS_SSL_CERTFIL', 'PROMETHEUS_SSL_CERTFILE'],
  ] as const
  for (const [given, right] of rows) {
    test(`${given} for ${right}`, () => {
      const resolution = resolved({ [given]: 's3cret' })
      assert.ok(resolution.kind === 'faults')
      const text = `${given} is not a variable of this package; did you mean ${right}?`
      assert.deepEqual(sentencesOf(resolution.faults), [text])
      assert.doesNotMatch(JSON.stringify(resolution), /s3cret/)
    })
  }

  test('and the setting that is meant is not missed again', () => {
    const environment = { PROMETHEUS_AUTH_USERNAME: 'u', PROMETHEUS_AUTH_PASSWORT: 'p' }
    const resolution = resolved(environment)
    assert.equal(resolution.kind === 'faults' ? resolution.faults.length : 0, 1)
  })
})

describe('A variable that looks like access or TLS gets a warning with the right names:', () => {
  const rows = [
    ['PROMETHEUS_AUTH_TOKEN', /are .*\bPROMETHEUS_AUTH_BEARER_TOKEN,/],
    ['PROMETHEUS_SSL_CA_BUNDLE', /are .*\bPROMETHEUS_SSL_CERTFILE,/],
  ] as const
  for (const [name, right] of rows) {
    test(name, () => {
      const { warnings, notes } = noticesOf({ [name]: 's3cret' })
      assert.match(warnings.join(), new RegExp(`^${name} is no variable of this package\\. `))
      assert.match(warnings.join(), right)
      assert.deepEqual([warnings.length, notes], [1, []])
      assert.doesNotMatch(warnings.join(), /s3cret/)
    })
  }
})

describe('A variable of the Python package without a meaning gets a warning:', () => {
  for (const [name, advice] of Object.entries(pythonVariables)) {
    test(name, () => {
      assert.deepEqual(noticesOf({ [name]: 'x' }).warnings, [
        `${name} has no effect here. ${advice}`,
      ])
      assert.match(advice, /[A-Z].*\.$/)
    })
  }
})

describe('A variable of OpenTelemetry without an effect gets', () => {
  for (const name of ['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE']) {
    test(`a warning: ${name}`, () => {
      const { warnings, notes } = noticesOf({ [name]: 'otel.yaml' })
      assert.match(
        warnings.join(),
        new RegExp(`^${name} has no effect here\\. .* Set its variables`),
      )
      assert.deepEqual([warnings.length, notes], [1, []])
    })
  }

  for (const name of ['OTEL_METRICS_EXEMPLAR_FILTER', 'OTEL_ENTITIES']) {
    test(`a note: ${name}`, () => {
      const { warnings, notes } = noticesOf({ [name]: 'x' })
      assert.match(notes.join(), new RegExp(`^${name} has no effect here\\. `))
      assert.deepEqual(warnings, [])
    })
  }

  test('nothing if the variable is empty', () => {
    assert.deepEqual(noticesOf({ OTEL_CONFIG_FILE: ' ' }), { warnings: [], notes: [] })
  })
})

describe('Only check shows', () => {
  test('a mistyped variable of a feature that is not in use', () => {
    const { warnings, notes } = noticesOf({ REDIS_HOSTS: 'a' })
    assert.deepEqual(warnings, [])
    assert.match(notes.join(), /^REDIS_HOSTS is not .* did you mean REDIS_HOST\?$/)
    const { kind, ...others } = resolveSettings({ environment: { WEB_CONCURENCY: '2' } })
    assert.equal(kind, 'settings')
    assert.match(JSON.stringify(others), /"warnings":\[\].*did you mean WEB_CONCURRENCY/)
  })

  test('a variable of another Prometheus tool', () => {
    for (const name of ['PROMETHEUS_URL', 'PROMETHEUS_AUTH_HEADER', 'REDIS_SENTINEL_HOSTS_FILE']) {
      assert.deepEqual(noticesOf({ ...inUse, [name]: 'x' }), {
        warnings: [],
        notes: [`${name} is no variable of this package. It is ignored.`],
      })
    }
  })

  test('variables of Kubernetes services, in one note', () => {
    const services = {
      REDIS_PORT_6379_TCP: 'tcp://10.96.0.12:6379',
      REDIS_PORT_6379_TCP_PROTO: 'tcp',
      REDIS_SERVICE_HOST: '10.96.0.12',
      REDIS_SERVICE_PORT_METRICS: '9091',
      PROMETHEUS_SERVICE_HOST: '10.96.0.13',
      PROMETHEUS_PORT: 'tcp://10.96.0.13:9090',
      PROMETHEUS_METRIC_PORT: 'tcp://10.96.0.14:9091',
    }
    const names = Object.keys(services).join(', ')
    const text = `Variables of Kubernetes services are ignored: ${names}.`
    assert.deepEqual(noticesOf(services), { warnings: [], notes: [text] })
    const many = Array.from({ length: 50 }, (_, index) => [
      `REDIS_${index}_SERVICE_HOST`,
      '10.0.0.1',
    ])
    assert.match(noticesOf(Object.fromEntries(many)).notes.join(), / and 30 more\.$/)
  })
})

describe('No message comes for', () => {
  const rows: Record<string, Environment> = {
    'variables without our prefix': { PATH: '/bin', HOME: '/', npm_config_port: '1', A_B: 'c' },
    'an empty variable': { PROMETHEUS_METRIC_PORT: ' ', GUNICORN_CMD_ARGS: '' },
    "OpenTelemetry's other variables": {
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://a',
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'fs',
      OTEL_PROPAGATORS: 'b3',
    },
    'variables that our processes set for each other': {
      GUNICORN_PROMETHEUS_EXPORTER_PARENT: '1',
      GUNICORN_PROMETHEUS_EXPORTER_TOLD: '1 a',
      GUNICORN_SOCKETS: '[]',
      GUNICORN_AGENT: '{}',
    },
  }
  for (const [title, environment] of Object.entries(rows)) {
    test(title, () => assert.deepEqual(noticesOf(environment), { warnings: [], notes: [] }))
  }

  test('any variable of the table', () => {
    for (const name of settingNames) {
      for (const variable of table[name].env) {
        const { warnings, notes } = { warnings: [], notes: [], ...partialOf({ [variable]: 'x' }) }
        assert.doesNotMatch(
          JSON.stringify([warnings, notes]),
          /did you mean|no variable of/,
          variable,
        )
      }
    }
  })
})

function partialOf(environment: Environment): object {
  const resolution = resolved({ ...environment })
  return resolution.kind === 'faults' ? resolution.partial : resolution
}
