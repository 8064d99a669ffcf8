/**
 * `worker_<age>_<start>`: `age` counts forks of one primary from 1 (0 is a primary that serves
 * requests itself), `startSeconds` is the Unix second in which the process started.
 */
export function workerId(forkNumber: number, startSeconds: number): string {
  return `worker_${forkNumber}_${startSeconds}`
}
