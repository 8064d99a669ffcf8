/**
 * Why a master ended a worker: the label `reason`. `quit`: also an end that another process asked
 * for. `halt`: the master gave up, because workers do not boot.
 */
export type WorkerCause =
  | 'timeout'
  | 'max_requests'
  | 'max_memory'
  | 'hup'
  | 'ttou'
  | 'usr2'
  | 'term'
  | 'int'
  | 'quit'
  | 'winch'
  | 'halt'

/**
 * Cause of an end beyond code and signal. `oom`: the kernel's out-of-memory killer. `heap`: V8's
 * heap reached its limit.
 */
export type EndCause = WorkerCause | 'oom' | 'heap'
