import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { parseRun, runHelp, runOptions } from '../../src/commands/run-options.ts'
import type { RunSettings } from '../../src/master/run-settings.ts'
import { cleanEnvironment, nodeUnderTest, workingDirectory } from '../support/programs/app.ts'
import { command } from '../support/programs/master.ts'

type Environment = Record<string, string>

function faults(argv: readonly string[], environment: Environment = {}): readonly string[] {
  const request = parseRun(argv, environment)
  assert.equal(request.kind, 'faults', `${argv.join(' ')} was not refused`)
  return request.kind === 'faults' ? request.faults : []
}

function settings(
  argv: readonly string[],
  environment: Environment = {},
): Omit<RunSettings, 'exporter' | 'warnings'> {
  const request = parseRun(argv, environment)
  if (request.kind !== 'run') throw new Error(JSON.stringify(request))
  const { exporter: _exporter, warnings: _warnings, ...rest } = request.settings
  return rest
}

const seconds = ['-1', '1e3', 'soon', '1.2345', '86401', '0x10', '1,5', 'NaN', 'Infinity', ' 1']
const count = ['-1', '1.5', '1e3', 'many', '1000000001', '0x10', 'NaN', ' 1']

/** What each option with a value refuses. */
const refused: Readonly<Record<string, readonly string[]>> = {
  workers: ['0', '1025', ...count],
  timeout: seconds,
  'graceful-timeout': seconds,
  'keep-alive': seconds,
  'max-requests': count,
  'max-requests-jitter': count,
  'log-level': ['loud', 'INFO', '1', ' info'],
}

interface Refusal {
  readonly argv: readonly string[]
  /** How a sentence of the answer begins. */
  readonly told: string
}

const wrongValues = Object.entries(refused).flatMap(([name, values]) =>
  values.map((value) => ({
    argv: [`--${name}=${value}`, 'app.js'],
    told: `--${name} is ${JSON.stringify(value)}; allowed is `,
  })),
)

const flags = Object.entries(runOptions).flatMap(([name, { value, short }]) => {
  const long = { flag: `--${name}`, takesValue: value !== undefined }
  return short ? [long, { ...long, flag: `-${short}` }] : [long]
})

const missingValues = flags
  .filter(({ takesValue }) => takesValue)
  .flatMap(({ flag }): Refusal[] => [
    { argv: [flag], told: `${flag} needs a value` },
    { argv: [flag, ''], told: `${flag} needs a value` },
  ])

const needlessValues = flags
  .filter(({ flag, takesValue }) => !takesValue && flag.startsWith('--'))
  .map(({ flag }) => ({ argv: [`${flag}=yes`, 'app.js'], told: `${flag} takes no value` }))

const unknown = ['--worker', '--no-workers', '-x', '--constructor', '--__proto__'].map(
  (option) => ({ argv: [option, 'app.js'], told: `${option} is not an option` }),
)

describe('options refused when wrong', () => {
  for (const { argv, told } of [...wrongValues, ...missingValues, ...needlessValues, ...unknown]) {
    test(JSON.stringify(argv), () => {
      const answer = faults(argv)
      assert.ok(
        answer.some((fault) => fault.startsWith(told)),
        answer.join('\n'),
      )
    })
  }

  test('no application', () => {
    assert.deepEqual(faults(['-w', '2']), [
      'The file of the application is missing: run [options] FILE [arguments].',
    ])
  })

  test('every fault at once', () => {
    const told = faults(['--workers', '0', '--timeout', 'soon', '--nothing'])
    assert.equal(told.length, 4)
  })

  test('a variable of the environment, by its name', () => {
    const names = Object.values(runOptions)
      .flatMap(({ env = [] }) => env)
      .filter((name) => /^(?:GUNICORN_(?!PROM)|WEB_|PROMETHEUS_METRICS_PORT)/.test(name))
    assert.equal(names.length, 8)
    for (const name of names) {
      const told = faults(['app.js'], { [name]: 'wrong' })
      assert.equal(told.length, 1, name)
      assert.match(told[0] ?? '', new RegExp(`^${name} is "wrong"`))
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
    test(`by the command, with exit code 2: run ${argv.join(' ')}`, () => {
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

test('defaults are gunicorn’s', () => {
  assert.deepEqual(settings(['app.js']), {
    app: 'app.js',
    args: [],
    workers: 1,
    timeoutMs: 30_000,
    gracefulTimeoutMs: 30_000,
    keepAliveMs: 2_000,
    maxRequests: 0,
    maxRequestsJitter: 0,
    hooks: undefined,
    pidFile: undefined,
    logFile: undefined,
    logLevel: 'info',
    environment: {},
  })
})

test('each option is heard, in each way to write it', () => {
  const told = settings(
    `-w3 --timeout=2.5 --graceful-timeout 0 --keep-alive 0.125 --max-requests 1000
     --max-requests-jitter=50 -p a.pid --log-file a.log --log-level debug app.js`.split(/\s+/),
  )
  assert.deepEqual(told, {
    app: 'app.js',
    args: [],
    workers: 3,
    timeoutMs: 2_500,
    gracefulTimeoutMs: 0,
    keepAliveMs: 125,
    maxRequests: 1_000,
    maxRequestsJitter: 50,
    hooks: undefined,
    pidFile: 'a.pid',
    logFile: 'a.log',
    logLevel: 'debug',
    environment: {},
  })
  assert.equal(settings(['-w', '1', '-w', '2', 'app.js']).workers, 2)
})

test('an option goes before the environment, and its first variable before the second', () => {
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
  test(`what stands behind the file is the application's: ${JSON.stringify(args)}`, () => {
    for (const before of [[], ['-w', '2'], ['--workers=2'], ['--']]) {
      const told = settings([...before, 'app.js', ...args])
      assert.equal(told.app, 'app.js')
      assert.deepEqual(told.args, args)
      assert.equal(told.workers, before.join().includes('2') ? 2 : 1)
    }
  })
}

test('behind -- even a file whose name looks like an option is the application', () => {
  assert.deepEqual(settings(['-w', '2', '--', '--odd.js', '-w', '3']).app, '--odd.js')
  assert.deepEqual(settings(['-w', '2', '--', '--odd.js', '-w', '3']).args, ['-w', '3'])
})

test('help tells of every option and is asked for in front of the application only', () => {
  for (const flag of ['--help', '-h']) {
    assert.deepEqual(parseRun([flag], {}), { kind: 'print', text: runHelp() })
  }
  assert.equal(parseRun(['app.js', '--help'], {}).kind, 'run')
  for (const name of Object.keys(runOptions)) assert.ok(runHelp().includes(`--${name}`), name)
})
