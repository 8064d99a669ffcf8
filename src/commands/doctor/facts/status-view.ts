import { isRecord } from '../../../support/guards.ts'

/** What the checks read of the document of `/status`. Null: not told. */
export interface StatusView {
  readonly workers: readonly WorkerView[]
  readonly deaths: readonly DeathView[]
  /** Undefined while the event loop of the primary turns. */
  readonly primaryHang: HangView | undefined
  readonly droppedSeries: Readonly<Record<string, number>>
  readonly faults: Readonly<Record<string, number>>
  /** Why Redis or pushes of the process fail; undefined where they do not. */
  readonly redisError: string | undefined
  readonly pushError: string | undefined
  /** Origins of a sidecar that fail, each with the error. */
  readonly failingOrigins: readonly string[]
  readonly isSidecar: boolean
}

export interface WorkerView {
  readonly workerId: string
  readonly pid: number | null
  readonly state: string
  readonly listening: boolean
  readonly ageSeconds: number
  readonly reportAgeSeconds: number | null
  readonly hang: HangView
  /** Undefined for a process without a primary, and in earlier versions. */
  readonly counts: CountsView | undefined
}

/** Where a worker keeps its counts for the case of a sudden end. */
interface CountsView {
  readonly place: string
  readonly notInMemory: string | undefined
}

export interface HangView {
  /** The code that holds the event loop. */
  readonly heldBy: string | undefined
  /** Whether a stack is taken, and only stderr tells the code: the endpoint is open. */
  readonly isHidden: boolean
}

export interface DeathView {
  readonly workerId: string
  readonly restartType: string
  readonly reason: string
  /** Unix milliseconds. */
  readonly endedAt: number
  readonly error: string | undefined
}

/** Reads a document of any version: parts of an unknown form are left out. */
export function statusView(document: Readonly<Record<string, unknown>>): StatusView {
  const exporter = recordOf(document['exporter'])
  const { redis, push } = exporter
  return {
    workers: recordsOf(document['workers']).map(workerView),
    deaths: recordsOf(document['deaths']).map(deathView),
    primaryHang: isRecord(document['hang']) ? hangView(document['hang']) : undefined,
    droppedSeries: countsOf(exporter['droppedSeries']),
    faults: countsOf(exporter['faults']),
    redisError: isRecord(redis) && redis['connected'] === false ? reasonOf(redis) : undefined,
    pushError: isRecord(push) ? pushErrorOf(push) : undefined,
    failingOrigins: recordsOf(document['origins'])
      .filter((origin) => origin['connected'] === false)
      .map((origin) => `${String(origin['name'])}: ${reasonOf(origin)}`),
    isSidecar: Array.isArray(document['origins']),
  }
}

type Parts = Readonly<Record<string, unknown>>

function workerView(worker: Parts): WorkerView {
  const { pid, listening } = worker
  return {
    workerId: String(worker['workerId']),
    pid: numberOf(pid),
    state: String(worker['state']),
    listening: listening === true,
    ageSeconds: numberOf(worker['ageSeconds']) ?? 0,
    reportAgeSeconds: numberOf(worker['reportAgeSeconds']),
    hang: hangView(recordOf(worker['hang'])),
    counts: countsView(recordOf(worker['counts'])),
  }
}

function countsView({ place, notInMemory }: Parts): CountsView | undefined {
  const text = textOf(place)
  return text === undefined ? undefined : { place: text, notInMemory: textOf(notInMemory) }
}

function hangView({ heldBy, details }: Parts): HangView {
  return { heldBy: textOf(heldBy), isHidden: textOf(details) !== undefined }
}

function deathView(death: Parts): DeathView {
  const { name, message } = recordOf(death['error'])
  const told = [name, message].flatMap((each) => textOf(each) ?? [])
  return {
    workerId: String(death['workerId']),
    restartType: String(death['restartType']),
    reason: String(death['reason']),
    endedAt: Date.parse(String(death['endedAt'])),
    error: told.length === 0 ? undefined : told.join(': '),
  }
}

function pushErrorOf(push: Parts): string | undefined {
  const isFailing = push['state'] === 'off' || textOf(push['lastError']) !== undefined
  return isFailing ? reasonOf(push) : undefined
}

function reasonOf(parts: Parts): string {
  return textOf(parts['lastError']) ?? 'no reason given'
}

function countsOf(value: unknown): Record<string, number> {
  const entries = Object.entries(recordOf(value))
  return Object.fromEntries(
    entries.filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] > 0,
    ),
  )
}

function recordsOf(value: unknown): Parts[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

function recordOf(value: unknown): Parts {
  return isRecord(value) ? value : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
