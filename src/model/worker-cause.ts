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
