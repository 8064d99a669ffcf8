import type { ErrorDeclaration } from './declaration.ts'

export type PushErrorCode =
  | 'GPE_PUSH_OFF'
  | 'GPE_PUSH_FAILED'
  | 'GPE_PUSH_REFUSED'
  | 'GPE_PUSH_SIZE'
  | 'GPE_PUSH_WARNING'
  | 'GPE_LAST_PUSH'
  | 'GPE_RESOURCE_DETECTORS'

/** Codes of pushes by OTLP. */
export const pushErrors: Readonly<Record<PushErrorCode, ErrorDeclaration>> = {
  GPE_PUSH_OFF: {
    level: 'error',
    meaning: 'The exporter of OTLP cannot start, for a reason without a code of its own.',
    remedy: 'Remove the cause that the line names.',
    page: 'troubleshooting.md#pushes-are-off',
    findings: ['otlp-setting'],
  },
  GPE_PUSH_FAILED: {
    level: 'warning',
    meaning: 'A push failed. The process tries again.',
    remedy: 'Start the receiver, or correct its address.',
    page: 'troubleshooting.md#collector-away',
    findings: ['otlp-unreachable'],
  },
  GPE_PUSH_REFUSED: {
    level: 'warning',
    meaning: 'The receiver refuses metrics or points, and gets the others.',
    remedy: 'Change the receiver, or the metrics that the line names.',
    page: 'troubleshooting.md#a-receiver-refuses-metrics',
    findings: ['otlp-refused'],
  },
  GPE_PUSH_SIZE: {
    level: 'warning',
    meaning: 'The receiver refuses large requests. The process sends smaller requests.',
    remedy: 'Raise the limit of the receiver.',
    page: 'otlp.md#what-a-receiver-refuses',
  },
  GPE_PUSH_WARNING: {
    level: 'warning',
    meaning: 'The OTLP exporter of OpenTelemetry warns.',
    remedy: 'Follow the line.',
    page: 'otlp.md#settings',
  },
  GPE_LAST_PUSH: {
    level: 'warning',
    meaning: 'The last push or write of a process failed, or took too long.',
    remedy: 'Follow the reason in the line. The last counts may be missing.',
    page: 'otlp.md#the-last-push',
  },
  GPE_RESOURCE_DETECTORS: {
    level: 'warning',
    meaning: 'A resource detector takes too long or fails, so attributes are missing.',
    remedy: 'Repair the service that the detector asks, or leave the detector out.',
    page: 'otlp.md#the-resource',
  },
}
