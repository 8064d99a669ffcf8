interface LargeWorker {
  readonly pid: number | undefined
}

/** The log line about a worker above `--max-memory`. */
export function memoryText({ pid }: LargeWorker, rssBytes: number, limitBytes: number): string {
  const [has, allowed] = [rssBytes, limitBytes].map((bytes) => Math.round(bytes / 2 ** 20))
  return `Worker (pid:${pid}) has ${has} MiB of resident memory; allowed are ${allowed} MiB`
}
