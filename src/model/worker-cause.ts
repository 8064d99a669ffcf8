/** Why a master ended a worker: the label `reason`. */
export type WorkerCause =
  | 'timeout'
  | 'max_requests'
  | 'hup'
  | 'ttou'
  | 'usr2'
  | 'term'
  | 'int'
  | 'quit'
  | 'winch'

/** Cause of an end beyond code and signal. `oom`: the kernel's out-of-memory killer. */
export type EndCause = WorkerCause | 'oom'
