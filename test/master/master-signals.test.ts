import assert from 'node:assert/strict'
import { syncBuiltinESMExports } from 'node:module'
import { describe, type TestContext, test } from 'node:test'
import tty from 'node:tty'
import { masterLimits } from '../../src/limits/master.ts'
import { masterSignals } from '../../src/master/master-signals.ts'
import { type MasterBench, masterBench, testLog } from '../support/master/bench.ts'

const process: NodeJS.EventEmitter = globalThis.process
const handled = [
  ...['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGTTIN'],
  ...['SIGTTOU', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'],
]

interface Bench extends Omit<MasterBench, 'lines'> {
  readonly lines: () => string[]
  /** The calls of the listeners. */
  readonly events: string[]
  readonly commands: () => string[]
}

/** A master with two workers that serve. */
function bench(context: TestContext): Bench {
  const base = masterBench(context)
  const { log, lines } = testLog(context)
  const events: string[] = []
  base.master.start()
  base.cluster.listens(1, 2)
  masterSignals({
    around: (_, act) => act(),
    master: base.master,
    log,
    onSignal: (reason) => void events.push(reason),
    upgrade: () => void events.push('upgrade'),
    reload: () => void events.push('reload'),
  })
  context.after(() => {
    for (const signal of handled) process.removeAllListeners(signal)
  })
  const commands = (): string[] => base.cluster.forked.map((worker) => worker.commands.join(' '))
  return { ...base, lines, events, commands }
}

/** Makes one descriptor a terminal. */
function setTerminal(context: TestContext, descriptor: number): void {
  const mock = context.mock.method(tty, 'isatty', (asked: number) => asked === descriptor)
  syncBuiltinESMExports()
  context.after(() => {
    mock.mock.restore()
    syncBuiltinESMExports()
  })
}

describe('masterSignals', () => {
  for (const [signal, reason, commands, cause] of [
    ['SIGTERM', 'term', ['RETIRE', 'RETIRE'], 'term'],
    ['SIGINT', 'int', ['QUIT', 'QUIT'], 'int'],
    ['SIGQUIT', 'quit', ['QUIT', 'QUIT'], 'quit'],
    ['SIGTTIN', 'ttin', ['', '', ''], undefined],
    ['SIGTTOU', 'ttou', ['RETIRE', ''], 'ttou'],
    ['SIGUSR1', 'usr1', ['REOPEN', 'REOPEN'], undefined],
  ] as const) {
    test(`handles ${signal} as gunicorn does`, (context) => {
      const master = bench(context)
      process.emit(signal, signal)
      master.pass(masterLimits.handOverMs)
      assert.deepEqual(master.events, [reason])
      assert.deepEqual(master.lines(), [`[INFO] Handling signal: ${reason}`])
      assert.deepEqual(master.commands(), commands)
      assert.equal(master.master.causeOf(1), cause)
    })
  }

  for (const [signal, events] of [
    ['SIGHUP', ['hup', 'reload']],
    ['SIGUSR2', ['usr2', 'upgrade']],
  ] as const) {
    test(`leaves ${signal} to the command`, (context) => {
      const master = bench(context)
      process.emit(signal, signal)
      assert.deepEqual(master.events, events)
      assert.deepEqual(master.commands(), ['', ''])
    })
  }

  for (const descriptor of [0, 1, 2]) {
    test(`ignores SIGWINCH when descriptor ${descriptor} is a terminal`, (context) => {
      setTerminal(context, descriptor)
      const master = bench(context)
      process.emit('SIGWINCH', 'SIGWINCH')
      assert.deepEqual(master.lines(), [
        '[INFO] Handling signal: winch',
        '[INFO] Ignored: the master runs on a terminal',
      ])
      assert.deepEqual(master.wanted, [2])
    })
  }

  test('rests at SIGWINCH without a terminal', (context) => {
    setTerminal(context, 3)
    const master = bench(context)
    process.emit('SIGWINCH', 'SIGWINCH')
    assert.deepEqual(master.lines(), ['[INFO] Handling signal: winch'])
    assert.deepEqual(master.wanted, [2, 0])
  })
})
