import { posix } from 'node:path'
import { groupBy } from './group-by.ts'
import { folderOf } from './paths.ts'
import type { Source } from './source.ts'

export interface FolderSize {
  readonly folder: string
  readonly files: number
}

export interface Imports {
  /** Sets of folders in which each reaches each other by imports. */
  readonly circles: readonly (readonly string[])[]
  /** Pairs of folders that import each other directly. */
  readonly pairs: readonly (readonly [string, string])[]
}

/** The folders that hold files, largest first. Files of sub-folders do not count. */
export function folderSizes(paths: readonly string[]): FolderSize[] {
  return Array.from(groupBy(paths, folderOf), ([folder, { length }]) => ({
    folder,
    files: length,
  })).sort((a, b) => b.files - a.files || (a.folder < b.folder ? -1 : 1))
}

/** Imports among the folders that `folderOfPath` names. Imports of types count, too. */
export function importsAmong(
  sources: readonly Source[],
  folderOfPath: (path: string) => string,
): Imports {
  const graph = graphOf(sources, folderOfPath)
  const reached = new Map(
    Array.from(graph.keys(), (folder) => [folder, reachedFrom(graph, folder)]),
  )
  const folders = [...graph.keys()].sort()
  const circles = folders
    .map((folder) =>
      folders.filter((other) => reached.get(folder)?.has(other) && reached.get(other)?.has(folder)),
    )
    .filter(([first], index) => first !== undefined && first === folders[index])
  const pairs = folders.flatMap((folder) =>
    [...(graph.get(folder) ?? [])]
      .filter((other) => folder < other && graph.get(other)?.has(folder))
      .sort()
      .map((other): [string, string] => [folder, other]),
  )
  return { circles, pairs }
}

/** `src/collect` for `src/collect/http/route.ts`: the folder directly in src. */
export function stageOf(path: string): string {
  return folderOf(path).split('/').slice(0, 2).join('/')
}

type Graph = ReadonlyMap<string, ReadonlySet<string>>

function graphOf(sources: readonly Source[], folderOfPath: (path: string) => string): Graph {
  const graph = new Map<string, Set<string>>()
  for (const { path, imports } of sources) {
    const folder = folderOfPath(path)
    const targets = graph.get(folder) ?? new Set()
    graph.set(folder, targets)
    for (const target of imports.filter((each) => each.startsWith('.'))) {
      const other = folderOfPath(posix.join(folderOf(path), target))
      if (other !== folder) targets.add(other)
    }
  }
  return graph
}

function reachedFrom(graph: Graph, start: string): ReadonlySet<string> {
  const reached = new Set(graph.get(start))
  for (const folder of reached) {
    for (const next of graph.get(folder) ?? []) reached.add(next)
  }
  return reached
}
