import type { ErrorDeclaration } from './declaration.ts'

export type WorkerErrorCode =
  | 'GPE_WORKER_DIED'
  | 'GPE_WORKER_TIMEOUT'
  | 'GPE_PROCESS_HANGS'
  | 'GPE_WORKER_FULL'
  | 'GPE_WORKERS_DO_NOT_BOOT'
  | 'GPE_CRASH_LOOP'
  | 'GPE_BOOT_TIMEOUT'
  | 'GPE_FORK_FAILED'
  | 'GPE_AGENT_FAULT'
  | 'GPE_DRAIN_FAILED'

/** Codes of workers. */
export const workerErrors: Readonly<Record<WorkerErrorCode, ErrorDeclaration>> = {
  GPE_WORKER_DIED: {
    level: 'warning',
    meaning: 'A worker has ended abnormally. The line has the reason.',
    remedy: 'Look up the reason in the table of deaths.',
    page: 'troubleshooting.md#how-workers-die',
  },
  GPE_WORKER_TIMEOUT: {
    level: 'error',
    meaning: 'The master kills a worker whose event loop was blocked for longer than the timeout.',
    remedy: 'Find the blocking code by its stack, or raise `--timeout`.',
    page: 'run.md#workers-that-die-or-hang',
  },
  GPE_PROCESS_HANGS: {
    level: 'warning',
    meaning: 'The event loop of a process stands still.',
    remedy: 'Read the stack of the hang in `/status` or by `ctl show hang`.',
    page: 'troubleshooting.md#a-hang',
    findings: ['worker-hanging'],
  },
  GPE_WORKER_FULL: {
    level: 'warning',
    meaning: 'A worker has all the connections that it may have.',
    remedy: 'Add workers, or raise `--worker-connections`.',
    page: 'run.md#connections-of-a-worker',
  },
  GPE_WORKERS_DO_NOT_BOOT: {
    level: 'error',
    meaning: 'New workers end before they listen. The master gives up.',
    remedy: 'Read the errors of the workers above the line.',
    page: 'troubleshooting.md#a-crash-loop',
    findings: ['workers-crash'],
  },
  GPE_CRASH_LOOP: {
    level: 'warning',
    meaning: 'Workers end before they serve, or soon after. Forks wait longer.',
    remedy: 'Read the errors of the workers above the line.',
    page: 'troubleshooting.md#a-crash-loop',
  },
  GPE_BOOT_TIMEOUT: {
    level: 'warning',
    meaning: 'A new worker does not listen within the boot timeout.',
    remedy: 'Listen on all addresses sooner, or raise `--boot-timeout`.',
    page: 'run.md#reload',
  },
  GPE_FORK_FAILED: {
    level: 'error',
    meaning: 'The system refuses a new process.',
    remedy: 'Give the host memory, or raise the limit of processes.',
    page: 'run.md#workers-that-die-or-hang',
  },
  GPE_AGENT_FAULT: {
    level: 'warning',
    meaning: 'A part of the master in a worker met an error. The worker goes on.',
    remedy: 'Find out whether the application replaces functions of Node.js.',
    page: 'run.md',
  },
  GPE_DRAIN_FAILED: {
    level: 'warning',
    meaning: 'A function of `onDrain()` failed.',
    remedy: 'Mend the function.',
    page: 'run.md#hear-of-a-drain',
  },
}
