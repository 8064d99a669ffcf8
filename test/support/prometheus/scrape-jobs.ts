/** A job of a Prometheus configuration: the target and the scheme. */
export interface Job {
  readonly port: number
  /** Lines of YAML, for example `scheme: https`. */
  readonly how?: readonly string[]
}

/** A configuration that scrapes the jobs every second. */
export function scrapeConfig(jobs: Readonly<Record<string, Job>>): string {
  const lines = Object.entries(jobs).flatMap(([name, { port, how = [] }]) => [
    `  - job_name: ${name}`,
    ...how.map((line) => `    ${line}`),
    `    static_configs: [{ targets: ['127.0.0.1:${port}'] }]`,
  ])
  const global = ['global:', '  scrape_interval: 1s', '  scrape_timeout: 1s', 'scrape_configs:']
  return [...global, ...lines, ''].join('\n')
}
