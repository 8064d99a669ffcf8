import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Address } from '../../../endpoint/bind/address.ts'
import type { SocketHolder } from '../../../endpoint/bind/socket-holder.ts'
import { hostWithPort } from '../../../model/address.ts'
import { type Finding, finding, fine, skipped, type Told } from '../catalog/finding.ts'
import { isChosenBySystem } from '../facts/chosen-port.ts'
import type { PageFacts } from '../facts/page-facts.ts'
import { type ProcessView, processView, shownProcess } from '../facts/process-view.ts'
import type { Target } from '../facts/target.ts'

export interface PortFacts {
  readonly address: Address
  readonly names: { readonly port: string; readonly address: string }
  readonly holder: ProcessView | undefined
  /** The process of `--pid`, without which any exporter may have the port. */
  readonly pid: number | undefined
  /** The parent of the process of `--pid`: the primary of a worker. */
  readonly parent: number | undefined
  readonly page: PageFacts
  /** Lowest port that this user may open; undefined where the system does not tell. */
  readonly leastPort: number | undefined
  /** Addresses of this host. */
  readonly hosts: readonly string[]
}

/** Looks for the process that has the address of the endpoint. */
export async function portFindings(target: Target): Promise<Finding[]> {
  const { options, endpoint, isServed, holder } = target
  const lookedAt = shownAddress(endpoint.address)
  if (options.url) {
    return [skipped('port', lookedAt, 'With --url, the port is not looked at.')]
  }
  if (!isServed) return [skipped('port', lookedAt, 'The settings open no endpoint.')]
  return judgePort({
    ...endpoint,
    holder: holder && viewOf(holder),
    pid: target.process === undefined ? undefined : options.pid,
    parent: options.pid === undefined ? undefined : target.process?.parent,
    page: await target.page,
    leastPort: leastPort(),
    hosts: Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .map((each) => each.address),
  })
}

function viewOf({ pid, name }: SocketHolder): ProcessView {
  const ids = { uid: Number.NaN, gid: Number.NaN, groups: [] }
  const unseen = { ...ids, environment: undefined, directory: undefined }
  return processView(pid) ?? { pid, parent: 0, ...unseen, command: [name], program: undefined }
}

/** Judges the address of the endpoint. */
export function judgePort(facts: PortFacts): Finding[] {
  const { address, holder, page } = facts
  const lookedAt = shownAddress(address)
  if (holder) return [ofHolder(facts, holder, lookedAt)]
  if (page.page.kind === 'failure') return [ofNobody(facts, lookedAt)]
  if (page.kind.kind === 'exporter') {
    return [fine('port', lookedAt, 'An exporter listens. The system does not show its process.')]
  }
  const found = 'A program answers, and the system does not show which.'
  const words = { pid: 'that has the port (`ss -ltnp` as root)', setting: facts.names.port }
  return [finding('port-taken', { lookedAt, found, words })]
}

function ofHolder(
  { page, pid, parent, names }: PortFacts,
  holder: ProcessView,
  lookedAt: string,
): Finding {
  const words = { pid: holder.pid, setting: names.port }
  const told: Told = { lookedAt, found: `${shownProcess(holder)}, listens here.`, words }
  if (page.kind.kind !== 'exporter' && page.kind.kind !== 'python') {
    return isSilent(page) && isExporter(holder)
      ? fine('port', lookedAt, told.found)
      : finding('port-taken', told)
  }
  const isRelated = [pid, parent].includes(holder.pid) || holder.parent === pid
  const isOther = pid !== undefined && !isRelated
  return isOther ? finding('port-of-another-exporter', told) : fine('port', lookedAt, told.found)
}

function isSilent({ page }: PageFacts): boolean {
  return page.kind === 'failure'
}

/** Whether the command line or the variables have this package. */
function isExporter({ command, environment }: ProcessView): boolean {
  const text = [...command, environment?.['NODE_OPTIONS'] ?? ''].join(' ')
  return /gunicorn-prometheus-exporter/.test(text)
}

function ofNobody(facts: PortFacts, lookedAt: string): Finding {
  const { address, names, leastPort: least = 0, pid, hosts } = facts
  if (address.kind === 'tcp' && isForeign(address.host, hosts)) {
    const found = `No interface of this host has the address ${address.host}.`
    return finding('address-foreign', { lookedAt, found, words: { setting: names.address } })
  }
  if (address.kind === 'tcp' && address.port !== 0 && address.port < least) {
    const found = `This user may open ports of ${least} and above.`
    return finding('port-privileged', { lookedAt, found, words: { setting: names.port, least } })
  }
  const found = 'Nothing listens here.'
  if (pid !== undefined) return finding('port-silent', { lookedAt, found })
  return finding(isChosenBySystem(address) ? 'port-chosen' : 'port-free', { lookedAt, found })
}

function isForeign(host: string, hosts: readonly string[]): boolean {
  if (isIP(host) === 0 || /^127\./.test(host) || ['0.0.0.0', '::', '::1'].includes(host))
    return false
  return !hosts.includes(host)
}

function leastPort(): number | undefined {
  if (process.getuid?.() === 0) return 0
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'))
  } catch {
    return undefined
  }
}

function shownAddress(address: Address): string {
  if (address.kind === 'unix') return `the socket ${address.path}`
  return `the port ${hostWithPort(address.host, address.port)}`
}
