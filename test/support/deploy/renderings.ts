import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { KubernetesObject } from './objects.ts'
import { helm as helmTool, kustomize } from './programs.ts'

const deploy = join(import.meta.dirname, '../../../deploy')
const overlays = join(deploy, 'kubernetes/overlays')
/** The chart. */
export const chart: string = join(deploy, 'helm/gunicorn-prometheus-exporter')
const parentChart = join(import.meta.dirname, '../../fixtures/helm/shop')

export interface Rendering {
  readonly name: string
  readonly objects: readonly KubernetesObject[]
}

type Found<T> = T | { readonly missing: string }

/** The folders that Kustomize renders. */
export const overlayNames: readonly string[] = readdirSync(overlays)

/** The files of values that Helm renders. */
export const valueFiles: readonly string[] = readdirSync(join(chart, 'ci'))

/** Every overlay. @throws with the program's message. */
export const rendered: () => Found<Rendering[]> = once(() => {
  const program = kustomize()
  if ('missing' in program) return program
  return overlayNames.map((name) => {
    const [command = '', ...args] = program.command
    return { name, objects: objectsIn(output(command, [...args, join(overlays, name)])) }
  })
})

/** Every file of values, and charts that include the sidecar. @throws with Helm's message. */
export const templated: () => Found<Rendering[]> = once(() => {
  const helm = helmTool()
  if ('missing' in helm) return helm
  const charts = valueFiles.map((file) => ({
    name: basename(file, '.yaml'),
    objects: objectsIn(output(helm.path, helmArguments(file))),
  }))
  return [
    ...charts,
    { name: 'shop', objects: objectsIn(templatedParent(helm.path)) },
    { name: 'shop-secured', objects: objectsIn(templatedParent(helm.path, secured)) },
  ]
})

/** Programs render once per process. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Everything. */
export function allRenderings(): Found<Rendering[]> {
  const [overlaid, charts] = [rendered(), templated()]
  if ('missing' in overlaid) return overlaid
  if ('missing' in charts) return charts
  return [...overlaid, ...charts]
}

/** The arguments of `helm template` for a file of values. */
export function helmArguments(file: string): string[] {
  return ['template', 'try', chart, '--values', join(chart, 'ci', file)]
}

const secured = [
  'page.tls.existingSecret=metrics-tls',
  'page.auth.existingSecret=metrics-credentials',
  'extraEnv[0].name=PROMETHEUS_LOG_FORMAT,gunicorn-prometheus-exporter.extraEnv[0].value=json',
].flatMap((value) => ['--set', `gunicorn-prometheus-exporter.${value}`])

/** A chart of an application that has this chart as a dependency. */
export function templatedParent(helm: string, args: readonly string[] = []): string {
  const directory = mkdtempSync(join(tmpdir(), 'gunicorn-prometheus-exporter-chart-'))
  try {
    cpSync(parentChart, directory, { recursive: true })
    cpSync(chart, join(directory, 'charts', basename(chart)), { recursive: true })
    return output(helm, ['template', 'shop', directory, ...args])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function output(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: 120_000,
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  return stdout
}

function objectsIn(text: string): KubernetesObject[] {
  const documents = parseAllDocuments(text)
  if (!Array.isArray(documents)) return []
  return documents.flatMap((document) => {
    const [error] = document.errors
    if (error) throw error
    const object: unknown = document.toJS()
    return object === null ? [] : [object as KubernetesObject]
  })
}
