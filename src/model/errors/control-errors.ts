import type { ErrorDeclaration } from './declaration.ts'

export type ControlErrorCode =
  | 'GPE_CONTROL_UNREACHABLE'
  | 'GPE_CONTROL_ANSWER'
  | 'GPE_CONTROL_COMMAND'
  | 'GPE_CONTROL_BUSY'
  | 'GPE_CONTROL_FAILED'
  | 'GPE_CONTROL_NO_EXPORTER'
  | 'GPE_PROFILES_OFF'
  | 'GPE_PROFILE_FAILED'

/** Codes of the control socket and `ctl`. */
export const controlErrors: Readonly<Record<ControlErrorCode, ErrorDeclaration>> = {
  GPE_CONTROL_UNREACHABLE: {
    level: 'error',
    meaning: '`ctl` does not reach a master.',
    remedy: 'Give the path of the socket by `--socket`, as its user.',
    page: 'control.md#where-the-socket-is',
  },
  GPE_CONTROL_ANSWER: {
    level: 'error',
    meaning: 'The process at the control socket gives no answer, or an answer of another protocol.',
    remedy: 'Read the log of the master. If the process is no master, give another path.',
    page: 'control.md#where-the-socket-is',
  },
  GPE_CONTROL_COMMAND: {
    level: 'error',
    meaning: 'A command of the control socket or its operand is wrong.',
    remedy: 'Correct the command. `ctl help` lists all.',
    page: 'control.md#commands',
  },
  GPE_CONTROL_BUSY: {
    level: 'error',
    meaning: 'The master cannot follow the command now.',
    remedy: 'Try again later.',
    page: 'control.md#commands',
  },
  GPE_CONTROL_FAILED: {
    level: 'error',
    meaning: 'A command failed, because of an error in the master.',
    remedy: 'Report the error in the line.',
    page: 'control.md#commands',
  },
  GPE_CONTROL_NO_EXPORTER: {
    level: 'error',
    meaning: 'The exporter does not answer, or its live page is off.',
    remedy: 'Switch the exporter or its live page on.',
    page: 'control.md#commands',
  },
  GPE_PROFILES_OFF: {
    level: 'error',
    meaning: 'The master runs without profiles.',
    remedy: 'Start the master without `--no-profiles`.',
    page: 'control.md#cpu-profiles',
  },
  GPE_PROFILE_FAILED: {
    level: 'error',
    meaning: 'A profile or snapshot was not taken.',
    remedy: 'Follow the reason in the line.',
    page: 'control.md#cpu-profiles',
  },
}
