/** The state of a worker, as the master knows the state. */
export type WorkerState =
  | 'booting'
  | 'serving'
  /** The worker has served the set number of requests, and waits for a replacement. */
  | 'spent'
  /** The worker finishes all requests, and then ends. */
  | 'retiring'
  /** The worker has to end at once. */
  | 'killed'
  | 'ended'
