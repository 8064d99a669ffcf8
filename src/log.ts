const told = new Set<string>()
const maxTold = 100

/** Warns the operator on stderr, once per text: under the preload nobody else would. Never throws. */
export function warnOnce(text: string): void {
  if (told.has(text) || told.size >= maxTold) return
  told.add(text)
  try {
    process.stderr.write(`gunicorn-prometheus-exporter: ${text}\n`)
  } catch {
    // A closed stderr is no reason to stop serving.
  }
}
