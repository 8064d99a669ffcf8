import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { isRecord } from '../support/guards.ts'
import type { RawFrame } from './main-thread-stack.ts'
import type { Script } from './script-list.ts'

/** A place in the source that a person wrote. */
export interface SourcePosition {
  /** A `file:` URL, or another name. */
  readonly url: string
  /** From 0. */
  readonly line: number
  readonly column: number
}

/** Finds the source of generated code, such as compiled TypeScript, by its source map. */
export class SourcePositions {
  readonly #mapFileBytes: number
  readonly #maps = new Map<string, ReadMap | undefined>()

  /** @param mapFileBytes largest source map in a file. */
  constructor(mapFileBytes: number) {
    this.#mapFileBytes = mapFileBytes
  }

  /** The position in the source; the position in the script without a readable source map. */
  of({ line, column }: Pick<RawFrame, 'line' | 'column'>, { url, mapUrl }: Script): SourcePosition {
    const generated = { url, line, column }
    if (mapUrl === '') return generated
    try {
      if (!this.#maps.has(url)) this.#maps.set(url, this.#read(mapUrl, url))
      return this.#maps.get(url)?.(line, column) ?? generated
    } catch {
      // A wrong source map is the fault of a build tool. The position in the script is right.
      this.#maps.set(url, undefined)
      return generated
    }
  }

  #read(mapUrl: string, scriptUrl: string): ReadMap | undefined {
    const place = mapUrl.startsWith('data:') ? undefined : new URL(mapUrl, scriptUrl)
    const payload: unknown = JSON.parse(place ? this.#fileText(place) : dataText(mapUrl))
    if (!isRecord(payload)) return undefined
    const map = new SourceMap(payload as unknown as ConstructorParameters<typeof SourceMap>[0])
    const root = typeof payload['sourceRoot'] === 'string' ? payload['sourceRoot'] : ''
    const base = place?.href ?? scriptUrl
    return (line, column) => {
      const entry = map.findEntry(line, column)
      if (!('originalSource' in entry) || typeof entry.originalSource !== 'string') return undefined
      const source = rooted(root, entry.originalSource)
      const { originalLine, originalColumn } = entry
      return { url: absolute(source, base), line: originalLine, column: originalColumn }
    }
  }

  #fileText(place: URL): string {
    if (place.protocol !== 'file:') throw new Error(`${place.protocol} is not read`)
    const file = openSync(place, 'r')
    try {
      const status = fstatSync(file)
      if (!status.isFile() || status.size > this.#mapFileBytes) throw new Error('not a small file')
      return readFileSync(file, 'utf8')
    } finally {
      closeSync(file)
    }
  }
}

type ReadMap = (line: number, column: number) => SourcePosition | undefined

function dataText(url: string): string {
  const comma = url.indexOf(',')
  const text = url.slice(comma + 1)
  return url.slice(0, comma).endsWith(';base64')
    ? Buffer.from(text, 'base64').toString()
    : decodeURIComponent(text)
}

function rooted(root: string, source: string): string {
  if (root === '' || URL.canParse(source)) return source
  return `${root.replace(/\/$/, '')}/${source}`
}

function absolute(source: string, base: string): string {
  return URL.canParse(source, base) ? new URL(source, base).href : source
}
