import { detectorNames, detectorVariables } from '../config/otlp/detectors.ts'
import { readProtocol } from '../config/otlp/protocol.ts'
import { timeoutIn } from '../config/otlp/timeout.ts'
import { variableProblems } from '../config/otlp/variable-problems.ts'
import { otlpVariable } from '../config/otlp-variable.ts'
import { messagesOf } from '../config/problem.ts'
import type { Settings } from '../config/settings.ts'
import { pushLimits } from '../limits/push.ts'
import type { CodedText } from '../model/errors/coded-text.ts'

/** Settings of pushes, as values that can be posted to the exporter thread. */
export interface PushSettings {
  readonly intervalMs: number
  /** Environment of the thread: the variables of OTel's exporters and detectors. */
  readonly environment: Readonly<Record<string, string>>
  readonly program: Program
  /** Default of `service.instance.id`. */
  readonly instanceId: string
  /** `k8s.node.name`; undefined outside of Kubernetes. */
  readonly nodeName: string | undefined
  readonly resourceDetectors: Settings['resourceDetectors']
  /** Of a request, with its retries. */
  readonly timeoutMs: number
  /** Of a push, which can have several requests; undefined = no limit. */
  readonly pushTimeoutMs: number | undefined
}

/** Command line of the process. The thread has another command line. */
interface Program {
  readonly argv: readonly string[]
  readonly execArgv: readonly string[]
}

type Environment = Readonly<Record<string, string | undefined>>

/** @returns undefined when pushes are off. */
export function pushSettings(settings: Settings, variables: Environment): PushSettings | undefined {
  if (!settings.metricsExporters.includes('otlp')) return undefined
  const { resourceDetectors, metricExportTimeoutMs } = settings
  const timeoutMs = Math.min(exportTimeoutMs(variables), metricExportTimeoutMs ?? Infinity)
  const named = {
    ...detectorVariables(detectorNames(resourceDetectors), variables),
    ...grpcVariables(variables),
    ...otlpVariables(variables),
    OTEL_SERVICE_NAME: settings.serviceName,
    OTEL_RESOURCE_ATTRIBUTES: settings.resourceAttributes,
  }
  const { argv, execArgv } = process
  return {
    intervalMs: settings.metricExportIntervalMs,
    environment: Object.fromEntries(
      Object.entries(named).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    // Strings: an application can put values there that cannot be posted to the thread.
    program: { argv: argv.map(String), execArgv: execArgv.map(String) },
    instanceId: process.getBuiltinModule('node:crypto').randomUUID(),
    nodeName: settings.nodeName,
    resourceDetectors,
    timeoutMs,
    pushTimeoutMs: metricExportTimeoutMs,
  }
}

/** Timeout of a request from the environment, milliseconds. */
export function exportTimeoutMs(variables: Environment): number {
  return timeoutIn(variables) ?? pushLimits.exportTimeoutMs
}

/** Value for metrics, or else for all signals. As in OTel, an empty value is undefined. */
export function setting(variables: Environment, name: string): string | undefined {
  return otlpVariable(variables, name)?.text
}

/** What is wrong with the variables of OTel's exporter, which is silent about most faults. */
export function wrongVariables(variables: Environment): CodedText[] {
  const { faults, warnings } = variableProblems(variables)
  return messagesOf([...faults, ...warnings])
}

/** The proxy and the settings of gRPC's own package. */
function grpcVariables(variables: Environment): Environment {
  if (readProtocol(variables).protocol !== 'grpc') return {}
  const entries = Object.entries(variables)
  return Object.fromEntries(entries.filter(([name]) => grpcVariable.test(name)))
}

const grpcVariable = /^(?:grpc_proxy|https?_proxy|no_(?:grpc_)?proxy|GRPC_\w+)$/

/** OTel's exporters keep a space at the end, which can make another address of a URL. */
function otlpVariables(variables: Environment): Environment {
  const entries = Object.entries(variables).map(([name, text]) => [name, text?.trim()] as const)
  return Object.fromEntries(entries.filter(([name]) => name.startsWith('OTEL_EXPORTER_OTLP_')))
}
