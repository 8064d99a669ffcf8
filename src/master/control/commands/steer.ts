import { controlLimits } from '../../../limits/tools/control.ts'
import { messageOf } from '../../../support/error-message.ts'
import type { MasterOverview } from '../../worker/overview.ts'
import { CommandFault } from '../command-fault.ts'
import type { ControlData } from '../message.ts'
import { type Command, noMoreThan, wholeNumber } from './command.ts'

export interface SteerOptions {
  readonly overview: () => MasterOverview
  /** Adds workers, or removes workers with a negative number. */
  readonly scale: (by: number) => void
  /** Sends a signal to a process. */
  readonly kill: (pid: number, signal: NodeJS.Signals) => void
}

/** The commands that change the workers or end the master. Names and shapes are gunicorn's. */
export function steerCommands(options: SteerOptions): Command[] {
  const own = (signal: NodeJS.Signals): void => options.kill(process.pid, signal)
  return [
    ...workerCommands(options),
    change('reload', 'reads configuration and code again, as HUP', (operands) => {
      noMoreThan(0, operands)
      assertServing(options)
      own('SIGHUP')
      return { status: 'reloading' }
    }),
    change('reopen', 'opens the log files again, as USR1', (operands) => {
      noMoreThan(0, operands)
      own('SIGUSR1')
      return { status: 'reopening' }
    }),
    change('shutdown [graceful|quick]', 'ends the master, as TERM or INT', (operands) => {
      const mode = modeOf(operands)
      own(mode === 'quick' ? 'SIGINT' : 'SIGTERM')
      return { status: 'shutting_down', mode }
    }),
    ...['add', 'remove'].map((act) =>
      change(`dirty ${act} [N]`, 'answers as gunicorn without a dirty arbiter', () => {
        return { success: false, error: 'Dirty arbiter not running' }
      }),
    ),
  ]
}

function workerCommands(options: SteerOptions): Command[] {
  const most = controlLimits.workers
  return [
    change('worker add [N]', 'adds N workers (1)', (operands) => {
      noMoreThan(1, operands)
      const count = wholeNumber('N', operands[0] ?? '1', [1, most])
      const { wanted } = assertServing(options)
      if (wanted + count > most) {
        throw new CommandFault(`${wanted} workers are wanted; allowed are ${most} in all`)
      }
      options.scale(count)
      return { added: count, previous: wanted, total: wanted + count }
    }),
    change('worker remove [N]', 'removes N workers (1), but never the last', (operands) => {
      noMoreThan(1, operands)
      const count = wholeNumber('N', operands[0] ?? '1', [1, most])
      const { wanted } = assertServing(options)
      const removed = Math.max(0, Math.min(count, wanted - 1))
      if (removed > 0) options.scale(-removed)
      return { removed, previous: wanted, total: wanted - removed }
    }),
    change('worker kill PID', 'replaces a worker, as TERM to the worker', (operands) => {
      noMoreThan(1, operands)
      return killed(wholeNumber('PID', operands[0], pids), options)
    }),
  ]
}

/** Process ids of a 64-bit kernel. */
export const pids: readonly [least: number, most: number] = [1, 4_194_304]

function killed(pid: number, { overview, kill }: SteerOptions): ControlData {
  const isWorker = overview().workers.some((worker) => worker.pid === pid)
  if (!isWorker) return { success: false, error: `Worker ${pid} not found` }
  try {
    kill(pid, 'SIGTERM')
    return { success: true, killed: pid }
  } catch (error) {
    return { success: false, error: messageOf(error) }
  }
}

function assertServing({ overview }: SteerOptions): MasterOverview {
  const found = overview()
  if (found.isServing) return found
  throw new CommandFault(
    'the master is starting or ending: it takes no such command now',
    'GPE_CONTROL_BUSY',
  )
}

function modeOf(operands: readonly string[]): 'graceful' | 'quick' {
  noMoreThan(1, operands)
  const [mode = 'graceful'] = operands
  if (mode === 'graceful' || mode === 'quick') return mode
  throw new CommandFault(
    `the mode is ${JSON.stringify(mode.slice(0, 40))}; allowed is graceful or quick`,
  )
}

/** @param form the words of the command, and then its operands in capitals or brackets. */
function change(
  form: string,
  help: string,
  act: (operands: readonly string[]) => ControlData,
): Command {
  const [, name = '', operands = ''] = /^([a-z ]+?)(?: ([[A-Z].*))?$/.exec(form) ?? []
  return { words: name.split(' '), operands, help, isQuestion: false, act }
}
