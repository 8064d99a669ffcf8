import { cpus } from 'node:os'
import { type Installed, installPackages } from '../frameworks/installed-packages.ts'

/** The package that many applications start in each worker, with the API of this repository. */
export async function installHostMetrics(): Promise<Installed> {
  return await installPackages({
    '@opentelemetry/host-metrics': '0.39.0',
    '@opentelemetry/api': '1.9.1',
  })
}

/** Seconds of the first CPU in user mode since the start of the machine. */
export function userSeconds(): number {
  return (cpus()[0]?.times.user ?? 0) / 1_000
}
