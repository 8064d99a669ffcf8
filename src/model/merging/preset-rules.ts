import type { MergePattern } from './merge-rule.ts'

/**
 * Names of OTel's semantic conventions 1.45 that describe something larger or smaller than the
 * cluster. Each worker on a host observes the same values of the host.
 */
export const presetRules: readonly MergePattern[] = [
  // The host, its kernel and its hardware.
  { pattern: 'system.*', rule: 'first' },
  { pattern: 'nfs.*', rule: 'first' },
  { pattern: 'hw.*', rule: 'first' },
  // The container, the pod and the node that all workers share.
  { pattern: 'container.*', rule: 'first' },
  { pattern: 'k8s.*', rule: 'first' },
  { pattern: 'openshift.*', rule: 'first' },
  // One process and its JavaScript engine.
  { pattern: 'process.*', rule: 'per_worker' },
  { pattern: 'nodejs.*', rule: 'per_worker' },
  { pattern: 'v8js.*', rule: 'per_worker' },
]
