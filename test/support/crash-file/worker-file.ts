import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { CountedSeries } from '../../../src/collect/counts/count-places.ts'
import { parseCrashFile } from '../../../src/crash-file/reader.ts'
import { CrashFiles } from '../../../src/crash-file/store.ts'
import type { CrashFile } from '../../../src/crash-file/writer.ts'
import { PrivateDirectory } from '../../../src/files/private-directory.ts'
import type { Attributes, Metric, Value } from '../../../src/model/metric.ts'
import { temporaryDirectory } from '../programs/temporary-directory.ts'
import { workersDirectoryIn } from './workers-directory.ts'

export const source = { pid: 4_001, startSeconds: 1_700_000_000, forkNumber: 1 }

export interface Worker {
  readonly file: CrashFile
  readonly path: string
  readonly placed: Map<string, Float64Array>
  /** Returns the numbers of a new series. Throws if the series has no room. */
  readonly place: (series: CountedSeries) => Float64Array
  readonly read: () => ReturnType<typeof parseCrashFile>
}

export async function startedWorker(context: TestContext): Promise<Worker> {
  const { files, path } = await prepared(context)
  const file = files.create(source) ?? assert.fail('no file')
  context.after(() => file.close())
  return {
    file,
    path,
    placed: new Map(),
    place: (series) => file.take(series) ?? assert.fail('no room'),
    read: () => parseCrashFile(readFileSync(path)),
  }
}

export interface Prepared {
  readonly files: CrashFiles
  readonly parent: string
  readonly directory: string
  /** Of the crash file of `source`. */
  readonly path: string
}

/** The crash files of a primary that has prepared its directory. */
export async function prepared(context: TestContext): Promise<Prepared> {
  const parent = await temporaryDirectory(context)
  const place = workersDirectoryIn(parent)
  new PrivateDirectory(place).make()
  const files = new CrashFiles({ directory: place, keepsFiles: false })
  return { files, parent, directory: place.path, path: join(place.path, '1.counts') }
}

/** Changes numbers of a file. */
export function store(file: CrashFile, numbers: Float64Array, values: readonly number[]): void {
  numbers.set(values)
  file.touch(numbers)
}

export function failure(endpoint: string): Attributes {
  return { method: 'GET', endpoint, error_type: '500', status_code: '500' }
}

/** The name, the labels and the value of each series. */
export function valuesOf(metrics: readonly Metric[] = []): [string, Attributes, Value][] {
  return metrics.flatMap(({ descriptor, points }) =>
    points.map(({ attributes, value }): [string, Attributes, Value] => [
      descriptor.name,
      attributes,
      value,
    ]),
  )
}
