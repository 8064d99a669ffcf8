import { performance } from 'node:perf_hooks'
import type { ListenerOverview } from '../../sockets/listener-overview.ts'
import type { MasterOverview, WorkerOverview } from '../../worker/overview.ts'
import type { ControlData } from '../message.ts'
import type { Command } from './command.ts'
import { configValues } from './config-values.ts'

export interface ShowMasterOptions {
  readonly overview: () => MasterOverview
  readonly listeners: () => readonly ListenerOverview[]
  readonly socket: string
}

/** The questions that the master answers. Names and shapes are gunicorn's. */
export function showMasterCommands(options: ShowMasterOptions): Command[] {
  const { overview, listeners, socket } = options
  const config = (): ControlData => configValues(overview().settings, listeners(), socket)
  const rows: readonly (readonly [target: string, help: string, act: () => ControlData])[] = [
    ['all', 'shows the master and all workers', () => showAll(overview())],
    ['workers', 'lists the workers with state and last heartbeat', () => showWorkers(overview())],
    ['stats', 'shows how many workers the master has forked and ended', () => stats(overview())],
    ['config', 'shows every setting; secrets are masked', config],
    ['listeners', 'lists the sockets of the application', () => showListeners(listeners())],
    ['dirty', 'answers as gunicorn without a dirty arbiter', () => noDirtyWorkers],
  ]
  return rows.map(([target, help, act]) => {
    return { words: ['show', target], operands: '', help, isQuestion: true, act }
  })
}

/** `run` has no dirty arbiter. gunicornc knows this answer. */
const noDirtyWorkers: ControlData = { enabled: false, pid: null, workers: [], apps: [] }

function showAll({ workers }: MasterOverview): ControlData {
  return {
    arbiter: { pid: process.pid, type: 'arbiter', role: 'master' },
    web_workers: workers.map((worker) => {
      const { pid, age, booted, last_heartbeat, state } = rowOf(worker)
      return { pid, type: 'web', age, booted, last_heartbeat, state }
    }),
    web_worker_count: workers.length,
    dirty_arbiter: null,
    dirty_workers: [],
    dirty_worker_count: 0,
  }
}

function showWorkers({ workers }: MasterOverview): ControlData {
  return { workers: workers.map(rowOf), count: workers.length }
}

interface WorkerRow {
  readonly pid: number
  readonly age: number
  readonly booted: boolean
  readonly aborted: boolean
  readonly last_heartbeat: number | null
  /** Not in gunicorn. */
  readonly state: string
}

function rowOf({ pid, forkNumber, state, isHung, silenceSeconds }: WorkerOverview): WorkerRow {
  return {
    pid,
    age: forkNumber,
    booted: state !== 'booting',
    aborted: isHung,
    last_heartbeat: silenceSeconds === null ? null : hundredths(silenceSeconds),
    state,
  }
}

function stats({ workers, wanted, spawned, killed, reloads }: MasterOverview): ControlData {
  return {
    uptime: hundredths(performance.now() / 1_000),
    pid: process.pid,
    workers_current: workers.length,
    workers_target: wanted,
    workers_spawned: spawned,
    workers_killed: killed,
    reloads,
    dirty_arbiter_pid: null,
  }
}

function showListeners(listeners: readonly ListenerOverview[]): ControlData {
  const rows = listeners.map(({ address, descriptor, type }) => ({ address, fd: descriptor, type }))
  return { listeners: rows, count: rows.length }
}

function hundredths(seconds: number): number {
  return Math.round(100 * seconds) / 100
}
