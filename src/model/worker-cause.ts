/** Why a master ended a worker, where it did: the metrics' `reason`. */
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

/** Why a worker ended, where more is known than code and signal; `oom`: the kernel's out-of-memory killer. */
export type EndCause = WorkerCause | 'oom'
