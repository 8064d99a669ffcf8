import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { setVariables } from '../../../config/environment.ts'
import { readProtocol } from '../../../config/otlp/protocol.ts'
import { wrongProtocol } from '../../../config/otlp/protocol-faults.ts'
import { variableProblems } from '../../../config/otlp/variable-problems.ts'
import { otlpVariable } from '../../../config/otlp-variable.ts'
import type { Problem } from '../../../config/problem.ts'
import { packageReason } from '../../../files/load-package.ts'
import { redacted } from '../../../log/redact.ts'
import type { Outcome } from '../../../push/answers/outcome.ts'
import { secretsIn } from '../../../push/header-secrets.ts'
import { ObservedExporter } from '../../../push/observed-exporter.ts'
import { loadOtlpExporter } from '../../../push/otlp-exporter.ts'
import { type PushSettings, pushSettings } from '../../../push/push-settings.ts'
import { type Finding, finding, fine, skipped } from '../catalog/finding.ts'
import type { Target } from '../facts/target.ts'

/** Looks at the variables of OTLP, and sends an export without metrics. */
export async function otlpFindings({ settings, environment }: Target): Promise<Finding[]> {
  const push = pushSettings(settings, environment)
  if (!push) return [skipped('otlp', 'OTLP', 'The settings push nothing.')]
  const { faults: others, warnings } = variableProblems(environment)
  const faults = [...protocolFault(environment), ...others]
  const judgement = judgementOf(environment)
  const { lookedAt } = judgement
  const findings = [
    ...faults.map(({ key, message: found }) =>
      finding('otlp-setting', { lookedAt, found, words: { key } }),
    ),
    ...warnings.map(({ key, message: found }) =>
      finding('otlp-doubtful', { lookedAt, found, words: { key } }),
    ),
  ]
  if (faults.length > 0) return findings
  return [...findings, ...(await answerFindings(push, judgement))]
}

function protocolFault(environment: Target['environment']): Problem[] {
  const { name, text, protocol } = readProtocol(environment)
  return protocol ? [] : [wrongProtocol(name, text)]
}

export interface OtlpJudgement extends Record<string, string> {
  readonly lookedAt: string
  /** The variable of the endpoint. */
  readonly key: string
  /** The protocol that the receiver may have in place of the given one. */
  readonly protocol: string
  /** Port of the endpoint; empty without a port. */
  readonly port: string
}

async function answerFindings(push: PushSettings, judgement: OtlpJudgement): Promise<Finding[]> {
  let exporter: ObservedExporter | undefined
  try {
    exporter = exporterOf(push)
    const outcome = await exporter.send(empty)
    return judgeOutcome(outcome, judgement)
  } catch (error) {
    const found = redacted(packageReason(error))
    return [finding('otlp-package', { lookedAt: judgement.lookedAt, found })]
  } finally {
    exporter?.close()
  }
}

/** OTel's exporter reads the variables of this process. */
function exporterOf({ environment, timeoutMs }: PushSettings): ObservedExporter {
  setVariables(environment)
  // Packages of the application resolve from its directory.
  const create = () => loadOtlpExporter(environment, { program: 'package.json', timeoutMs })
  const exporter = new ObservedExporter({ create, timeoutMs, secrets: secretsIn(environment) })
  // One attempt says enough.
  exporter.endAtRefusals()
  return exporter
}

/** The serializers of OpenTelemetry read these properties alone. */
const empty = {
  resource: { attributes: {}, getRawAttributes: () => [], merge: () => empty.resource },
  scopeMetrics: [],
} as unknown as ResourceMetrics

/** Judges the answer to an export without metrics. */
export function judgeOutcome(outcome: Outcome, judgement: OtlpJudgement): Finding[] {
  const { lookedAt } = judgement
  if (outcome.kind === 'accepted') {
    return [fine('otlp', lookedAt, 'The receiver takes an export without metrics.')]
  }
  const found = `${outcome.reason}.`
  const told = { lookedAt, found, words: judgement }
  const { reason } = outcome
  if (/may have no TLS|certificate|ERR_TLS|self[- ]signed/i.test(reason))
    return [finding('otlp-tls', told)]
  if (isOtherProtocol(reason, judgement)) {
    const key = judgement['protocolKey'] ?? 'OTEL_EXPORTER_OTLP_PROTOCOL'
    return [finding('otlp-protocol', { ...told, words: { ...judgement, key } })]
  }
  if (outcome.kind === 'unavailable') return [finding('otlp-unreachable', told)]
  const isDenied = /^(?:401|403|407|UNAUTHENTICATED|PERMISSION_DENIED)$/.test(outcome.status)
  return [finding(isDenied ? 'otlp-credentials' : 'otlp-refused', told)]
}

/** Node's and gRPC's texts about bytes of another protocol. */
const otherProtocol =
  /Parse Error|Expected HTTP|Protocol error|HTTP\/2|RST_STREAM|GOAWAY|415|socket hang up/i

function isOtherProtocol(reason: string, { port, protocol }: OtlpJudgement): boolean {
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN/.test(reason)) return false
  const isUsualOfOther = port === (protocol === 'grpc' ? '4317' : '4318')
  return (
    otherProtocol.test(reason) ||
    (isUsualOfOther && /ECONNRESET|DEADLINE|no complete answer/.test(reason))
  )
}

function judgementOf(variables: Target['environment']): OtlpJudgement {
  const { name, text } = otlpVariable(variables, 'ENDPOINT') ?? usual
  const { protocol, name: protocolKey } = readProtocol(variables)
  const url = URL.canParse(text) ? new URL(text) : undefined
  return {
    lookedAt: `the receiver of OTLP at ${url ? `${url.protocol}//${url.host}` : name}`,
    key: name,
    protocolKey: protocolKey || 'OTEL_EXPORTER_OTLP_PROTOCOL',
    protocol: protocol === 'grpc' ? 'http/protobuf' : 'grpc',
    port: url?.port ?? '',
  }
}

const usual = { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', text: 'http://localhost:4318' } as const
