/** A job in parts: other work of the thread can run after each part. */
export type InParts<T> = Generator<undefined, T>

/** Runs all parts of a job. */
export function whole<T>(job: InParts<T>): T {
  let step = job.next()
  while (!step.done) step = job.next()
  return step.value
}
