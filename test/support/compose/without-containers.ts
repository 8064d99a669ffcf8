import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Collector, startCollector } from '../otel/collector.ts'
import { endGroup, freePort, nodeUnderTest, startProgram } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { type Master, startMaster } from '../programs/master.ts'
import { memoryCgroup } from '../programs/memory-cgroup.ts'
import { type Sidecar, startServe } from '../programs/serve.ts'
import { type Prometheus, startPrometheus } from '../prometheus/prometheus.ts'
import { composeFolder, type Service, type Services } from './compose-file.ts'

/*
 * Runs services of a compose file as plain programs. The commands and variables are those of the
 * file. Addresses such as `redis:6379` become addresses of the loopback interface.
 */

/** The addresses of the services, by `service:port`. */
export type Addresses = Map<string, string>

export interface Application extends Master {
  /** Whether the application runs in a cgroup with the `mem_limit` of the file. */
  readonly isLimited: boolean
}

export async function startApplication(
  context: Belongings,
  service: Service | undefined,
  variables: Readonly<Record<string, string>>,
): Promise<Application> {
  const { command, environment, mem_limit: limitBytes } = required(service)
  const cgroup = limitBytes === undefined ? undefined : memoryCgroup(Number(limitBytes))
  if (cgroup) context.after(() => cgroup.remove())
  const app = await startMaster({
    file: join(composeFolder, 'application/server.js'),
    options: (command ?? []).slice(1, -1),
    env: { ...environment, ...variables },
    starter: cgroup?.starter ?? [],
  })
  context.after(app.stop)
  return { ...app, isLimited: cgroup !== undefined }
}

export async function startExporter(
  context: Belongings,
  service: Service | undefined,
  variables: Readonly<Record<string, string>>,
): Promise<Sidecar> {
  const sidecar = await startServe({ env: { ...required(service).environment, ...variables } })
  context.after(sidecar.stop)
  return sidecar
}

/** @param program the Prometheus. */
export async function startComposePrometheus(
  context: Belongings,
  service: Service | undefined,
  { program, addresses }: { readonly program: string; readonly addresses: Addresses },
): Promise<Prometheus> {
  const { command, volumes = [] } = required(service)
  const mounted = (target: string): string =>
    volumes.find((volume) => volume.target === target)?.source ?? ''
  const rules = mounted('/etc/prometheus/rules')
  const files = readdirSync(rules).map((name): [string, string] => [
    join('rules', name),
    readFileSync(join(rules, name), 'utf8'),
  ])
  const prometheus = await startPrometheus({
    prometheus: program,
    config: resolved(readFileSync(mounted('/etc/prometheus/prometheus.yml'), 'utf8'), addresses),
    files: Object.fromEntries(files),
    flags: (command ?? []).filter((flag) => !/^--(?:config\.file|storage\.tsdb\.path)=/.test(flag)),
  })
  context.after(prometheus.stop)
  return prometheus
}

/** @param program the Collector. */
export async function startComposeCollector(
  context: Belongings,
  service: Service | undefined,
  { program, addresses }: { readonly program: string; readonly addresses: Addresses },
): Promise<Collector> {
  const collector = await startCollector({
    otelcol: program,
    config: 'scrape.yaml',
    env: resolvedVariables(required(service), addresses),
  })
  context.after(collector.stop)
  return collector
}

export interface Load {
  /** Ends the load. Resolves with its counts. */
  readonly end: () => Promise<{
    readonly sent: number
    readonly skipped: number
    readonly failed: number
    readonly faults: number
    readonly statuses: Readonly<Record<string, number>>
  }>
}

export function startLoad(
  context: Belongings,
  service: Service | undefined,
  addresses: Addresses,
): Load {
  const script = join(composeFolder, 'load/load.js')
  const env = resolvedVariables(required(service), addresses)
  const { child, ended, stdout, stderr } = startProgram([nodeUnderTest, script], env)
  context.after(() => endGroup(child))
  return {
    async end() {
      child.kill('SIGTERM')
      const { code } = await ended
      if (code !== 0) throw new Error(`The load ended with ${code}: ${stderr()}`)
      return JSON.parse(stdout())
    },
  }
}

/** An address for each port of a server that the test starts by a port number. */
export async function reserve(addresses: Addresses, name: string): Promise<number> {
  const port = await freePort()
  addresses.set(name, `127.0.0.1:${port}`)
  return port
}

function resolvedVariables(
  { environment = {} }: Service,
  addresses: Addresses,
): Record<string, string> {
  const entries = Object.entries(environment)
  return Object.fromEntries(entries.map(([name, value]) => [name, resolved(value, addresses)]))
}

/** @throws if an address of a service is not known. */
function resolved(text: string, addresses: Addresses): string {
  return text.replace(/\b(?:application-\d|redis|exporter|prometheus):\d+/g, (name) => {
    const address = addresses.get(name)
    if (address === undefined) throw new Error(`${name} does not run`)
    return address
  })
}

function required(service: Service | undefined): Service {
  if (service === undefined) throw new Error('The compose file does not have the service.')
  return service
}

export function serviceOf(services: Services, name: string): Service {
  return required(services[name])
}
