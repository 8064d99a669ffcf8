import { join } from 'node:path'
import { protocolFaults } from '../otlp/protocol-faults.ts'
import { variableProblems } from '../otlp/variable-problems.ts'
import { joined, noProblems, type Problems } from '../problems.ts'
import type { Environment } from './resolved.ts'

/**
 * Problems of the variables of OTLP, for a check. The exporter itself tells the problems when
 * pushes start. Packages of the application resolve from the working directory.
 */
export function otlpProblems(environment: Environment): Problems {
  const places = [() => import.meta.url, () => join(process.cwd(), 'package.json')]
  const faults = protocolFaults(environment, places)
  return joined([{ ...noProblems, faults }, variableProblems(environment)])
}
