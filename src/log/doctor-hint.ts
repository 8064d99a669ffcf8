/** Points to the command `doctor`. */
export const doctorSentence = 'Run `npx gunicorn-prometheus-exporter doctor`.'

let isTold = false

/**
 * The sentence that points to the command `doctor`, with a space before it. Empty after the first
 * call: one line of a process is enough.
 */
export function doctorHint(): string {
  if (isTold) return ''
  isTold = true
  return ` ${doctorSentence}`
}
