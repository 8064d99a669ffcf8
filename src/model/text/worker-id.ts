/**
 * `worker_<age>_<start>`. gunicorn's `age` is the fork number, from 1. A primary that serves
 * requests itself has the fork number 0.
 * @param startSeconds Unix second in which the process started.
 */
export function workerId(forkNumber: number, startSeconds: number): string {
  return `worker_${forkNumber}_${startSeconds}`
}
