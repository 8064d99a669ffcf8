import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Answer, ask } from '../endpoint/endpoint.ts'
import { type App, endGroup, eventually, freePort, startProgram } from '../programs/app.ts'
import { load } from '../programs/load.ts'
import {
  commandOf,
  environmentOf,
  makeVolume,
  type Surroundings,
  terminate,
} from './container-processes.ts'
import type { Container, Probe, Template } from './objects.ts'

/*
 * The containers of a pod as processes. Volumes are directories, and a port of the manifest is a
 * free port.
 */

/** Another address than 127.0.0.1, as the kubelet uses another one: the address of the pod. */
const host = '127.0.0.2'

type End = Awaited<App['ended']> & { readonly name: string; readonly stderr: string }

export interface Pod {
  /** Waits until the probes succeed, in the order of the kubelet. @returns their number. */
  readonly ready: (tls?: PageOptions) => Promise<number>
  /** Asks the port `metrics` for a path. */
  readonly ask: (path: string, options?: PageOptions) => Promise<Answer>
  /** Sends requests to the application. */
  readonly burden: (count: number) => Promise<void>
  /** The requests that the application has answered, with those of probes. */
  readonly answered: () => number
  /** A signal for one container, and its end. */
  readonly endContainer: (name: string, signal: 'SIGTERM' | 'SIGKILL') => Promise<void>
  /** SIGTERM for all containers, and SIGKILL after the grace period. */
  readonly end: () => Promise<readonly End[]>
}

export interface PageOptions {
  readonly ca?: string
  readonly servername?: string
  readonly auth?: string
}

/** Starts the containers of a pod. They end with the test. */
export async function startPod(
  context: TestContext,
  { spec }: Template,
  surroundings: Surroundings,
): Promise<Pod> {
  const { directory, mountsOf } = volumesOf(spec, surroundings)
  const ports = new Map<number, Promise<number>>()
  const portOf = (port: number): Promise<number> => {
    const mapped = ports.get(port) ?? freePort()
    ports.set(port, mapped)
    return mapped
  }
  const running: Running[] = []
  context.after(async () => {
    for (const { program } of running) endGroup(program.child)
    await Promise.all(running.map(({ program }) => program.ended))
    rmSync(directory, { recursive: true, force: true })
  })
  for (const container of spec.containers) {
    const { mounts, writable } = mountsOf(container)
    const env = await environmentOf(container, surroundings, { mounts, portOf })
    running.push({ container, program: startProgram(commandOf(container, writable), env) })
  }
  return podOf(running, portOf, spec.terminationGracePeriodSeconds ?? 30)
}

interface Running {
  readonly container: Container
  readonly program: ReturnType<typeof startProgram>
}

function volumesOf(
  { volumes = [] }: Template['spec'],
  surroundings: Surroundings,
): {
  readonly directory: string
  readonly mountsOf: (container: Container) => {
    readonly mounts: ReadonlyMap<string, string>
    readonly writable: readonly string[]
  }
} {
  const directory = mkdtempSync(join(tmpdir(), 'gunicorn-prometheus-exporter-pod-'))
  chmodSync(directory, 0o755)
  for (const volume of volumes) makeVolume(join(directory, volume.name), volume, surroundings)
  const secrets = volumes.filter(({ secret }) => secret).map(({ name }) => name)
  return {
    directory,
    mountsOf({ volumeMounts = [] }) {
      const writable = volumeMounts.filter(({ name }) => !secrets.includes(name))
      return {
        mounts: new Map(
          volumeMounts.map(({ mountPath, name }) => [mountPath, join(directory, name)]),
        ),
        writable: writable.map(({ name }) => join(directory, name)),
      }
    },
  }
}

function podOf(
  running: readonly Running[],
  portOf: (port: number) => Promise<number>,
  graceSeconds: number,
): Pod {
  let answered = 0
  const named = new Map(
    running.flatMap(({ container: { ports = [] } }) =>
      ports.map((port) => [port.name, port.containerPort] as const),
    ),
  )
  const placeOf = async (name: string): Promise<number> => {
    const port = named.get(name)
    if (port === undefined) throw new Error(`The pod has no port ${name}.`)
    return await portOf(port)
  }
  const succeed = async ({ httpGet }: Probe, tls: PageOptions): Promise<void> => {
    if (!httpGet) throw new Error('The probe is no request.')
    const { path, port, scheme } = httpGet
    const options = scheme === 'HTTPS' ? tls : {}
    const { status = 0 } = await ask(await placeOf(port), { host, path, ...options })
    if (status < 200 || status > 399) throw new Error(`${path} answers ${status}.`)
    if (port === 'http') answered += 1
  }
  return {
    async ready(tls = {}) {
      const probes = running.flatMap(({ container }) => probesOf(container))
      for (const probe of probes) {
        await eventually(async () => {
          await succeed(probe, tls).catch((error: unknown) => {
            throw new Error(outputOf(running), { cause: error })
          })
        }, 60_000)
      }
      return probes.length
    },
    ask: async (path, options = {}) =>
      await ask(await placeOf('metrics'), { host, path, ...options }),
    async burden(count) {
      const port = await placeOf('http')
      const statuses = await load({ port, paths: ['/products'], count, connections: 2 })
      answered += [...statuses.values()].reduce((sum, each) => sum + each, 0)
    },
    answered: () => answered,
    async endContainer(name, signal) {
      const found = running.find(({ container }) => container.name === name)
      if (!found) throw new Error(`The pod has no container ${name}.`)
      terminate(found.program.child, signal)
      await found.program.ended
    },
    end: async () => await ended(running, graceSeconds),
  }
}

function probesOf({ startupProbe, readinessProbe, livenessProbe }: Container): Probe[] {
  return [startupProbe, readinessProbe, livenessProbe].flatMap((probe) => probe ?? [])
}

function outputOf(running: readonly Running[]): string {
  return running.map(({ program }) => program.stdout() + program.stderr()).join('\n')
}

async function ended(running: readonly Running[], graceSeconds: number): Promise<End[]> {
  for (const { program } of running) {
    const { exitCode, signalCode } = program.child
    if (exitCode === null && signalCode === null) terminate(program.child)
  }
  const timer = setTimeout(() => {
    for (const { program } of running) endGroup(program.child)
  }, graceSeconds * 1_000)
  const ends = running.map(async ({ container: { name }, program }) => ({
    name,
    ...(await program.ended),
    stderr: program.stderr(),
  }))
  const all = await Promise.all(ends)
  clearTimeout(timer)
  return all
}
