import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, test } from 'node:test'
import { parseRun, runHelp, runOptions } from '../../../src/commands/run/run-options.ts'
import type { RunSettings } from '../../../src/master/settings/run-settings.ts'
import { usableCpus } from '../../../src/support/process/usable-cpus.ts'
import { withoutCodes } from '../../support/config/sentences.ts'
import { cleanEnvironment, nodeUnderTest, workingDirectory } from '../../support/programs/app.ts'
import { command } from '../../support/programs/master.ts'

type Environment = Record<string, string>

function faults(argv: readonly string[], environment: Environment = {}): readonly string[] {
  const request = parseRun(argv, environment)
  assert.equal(request.kind, 'faults', `${argv.join(' ')} was not refused`)
  return request.kind === 'faults' ? request.faults.map(withoutCodes) : []
}

function settings(
  argv: readonly string[],
  environment: Environment = {},
): Omit<RunSettings, 'exporter' | 'warnings' | 'start' | 'directory'> {
  const request = parseRun(argv, environment)
  if (request.kind !== 'run') throw new Error(JSON.stringify(request))
  const { exporter: _exporter, warnings: _warnings, start, directory, ...rest } = request.settings
  assert.deepEqual([start, directory], [process.cwd(), process.cwd()])
  return rest
}

test('run warns about a log of requests without the collector of requests', () => {
  const warnings = (environment: Environment): readonly string[] => {
    const argv = ['--access-logfile=-', '--statsd-host=127.0.0.1', 'app.js']
    const request = parseRun(argv, environment)
    return request.kind === 'run' ? request.settings.warnings : []
  }
  assert.deepEqual(warnings({}), [])
  const off = warnings({ OTEL_SDK_DISABLED: 'true' })
  assert.equal(off.length, 2)
  assert.match(off[0] ?? '', /^The access log has no lines: .*OTEL_SDK_DISABLED=true/)
  assert.match(off[1] ?? '', /^StatsD gets no requests: /)
  assert.match(warnings({ OTEL_METRICS_EXPORTER: 'none' }).join(), /OTEL_METRICS_EXPORTER=none/)
})

const seconds = ['-1', '1e3', 'soon', '1.2345', '86401', '0x10', '1,5', 'NaN', 'Infinity', ' 1']
const count = ['-1', '1.5', '1e3', 'many', '1000000001', '0x10', 'NaN', ' 1']

/** The texts that each option with a value refuses. */
const refused: Readonly<Record<string, readonly string[]>> = {
  workers: ['0', '1025', ...count],
  timeout: seconds,
  'graceful-timeout': seconds,
  'keep-alive': seconds,
  'max-requests': count,
  'max-requests-jitter': count,
  'control-socket-mode': ['8', '0800', '0o', '07777', 'rw', '-1'],
  'worker-connections': count.filter((text) => text !== '1000000001').concat('1000001'),
  'statsd-host': ['unix:///run/statsd', 'a b', 'host:0', 'host:65536', '[::1', '::1:9'],
  'statsd-prefix': ['a b', 'a|b', 'a:b'],
  'dogstatsd-tags': ['a b', 'a|b'],
  'access-logformat': ['%(z)s', '%', '%(h)x', '%h', 'a\tb', '%({a b}i)s', '%({a}x)s'],
  'reload-engine': ['inotify2', 'watch'],
  'log-level': ['loud', 'INFO', '1', ' info'],
}

interface Refusal {
  readonly argv: readonly string[]
  /** The start of one of the faults. */
  readonly start: string
}

const wrongValues = Object.entries(refused).flatMap(([name, values]) =>
  values.map((value) => ({
    argv: [`--${name}=${value}`, 'app.js'],
    start: `--${name} is ${JSON.stringify(value)}; allowed is `,
  })),
)

const flags = Object.entries(runOptions).flatMap(([name, { value, short }]) => {
  const long = { flag: `--${name}`, takesValue: value !== undefined }
  return short ? [long, { ...long, flag: `-${short}` }] : [long]
})

const missingValues = flags
  .filter(({ takesValue }) => takesValue)
  .flatMap(({ flag }): Refusal[] => [
    { argv: [flag], start: `${flag} needs a value` },
    { argv: [flag, ''], start: `${flag} needs a value` },
  ])

const needlessValues = flags
  .filter(({ flag, takesValue }) => !takesValue && flag.startsWith('--'))
  .map(({ flag }) => ({ argv: [`${flag}=yes`, 'app.js'], start: `${flag} takes no value` }))

const unknown = ['--worker', '--no-workers', '-x', '--constructor', '--__proto__'].map(
  (option) => ({ argv: [option, 'app.js'], start: `${option} is not an option` }),
)

test('An option of run without a value switches its setting on', () => {
  const request = parseRun(['--no-control-socket', '--no-profiles', 'app.js'], {})
  assert.ok(request.kind === 'run')
  const { controlSocketDisable, profilesDisable, controlSocketMode } = request.settings.exporter
  assert.deepEqual([controlSocketDisable, profilesDisable, controlSocketMode], [true, true, 0o600])
  const other = parseRun(['--control-socket-mode', '0660', 'app.js'], {})
  assert.ok(other.kind === 'run')
  assert.deepEqual(other.settings.exporter.controlSocketMode, 0o660)
  assert.equal(other.settings.exporter.controlSocketDisable, false)
})

describe('run refuses', () => {
  for (const { argv, start } of [...wrongValues, ...missingValues, ...needlessValues, ...unknown]) {
    test(JSON.stringify(argv), () => {
      const found = faults(argv)
      assert.ok(
        found.some((fault) => fault.startsWith(start)),
        found.join('\n'),
      )
    })
  }

  test('a wrong part of a value, and names the part', () => {
    for (const [option, value, part] of [
      ['access-logformat', '%(h)s %(zz)s', '"%(zz)s" is no atom.'],
      ['statsd-host', 'unix:///run/statsd', 'Node.js has no datagram sockets of Unix.'],
    ] as const) {
      const [fault = ''] = faults([`--${option}`, value, 'app.js'])
      assert.ok(fault.endsWith(part), fault)
    }
  })

  test('a command line without an application', () => {
    assert.deepEqual(faults(['-w', '2']), [
      'The file of the application is missing: run [options] FILE [arguments].',
    ])
  })

  test('four wrong arguments with four faults', () => {
    const found = faults(['--workers', '0', '--timeout', 'soon', '--nothing'])
    assert.equal(found.length, 4)
  })

  test('a wrong variable of the environment, and names the variable', () => {
    const names = Object.values(runOptions)
      .flatMap(({ env = [] }) => env)
      .filter((name) => /^(?:GUNICORN_(?!PROM)|WEB_|PROMETHEUS_METRICS_PORT)/.test(name))
      .filter((name) => !/(?:_CHDIR|_USER|_GROUP|_CONTROL_SOCKET|_PROFILE_DIR)$/.test(name))
      // Every text without a space is a value.
      .filter((name) => !/(?:ACCESS|STATSD|EXTRA_FILES)/.test(name))
    assert.equal(names.length, 20)
    for (const name of names) {
      const found = faults(['app.js'], { [name]: 'wrong' })
      assert.equal(found.length, 1, name)
      assert.match(found[0] ?? '', new RegExp(`^${name} is "wrong"`))
    }
  })

  const wrong = [
    { argv: ['--workers', '0', 'app.js'], named: /--workers is "0"/ },
    { argv: ['--log-level', 'loud', 'app.js'], named: /--log-level is "loud"/ },
    { argv: ['--nothing', 'app.js'], named: /--nothing is not an option/ },
    { argv: ['-w', '2'], named: /The file of the application is missing/ },
    { argv: ['redis://u:hush@h'], named: /exporter: redis:\/\/\*\*\*@h does not exist/ },
    { argv: ['no-such-file.js'], named: /no-such-file\.js does not exist/ },
    {
      argv: ['--log-file', '/no-such-directory/log', 'package.json'],
      named: /no-such-directory/,
    },
    { argv: ['--pid', '/no-such-directory/pid', 'package.json'], named: /no-such-directory/ },
  ]
  for (const { argv, named } of wrong) {
    test(`with exit code 2: run ${argv.join(' ')}`, () => {
      const { status, stderr, stdout } = spawnSync(nodeUnderTest, [command, 'run', ...argv], {
        cwd: workingDirectory,
        env: cleanEnvironment(),
        encoding: 'utf8',
        timeout: 60_000,
      })
      assert.equal(status, 2)
      assert.match(stderr, named)
      assert.equal(stdout, '')
      assert.doesNotMatch(stderr, /Booting/)
    })
  }
})

test('run has the defaults of gunicorn', () => {
  assert.deepEqual(settings(['app.js']), {
    app: 'app.js',
    args: [],
    variables: {},
    workers: 1,
    timeoutMs: 30_000,
    gracefulTimeoutMs: 30_000,
    bootTimeoutMs: 60_000,
    drainDelayMs: 0,
    keepAliveMs: 2_000,
    maxRequests: 0,
    maxRequestsJitter: 0,
    maxMemoryBytes: 0,
    workerConnections: 0,
    reloadStrategy: 'all-at-once',
    accessLog: undefined,
    statsd: undefined,
    fileReload: undefined,
    hooks: undefined,
    pidFile: undefined,
    logFile: undefined,
    logLevel: 'info',
    environment: {},
  })
})

test('run refuses a limit of memory that every worker exceeds', () => {
  for (const [text, bytes] of [
    ['0', 0],
    ['16M', 2 ** 24],
    ['16777216', 2 ** 24],
  ] as const) {
    assert.equal(settings(['--max-memory', text, 'app.js']).maxMemoryBytes, bytes)
  }
  for (const text of ['512', '10', '16777215', '16K']) {
    assert.throws(
      () => settings(['--max-memory', text, 'app.js']),
      /--max-memory is .*; allowed is bytes, .*; 16M or more, or 0/,
    )
  }
})

test('run reads each option in each notation', () => {
  const read = settings(
    `-w3 --timeout=2.5 --graceful-timeout 0 --keep-alive 0.125 --max-requests 1000
     --max-requests-jitter=50 --boot-timeout 1.5 --drain-delay 4 --max-memory 1.5G
     --worker-connections 7 --access-logfile a.log --access-logformat json --reload
     --reload-extra-file /a --reload-extra-file=b --reload-engine poll --statsd-host [::1]:9
     --statsd-prefix app. --dogstatsd-tags a:b,c
     --reload-strategy one-by-one -p a.pid --log-file a.log --log-level debug app.js`.split(/\s+/),
  )
  assert.deepEqual(read, {
    app: 'app.js',
    args: [],
    variables: {},
    workers: 3,
    timeoutMs: 2_500,
    gracefulTimeoutMs: 0,
    bootTimeoutMs: 1_500,
    drainDelayMs: 4_000,
    keepAliveMs: 125,
    maxRequests: 1_000,
    maxRequestsJitter: 50,
    maxMemoryBytes: 1_610_612_736,
    workerConnections: 7,
    reloadStrategy: 'one-by-one',
    accessLog: { file: resolve('a.log'), format: 'json' },
    statsd: { host: '::1', port: 9, prefix: 'app.', tags: 'a:b,c' },
    fileReload: { engine: 'poll', extraFiles: ['/a', resolve('b')] },
    hooks: undefined,
    pidFile: 'a.pid',
    logFile: 'a.log',
    logLevel: 'debug',
    environment: {},
  })
  assert.equal(settings(['-w', '1', '-w', '2', 'app.js']).workers, 2)
})

test('An option overrides the environment, and the first variable overrides the second', () => {
  const both = { GUNICORN_WORKERS: '3', WEB_CONCURRENCY: '4' }
  assert.equal(settings(['app.js'], both).workers, 3)
  assert.equal(settings(['app.js'], { WEB_CONCURRENCY: ' 4 ' }).workers, 4)
  assert.equal(settings(['app.js'], { GUNICORN_WORKERS: ' ', WEB_CONCURRENCY: '4' }).workers, 4)
  assert.equal(settings(['-w', '5', 'app.js'], both).workers, 5)
})

const passedOn: readonly (readonly string[])[] = [
  [],
  ['plain'],
  ['-w', '9', '--workers=0', '--help'],
  ['--', '-x'],
  ['--nothing', '', ' ', '-'],
  ['--log-level'],
]

for (const args of passedOn) {
  test(`run gives the arguments after the file to the application: ${JSON.stringify(args)}`, () => {
    for (const before of [[], ['-w', '2'], ['--workers=2'], ['--']]) {
      const read = settings([...before, 'app.js', ...args])
      assert.equal(read.app, 'app.js')
      assert.deepEqual(read.args, args)
      assert.equal(read.workers, before.join().includes('2') ? 2 : 1)
    }
  })
}

test('run takes the argument after -- as the application, even if it looks like an option', () => {
  assert.deepEqual(settings(['-w', '2', '--', '--odd.js', '-w', '3']).app, '--odd.js')
  assert.deepEqual(settings(['-w', '2', '--', '--odd.js', '-w', '3']).args, ['-w', '3'])
})

test('The help lists every option; a help flag counts only before the application', () => {
  for (const flag of ['--help', '-h']) {
    assert.deepEqual(parseRun([flag], {}), { kind: 'print', text: runHelp() })
  }
  assert.equal(parseRun(['app.js', '--help'], {}).kind, 'run')
  for (const name of Object.keys(runOptions)) assert.ok(runHelp().includes(`--${name}`), name)
})

test('run takes the number of usable CPUs for auto', () => {
  assert.equal(settings(['-w', 'auto', 'app.js']).workers, usableCpus())
})
