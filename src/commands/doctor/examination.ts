import { doctorLimits } from '../../limits/tools/doctor.ts'
import { redacted } from '../../log/redact.ts'
import { messageOf } from '../../support/error-message.ts'
import { late, withTimeLimit } from '../../support/time-limit.ts'
import { type CheckName, checkNames } from './catalog/declaration.ts'
import { type Finding, skipped, sorted, unknown } from './catalog/finding.ts'
import { authenticationFindings } from './checks/authentication.ts'
import { certificateFindings } from './checks/certificate.ts'
import { configurationFindings } from './checks/configuration.ts'
import { directoriesFindings } from './checks/directories.ts'
import { limitsFindings } from './checks/limits.ts'
import { nodeFindings } from './checks/node-version.ts'
import { otlpFindings } from './checks/otlp.ts'
import { packagesFindings } from './checks/packages.ts'
import { pageFindings } from './checks/page.ts'
import { pm2Findings } from './checks/pm2.ts'
import { portFindings } from './checks/port.ts'
import { preloadFindings } from './checks/preload.ts'
import { redisFindings } from './checks/redis.ts'
import { workersFindings } from './checks/workers.ts'
import type { Target } from './facts/target.ts'

type Look = (target: Target) => readonly Finding[] | Promise<readonly Finding[]>

const checks: Readonly<Record<CheckName, Look>> = {
  configuration: configurationFindings,
  node: nodeFindings,
  packages: packagesFindings,
  preload: preloadFindings,
  pm2: pm2Findings,
  port: portFindings,
  page: pageFindings,
  authentication: authenticationFindings,
  certificate: certificateFindings,
  workers: workersFindings,
  redis: redisFindings,
  otlp: otlpFindings,
  directories: directoriesFindings,
  limits: limitsFindings,
}

/** Checks that need no setting of the process. */
const withoutSettings: readonly CheckName[] = ['configuration', 'pm2', 'limits']

/** Makes all checks side by side. Never rejects, and resolves within the time. */
export async function examine(
  target: Target,
  timeoutMs: number = doctorLimits.timeoutMs,
): Promise<Finding[]> {
  const findings = await Promise.all(
    checkNames.map(async (name) => await attempt(name, target, timeoutMs)),
  )
  return sorted(findings.flat())
}

async function attempt(
  name: CheckName,
  target: Target,
  timeoutMs: number,
): Promise<readonly Finding[]> {
  if (target.refusal && !withoutSettings.includes(name)) {
    return [skipped(name, 'the process', 'The settings of the process are not known.')]
  }
  try {
    const findings = await withTimeLimit(begin(checks[name], target), timeoutMs)
    if (findings !== late) return findings
    const found = `The check took longer than ${timeoutMs / 1_000} s.`
    return [unknown(name, `the check ${name}`, { found, remedy: 'Give a longer --timeout.' })]
  } catch (error) {
    const found = `The check has failed: ${redacted(messageOf(error))}.`
    return [unknown(name, `the check ${name}`, { found })]
  }
}

async function begin(look: Look, target: Target): Promise<readonly Finding[]> {
  return await look(target)
}
