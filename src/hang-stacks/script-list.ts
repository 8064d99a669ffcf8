import { isRecord } from '../support/guards.ts'

/** A script of the process. */
export interface Script {
  /** A `file:` URL, or another name such as `node:fs`. */
  readonly url: string
  /** The URL of the source map: relative, `file:` or `data:`. Empty without a source map. */
  readonly mapUrl: string
}

export type ScriptListLimits = Readonly<Record<'scripts' | 'inlineMapChars', number>>

/** The scripts that V8 lists when a debugger is enabled, as far as the limits allow. */
export class ScriptList {
  readonly #limits: ScriptListLimits
  readonly #scripts = new Map<string, Script>()
  #inlineMapChars = 0

  constructor(limits: ScriptListLimits) {
    this.#limits = limits
  }

  /** @param params of the event `Debugger.scriptParsed`. */
  add(params: unknown): void {
    if (!isRecord(params) || this.#scripts.size >= this.#limits.scripts) return
    const { scriptId, url, sourceMapURL } = params
    if (typeof scriptId !== 'string' || typeof url !== 'string') return
    this.#scripts.set(scriptId, { url, mapUrl: this.#kept(sourceMapURL) })
  }

  get(scriptId: string): Script | undefined {
    return this.#scripts.get(scriptId)
  }

  #kept(mapUrl: unknown): string {
    if (typeof mapUrl !== 'string') return ''
    const isKept = this.#inlineMapChars + mapUrl.length <= this.#limits.inlineMapChars
    if (isKept) this.#inlineMapChars += mapUrl.length
    return isKept ? mapUrl : ''
  }
}
