import { readdirSync, readFileSync } from 'node:fs'
import type { Settings } from '../../../config/settings.ts'
import { doctorLimits } from '../../../limits/tools/doctor.ts'
import { type CgroupLimits, cgroupLimits } from '../../../support/process/cgroup.ts'
import { usableCpus } from '../../../support/process/usable-cpus.ts'
import { type Finding, finding, fine, skipped, unknown } from '../catalog/finding.ts'
import type { PageFacts } from '../facts/page-facts.ts'
import { processesBelow } from '../facts/process-view.ts'
import type { Target } from '../facts/target.ts'

/** Limits of the system, and what the application needs. */
export interface LimitFacts {
  readonly cgroup: CgroupLimits
  /** Workers of the cluster; 1 for a single process. */
  readonly workers: number
  /** Of one worker, `--max-memory`; 0 without. */
  readonly maxMemoryBytes: number
  /** Heap limits of all processes on the page, bytes. */
  readonly heapBytes: number
  readonly processes: readonly DescriptorFacts[]
  readonly maxConnections: number
}

interface DescriptorFacts {
  readonly pid: number
  readonly limit: number
  readonly used: number
}

/** Looks at the cgroup of the process, or of this command, and at file descriptors. */
export async function limitsFindings(target: Target): Promise<Finding[]> {
  const { options, settings } = target
  if (options.url) {
    return [skipped('limits', 'the system', 'With --url, no process is looked at.')]
  }
  const facts = await target.page
  // Another program can have the port.
  const isOfExporter = options.pid !== undefined || facts.kind.kind === 'exporter'
  const view = isOfExporter ? target.process : undefined
  const pid = view?.pid ?? process.pid
  const lookedAt = view ? `limits of the process ${pid}` : 'limits of this command'
  const cgroup = cgroupLimits(pid)
  if (!cgroup) {
    return [
      unknown('limits', lookedAt, { found: 'The system shows no cgroups: this is no Linux.' }),
    ]
  }
  const heaps = heapsOn(facts)
  const children = view ? processesBelow([pid]).map((each) => each.pid) : []
  return judgeLimits(
    {
      cgroup,
      workers: Math.max(1, heaps.length || wantedWorkers(target)),
      maxMemoryBytes: settings.maxMemoryBytes,
      heapBytes: heaps.reduce((sum, each) => sum + each, 0),
      processes: [pid, ...children].flatMap((each) => descriptorsOf(each) ?? []),
      maxConnections: settings.maxConnections,
    },
    lookedAt,
  )
}

function wantedWorkers({ settings, command }: Target): number {
  return command.name === 'run' ? countOf(settings) : 1
}

function countOf({ workers }: Settings): number {
  return workers === 'auto' ? usableCpus() : workers
}

/** Judges the limits. */
export function judgeLimits(facts: LimitFacts, lookedAt: string): Finding[] {
  const findings = [
    ...memoryFindings(facts, lookedAt),
    ...cpuFindings(facts, lookedAt),
    ...pidsFindings(facts.cgroup, lookedAt),
    ...facts.processes.flatMap((each) => descriptorFindings(each, lookedAt)),
    ...fewDescriptors(facts, lookedAt),
  ]
  return findings.length > 0 ? findings : [fine('limits', lookedAt, 'No limit is near.')]
}

function memoryFindings(facts: LimitFacts, lookedAt: string): Finding[] {
  const { cgroup, workers, maxMemoryBytes, heapBytes } = facts
  const { memoryBytes: limit, memoryUsedBytes: used = 0 } = cgroup
  if (limit === undefined) return []
  const memory = `The cgroup allows ${mebibytes(limit)} MiB`
  const findings: Finding[] = []
  const needed = workers * maxMemoryBytes
  if (maxMemoryBytes > 0 && needed > limit) {
    const found = `${memory}. Workers: ${workers}, --max-memory: ${mebibytes(maxMemoryBytes)} MiB.`
    const words = { needed: mebibytes(needed) }
    findings.push(finding('memory-below-max-memory', { lookedAt, found, words }))
  } else if (heapBytes > limit && maxMemoryBytes === 0) {
    const found = `${memory}. The heaps of ${workers} workers may take ${mebibytes(heapBytes)} MiB.`
    const words = { heap: Math.max(32, Math.floor(mebibytes(limit) / workers / 2)) }
    findings.push(finding('memory-below-heaps', { lookedAt, found, words }))
  }
  if (used > doctorLimits.nearlyFull * limit) {
    const found = `${memory}, and ${mebibytes(used)} MiB are used.`
    findings.push(finding('memory-nearly-full', { lookedAt, found }))
  }
  return findings
}

function cpuFindings({ cgroup, workers }: LimitFacts, lookedAt: string): Finding[] {
  const { cpus, throttled = 0 } = cgroup
  const quota = `The quota is ${cpus} CPUs`
  if (throttled >= doctorLimits.throttled) {
    const found = `${quota}. The kernel throttled ${Math.round(100 * throttled)} % of the periods.`
    return [finding('cpu-throttled', { lookedAt, found })]
  }
  if (cpus === undefined || workers <= Math.max(1, Math.ceil(cpus))) return []
  const words = { cpus: Math.max(1, Math.floor(cpus)) }
  const found = `${quota}, and there are ${workers} workers.`
  return [finding('cpu-below-workers', { lookedAt, found, words })]
}

function pidsFindings({ pids, pidsUsed = 0 }: CgroupLimits, lookedAt: string): Finding[] {
  if (pids === undefined || pidsUsed < doctorLimits.nearlyFull * pids) return []
  const found = `Processes and threads: ${pidsUsed} of ${pids}.`
  return [finding('pids-nearly-full', { lookedAt, found })]
}

function descriptorFindings({ pid, limit, used }: DescriptorFacts, lookedAt: string): Finding[] {
  if (used < doctorLimits.nearlyFull * limit) return []
  const found = `The process ${pid} has ${used} of ${limit} file descriptors.`
  return [finding('descriptors-nearly-full', { lookedAt, found, words: { pid } })]
}

function fewDescriptors({ processes, maxConnections }: LimitFacts, lookedAt: string): Finding[] {
  const [first] = processes
  if (first === undefined || first.limit > maxConnections) return []
  const found = `The limit is ${first.limit}. The endpoint may have ${maxConnections} connections.`
  return [finding('descriptors-few', { lookedAt, found })]
}

/** Undefined for a process of another user. */
function descriptorsOf(pid: number): DescriptorFacts | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/limits`, 'utf8')
    const limit = Number(/^Max open files\s+(\d+)/m.exec(text)?.[1] ?? Number.POSITIVE_INFINITY)
    return { pid, limit, used: readdirSync(`/proc/${pid}/fd`).length }
  } catch {
    return undefined
  }
}

function heapsOn({ page }: PageFacts): number[] {
  if (page.kind === 'failure') return []
  const rows = page.body.matchAll(/^gunicorn_worker_heap_limit_bytes(?:\{.*\})? (\S+)/gm)
  return Array.from(rows, ([, value]) => Number(value)).filter(Number.isFinite)
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1_048_576)
}
