/** The state of a worker, as its master knows the state. */
export type WorkerState =
  | 'booting'
  | 'serving'
  /** The worker has served its number of requests, and waits for a replacement. */
  | 'spent'
  /** The worker finishes its requests, and then ends. */
  | 'retiring'
  /** The worker has to end at once. */
  | 'killed'
  | 'ended'
