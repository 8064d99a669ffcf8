import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  cleanEnvironment,
  fixtures,
  nodeUnderTest,
  type Preload,
  preloadFlags,
  workingDirectory,
} from '../../support/programs/app.ts'

/*
 * With the preload and without it a program behaves the same: what it writes, how it ends, what it
 * sees of its process, of its messages, of its connections. Every program runs without the preload
 * too; that run must be as the table says, and those with the preload must equal it.
 */

interface Program {
  /** `<file> <arguments>`; the files are in test/fixtures/transparency. */
  readonly run: string
  /** Exit code or signal that ends it without the preload; 0. */
  readonly ends?: number | NodeJS.Signals
  /** What stderr holds without the preload; nothing. */
  readonly stderr?: RegExp
  /** The expected warning of the package: the exporter cannot serve here, or a worker crashes. */
  readonly warning?: RegExp
  readonly stdin?: string
  readonly nodeArgs?: readonly string[]
  /** How the package is preloaded: `--require` for CommonJS files, `--import` for modules. */
  readonly preloads?: readonly Preload[]
}

const everyPreload = ['require', 'import', 'NODE_OPTIONS'] as const
const fatal = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const
/** Limit for a program, far above its normal time. */
const deadlineMs = 30_000

const scripts: Program[] = [
  { run: 'script.cjs hello', preloads: everyPreload },
  { run: 'script.mjs hello', preloads: everyPreload },
  { run: 'script.cjs process --own x', preloads: everyPreload },
  { run: 'script.mjs process --own x', preloads: everyPreload },
  { run: 'script.cjs globals', preloads: everyPreload },
  // Under --import Node itself loads a CommonJS program in another way, with or without us.
  { run: 'script.cjs modules', preloads: ['require', 'NODE_OPTIONS'] },
  { run: 'script.cjs order', preloads: ['require', 'NODE_OPTIONS'] },
  { run: 'script.mjs order', preloads: everyPreload },
  { run: 'script.cjs standardInput', stdin: 'one\ntwo\nthree' },
  { run: 'script.cjs warnings', stderr: /OwnWarning.*\n.*\n.*MaxListenersExceededWarning/ },
  { run: 'script.cjs hello', nodeArgs: ['--throw-deprecation', '--pending-deprecation'] },
  { run: 'script.cjs events' },
  { run: 'script.cjs active' },
  { run: 'script.mjs throws', ends: 1, stderr: /TypeError: thrown by a module/ },
  { run: 'script.mjs rejects', ends: 1, stderr: /TypeError: rejected by a module/ },
  { run: 'script.mjs missing', ends: 1, stderr: /ERR_MODULE_NOT_FOUND/ },
  { run: 'script.mjs neverSettles', ends: 13, stderr: /^$|unsettled top-level await/ },
  { run: 'script.mjs exitCode', ends: 5, preloads: everyPreload },
  { run: 'script.mjs loaderHooks', preloads: everyPreload, stderr: /^$|DEP0205/ },
  { run: 'timer.cjs runsOut', preloads: everyPreload },
  { run: 'timer.cjs isUnreferenced' },
  { run: 'timer.cjs isCleared' },
  { run: 'timer.cjs isAwaited' },
  { run: 'timer.cjs isOtherwiseServing' },
]

/** Each at once, and once more when a server has begun to listen. */
const endingsAtOnce: Program[] = [
  { run: 'ending.cjs throws', ends: 1, stderr: /TypeError: thrown/ },
  { run: 'ending.cjs throwsText', ends: 1, stderr: /only a text/ },
  { run: 'ending.cjs throwsNothing', ends: 1, stderr: /undefined/ },
  { run: 'ending.cjs throwsLater', ends: 1, stderr: /TypeError: thrown/ },
  { run: 'ending.cjs rejects', ends: 1, stderr: /RangeError: rejected/ },
  { run: 'ending.cjs rejectsNothing', ends: 1, stderr: /ERR_UNHANDLED_REJECTION/ },
  { run: 'ending.cjs exits', ends: 3 },
  { run: 'ending.cjs exitsInTick', ends: 9 },
  { run: 'ending.cjs exitCode', ends: 4 },
  { run: 'ending.cjs exitsWhileExiting', ends: 6 },
  { run: 'ending.cjs throwsWhileExiting', ends: 1, stderr: /TypeError: thrown/ },
  { run: 'ending.cjs captured' },
  { run: 'ending.cjs caught' },
  { run: 'ending.cjs monitored', ends: 1, stderr: /TypeError: thrown/ },
  { run: 'ending.cjs throwsWhileCatching', ends: 7, stderr: /thrown by the handler/ },
  { run: 'ending.cjs rejectionCaught' },
]

const endings: Program[] = [
  ...endingsAtOnce,
  ...endingsAtOnce.map((program) => ({ ...program, run: `${program.run} serving` })),
  { run: 'ending.cjs beforeExit', preloads: everyPreload },
  { run: 'ending.cjs beforeExit serving-a-while' },
  { run: 'ending.cjs setsCodeWhileExiting', ends: 8 },
  { run: 'ending.cjs setsCodeWhileExiting serving-a-while', ends: 8 },
]

const signals: Program[] = [
  ...fatal.flatMap((signal): Program[] => [
    { run: `signal.cjs script ${signal}`, ends: signal },
    { run: `signal.cjs server ${signal}`, ends: signal },
    { run: `signal.cjs primary ${signal}`, ends: signal },
    { run: `signal.cjs worker ${signal}` },
    { run: `signal.cjs handled ${signal}` },
  ]),
  { run: 'signal.cjs server SIGTERM', ends: 'SIGTERM', preloads: ['import', 'NODE_OPTIONS'] },
  { run: 'signal.cjs handledByWorker SIGTERM' },
  { run: 'signal.cjs handledByWorker SIGINT', preloads: ['NODE_OPTIONS'] },
  { run: 'signal.cjs handled SIGUSR1' },
  { run: 'signal.cjs unhandledAgain SIGTERM', ends: 'SIGTERM' },
  { run: 'signal.cjs throwing SIGTERM early', ends: 1, stderr: /thrown by a signal handler/ },
  { run: 'signal.cjs throwing SIGTERM late', ends: 1, stderr: /thrown by a signal handler/ },
  { run: 'signal.cjs emitted SIGTERM' },
  { run: 'signal.cjs emitted SIGUSR1' },
  {
    run: 'signal.cjs inspector server',
    nodeArgs: ['--inspect-port=0'],
    stderr: /Debugger listening/,
  },
  {
    run: 'signal.cjs inspector cluster',
    nodeArgs: ['--inspect-port=0'],
    stderr: /Debugger listening/,
  },
  { run: 'listeners.cjs script', preloads: everyPreload },
  { run: 'listeners.cjs server', preloads: everyPreload },
  { run: 'listeners.cjs cluster', preloads: everyPreload },
  { run: 'listeners.cjs forked' },
  { run: 'listeners.cjs forked serving' },
]

const children: Program[] = [
  { run: 'child.cjs spawn' },
  { run: 'child.cjs inherit', preloads: ['NODE_OPTIONS'] },
  { run: 'child.cjs standardInput', preloads: ['NODE_OPTIONS'] },
  { run: 'child.cjs exec', preloads: ['NODE_OPTIONS'] },
  { run: 'child.cjs synchronous', preloads: ['NODE_OPTIONS'] },
  { run: 'child.cjs missing' },
  { run: 'child.cjs killed', preloads: ['NODE_OPTIONS'] },
  { run: 'child.cjs emptyEnvironment' },
  { run: 'child.cjs unreferenced' },
  { run: 'child.cjs besideCluster' },
  { run: 'forked.cjs idle', preloads: everyPreload },
  { run: 'forked.cjs idleButServing' },
  { run: 'forked.cjs listening' },
  { run: 'forked.cjs keptAlive' },
  { run: 'forked.cjs disconnects' },
  { run: 'forked.cjs disconnected' },
  { run: 'forked.cjs channel' },
  { run: 'forked.cjs odd' },
  { run: 'forked.cjs advanced' },
  { run: 'forked.cjs server' },
  { run: 'forked.cjs socket' },
  // Longer than eleven reports.
  { run: 'forked.cjs blocked' },
  { run: 'forked.cjs standardStreams' },
  { run: 'standard-stream.cjs script unhandled' },
  { run: 'standard-stream.cjs server unhandled' },
  { run: 'standard-stream.cjs script handled' },
  { run: 'standard-stream.cjs server handled' },
]

const clusters: Program[] = [
  { run: 'cluster.cjs settings', preloads: everyPreload },
  { run: 'cluster.cjs setup args' },
  { run: 'cluster.cjs setup noFlags' },
  { run: 'cluster.cjs setup advanced' },
  { run: 'cluster.cjs policy' },
  { run: 'cluster.cjs messages', preloads: everyPreload },
  { run: 'cluster.cjs silence' },
  { run: 'cluster.cjs odd' },
  { run: 'cluster.cjs reserved' },
  { run: 'cluster.cjs wrappedSend' },
  { run: 'cluster.cjs missingSend' },
  { run: 'cluster.cjs idle' },
  { run: 'cluster.cjs disconnect' },
  { run: 'cluster.cjs disconnectAll' },
  { run: 'cluster.cjs disconnectSelf' },
  { run: 'cluster.cjs livesOn' },
  { run: 'cluster.cjs kill' },
  { run: 'cluster.cjs killedHard' },
  { run: 'cluster.cjs throws', stderr: /TypeError: thrown by a worker/ },
  { run: 'cluster.cjs throwsAtOnce', stderr: /TypeError: thrown by a worker/ },
  { run: 'cluster.cjs exits' },
  { run: 'cluster.cjs exitsAtOnce' },
  { run: 'cluster.cjs sendsAndExits' },
  { run: 'cluster.cjs sendsMuchAndExits' },
  { run: 'cluster.cjs primaryExits', ends: 5 },
  { run: 'cluster.cjs primaryThrows', ends: 1, stderr: /TypeError: thrown by the primary/ },
  { run: 'cluster.cjs primaryKilled', ends: 'SIGKILL' },
  { run: 'cluster.cjs channelUnreferenced' },
  { run: 'cluster.cjs sockets' },
  { run: 'cluster.cjs primaryUnreferences' },
  { run: 'cluster.cjs primaryServes' },
  { run: 'cluster.cjs many' },
  { run: 'cluster.cjs refork', warning: /ended: error \(crash, code 1\)/ },
  { run: 'cluster.cjs taken', stderr: /EADDRINUSE/ },
  { run: 'cluster.cjs datagrams' },
  { run: 'cluster.cjs threads' },
  { run: 'cluster.cjs grandchild', preloads: ['NODE_OPTIONS'] },
  { run: 'cluster.mjs', preloads: everyPreload },
]

const servers: Program[] = [
  { run: 'http-server.cjs closes', preloads: everyPreload },
  {
    run: 'http-server.cjs closes',
    nodeArgs: ['--frozen-intrinsics'],
    stderr: /ExperimentalWarning/,
  },
  { run: 'http-server.cjs closes', nodeArgs: ['--throw-deprecation', '--pending-deprecation'] },
  { run: 'http-server.cjs closes', nodeArgs: ['--disable-proto=throw'] },
  { run: 'http-server.cjs closes', nodeArgs: ['--disallow-code-generation-from-strings'] },
  { run: 'cluster.cjs many', nodeArgs: ['--throw-deprecation', '--pending-deprecation'] },
  { run: 'http-server.cjs closesLater' },
  { run: 'http-server.cjs closesAtOnce' },
  { run: 'http-server.cjs unreferenced' },
  { run: 'http-server.cjs unreferencedLater' },
  { run: 'http-server.cjs again' },
  { run: 'http-server.cjs taken', ends: 1, stderr: /EADDRINUSE/ },
  { run: 'http-server.cjs takenAndHandled' },
  { run: 'http-server.cjs throws', ends: 1, stderr: /thrown by a handler/ },
  { run: 'http-server.cjs throwsWithBody', ends: 1, stderr: /thrown by a data handler/ },
  { run: 'http-server.cjs rejects', ends: 1, stderr: /rejected by a handler/ },
  { run: 'http-server.cjs requestError' },
  { run: 'http-server.cjs responseError' },
  { run: 'http-server.cjs writesAfterEnd', ends: 1, stderr: /ERR_STREAM_WRITE_AFTER_END/ },
  { run: 'http-server.cjs survives' },
  { run: 'http-server.cjs withoutHandler' },
  { run: 'http-server.cjs keys' },
  { run: 'http-server.cjs shapes', nodeArgs: ['--allow-natives-syntax'] },
  { run: 'http-server.cjs listeners' },
  { run: 'http-server.cjs keepAlive' },
  { run: 'http-server.cjs many' },
  { run: 'http-server.cjs context' },
  { run: 'http-server.cjs domains' },
  { run: 'http-server.cjs domainOfTheProcess', stderr: /OwnWarning/ },
  { run: 'http-server.cjs fedByHand' },
  { run: 'http-server.cjs ownClasses' },
  // Node starts no thread in a directory that is gone.
  { run: 'http-server.cjs withoutDirectory', warning: /uv_cwd/ },
  { run: 'http-server.cjs withoutEnvironment' },
  { run: 'http-server.mjs', preloads: everyPreload },
  { run: 'http-bytes.cjs ordinary' },
  { run: 'http-bytes.cjs pipelined' },
  { run: 'http-bytes.cjs malformed' },
  { run: 'http-bytes.cjs clientError' },
  { run: 'http-bytes.cjs clientErrorOnce' },
  { run: 'http-bytes.cjs clientErrorSilent' },
  { run: 'http-bytes.cjs clientErrorThrows', ends: 1, stderr: /HPE_INVALID/ },
  { run: 'http-bytes.cjs upgrade' },
  { run: 'http-bytes.cjs connect' },
  { run: 'http-bytes.cjs expect' },
  { run: 'http-bytes.cjs timeouts' },
  { run: 'http-bytes.cjs limits' },
  { run: 'http-bytes.cjs interim' },
  { run: 'http-bytes.cjs events' },
  { run: 'http-bytes.cjs shutdown' },
  { run: 'https-server.cjs ordinary' },
  { run: 'https-server.cjs handshake' },
  { run: 'https-server.cjs throws', ends: 1, stderr: /thrown by a handler/ },
  { run: 'http2-server.cjs shapes', nodeArgs: ['--allow-natives-syntax'] },
  { run: 'http2-server.cjs compatible' },
  { run: 'http2-server.cjs core' },
  { run: 'http2-server.cjs withoutHandler' },
  { run: 'http2-server.cjs throws', ends: 1, stderr: /thrown by a handler/ },
  { run: 'http2-server.cjs aborted' },
  { run: 'http2-server.cjs sessions' },
  { run: 'socket.cjs tcp' },
  { run: 'socket.cjs path' },
  { run: 'socket.cjs throws', ends: 1, stderr: /thrown by a connection listener/ },
  { run: 'socket.cjs datagram' },
  { run: 'socket.cjs refused' },
  { run: 'socket.cjs misused' },
]

const threads: Program[] = [
  { run: 'thread.cjs messages', preloads: everyPreload },
  { run: 'thread.cjs idle' },
  { run: 'thread.cjs unreferenced' },
  { run: 'thread.cjs exits' },
  { run: 'thread.cjs throws' },
  { run: 'thread.cjs crashes', ends: 1, stderr: /thrown by a thread/ },
  { run: 'thread.cjs terminated' },
  { run: 'thread.cjs environment' },
  { run: 'thread.cjs evaluated' },
  { run: 'thread.cjs standardStreams', stderr: /on stderr/ },
  { run: 'thread.cjs serves' },
  { run: 'thread.cjs listeners' },
  { run: 'thread.cjs besideServer' },
  { run: 'thread.cjs many' },
]

const replacements: Program[] = ['', ' clustered'].flatMap((suffix) =>
  [
    'timers',
    'performance',
    'clock',
    'stackTraces',
    'builtins',
    'prototypes',
    'frozen',
    'process',
  ].map((name) => ({ run: `replaced-global.cjs ${name}${suffix}` })),
)

const tenListeners: Program[] = [
  'server',
  'process',
  'socket',
  'exchange',
  'cluster',
  'inWorker',
  'http2',
].flatMap((name) => [
  { run: `ten-listeners.cjs ${name} before` },
  { run: `ten-listeners.cjs ${name} after` },
])

const table: readonly Program[] = [
  ...scripts,
  ...endings,
  ...signals,
  ...children,
  ...clusters,
  ...servers,
  ...threads,
  ...replacements,
  ...tenListeners,
]

describe('transparency', { concurrency: 4 }, () => {
  for (const program of table) {
    const { run, nodeArgs = [], preloads = [defaultPreload(run)] } = program
    const title = [...nodeArgs, run].join(' ')
    test(`${title} (${preloads.join(', ')})`, async () => {
      const [plain, ...preloaded] = await Promise.all([
        outcome(program, 'none'),
        ...preloads.map((preload) => outcome(program, preload)),
      ])
      const { ends = 0, stderr = /^$/ } = program
      assert.equal(plain.code ?? plain.signal, ends, `ends otherwise: ${plain.stderr}`)
      assert.match(plain.stderr, stderr)
      for (const other of preloaded) assert.deepEqual(withoutWarning(other, program), plain)
    })
  }
})

function defaultPreload(run: string): Preload {
  return run.split(' ')[0]?.endsWith('.mjs') ? 'import' : 'require'
}

interface Outcome {
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

async function outcome(program: Program, preload: Preload): Promise<Outcome> {
  const { run, nodeArgs = [], stdin = '' } = program
  const [file = '', ...args] = run.split(' ')
  const flags = preloadFlags(preload)
  const options = preload === 'NODE_OPTIONS' ? preloadFlags('require').join(' ') : undefined
  const environment = {
    // Any free port: children may serve beside their parents.
    PROMETHEUS_METRICS_PORT: '0',
    PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
    ...(options === undefined ? {} : { NODE_OPTIONS: options }),
  }
  const path = join(fixtures, 'transparency', file)
  const child = spawn(nodeUnderTest, [...flags, ...nodeArgs, path, ...args], {
    cwd: workingDirectory,
    env: cleanEnvironment(environment),
    stdio: 'pipe',
    // A process group of its own, so that nothing of a failed program is left behind.
    detached: true,
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (data) => {
    output.stdout += data
  })
  child.stderr.on('data', (data) => {
    output.stderr += data
  })
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  const timer = setTimeout(() => killGroup(child.pid), deadlineMs)
  // All processes that hold the streams have ended by then, a killed primary's workers included.
  await once(child, 'close')
  clearTimeout(timer)
  return {
    stdout: inOrder(withoutPreload(output.stdout, flags, options)),
    stderr: comparable(output.stderr),
    code: child.exitCode,
    signal: child.signalCode,
  }
}

function withoutWarning(preloaded: Outcome, { warning }: Program): Outcome {
  if (!warning) return preloaded
  assert.match(preloaded.stderr, warning)
  return {
    ...preloaded,
    stderr: preloaded.stderr.replaceAll(/^gunicorn-prometheus-exporter: .*\n/gm, ''),
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended in this moment.
  }
}

/** What a program shows of how it was started must show the preload, and that alone. */
function withoutPreload(text: string, flags: readonly string[], options = ''): string {
  const [flag = '', file = ''] = flags
  const shown = [
    `'${flag}', '${file}', `,
    `'${flag}', '${file}'`,
    `[ 'NODE_OPTIONS', '${options}' ], `,
  ]
  const stripped = shown
    .filter((part) => part.length > "'', '', ".length)
    .reduce((rest, part) => rest.replaceAll(part, ''), text)
  return stripped.replaceAll('[  ]', '[]').replaceAll(/date: .*GMT/gi, 'Date: now')
}

/** Lines by speaker, each speaker's in the order in which they came. */
function inOrder(text: string): string {
  const speaker = (line: string): string => /^([a-z]+(?: \d+)?): /.exec(line)?.[1] ?? ''
  const lines = text.split('\n')
  return lines.sort((one, other) => speaker(one).localeCompare(speaker(other))).join('\n')
}

/**
 * Pids and ports differ from run to run, and Node's own frames with the way a program was loaded. A
 * frame of ours in a stack is the price of seeing signals without listening for them.
 */
function comparable(text: string): string {
  return text
    .replaceAll(/^ +at .*\bnode:.*\n/gm, '')
    .replaceAll(/^ +at process\..*\/dist\/(?:register|runtime)\.[cm]js.*\n/gm, '')
    .replaceAll(/\(node:\d+\)/g, '(node:pid)')
    .replaceAll(/ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/g, 'ws://inspector')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:port')
    .replaceAll(/port: \d+/g, 'port: number')
}
