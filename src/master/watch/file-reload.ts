import { relative } from 'node:path'
import { reloadLimits } from '../../limits/tools/reload.ts'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import type { FileReloadSettings } from '../settings/file-reload-settings.ts'
import { extraFiles } from './extra-files.ts'
import { FileWatch } from './file-watch.ts'
import { loadedFiles } from './loaded-files.ts'

export interface FileReloadOptions {
  readonly settings: FileReloadSettings
  /** The application's main file. */
  readonly app: string
  readonly log: Pick<GunicornLog, 'write'>
  /** Reloads the workers. */
  readonly reload: () => void
}

/** Reloads the workers when a file that the workers have loaded changes. */
export class FileReload {
  readonly #options: FileReloadOptions
  readonly #watch: FileWatch
  /** Of the newest code. */
  #state: 'starting' | 'serving' | 'failed' = 'starting'

  constructor(options: FileReloadOptions) {
    const { settings, app, log } = options
    this.#options = options
    this.#watch = new FileWatch({
      engine: settings.engine,
      onChange: (known, others) => this.#changed(known, others),
      onTrouble: (text) => log.write('warning', text),
    })
    for (const file of [app, ...extraFiles(settings.extraFiles)]) this.#watch.add(file)
  }

  /** Takes a message of a worker. */
  note(message: unknown): void {
    for (const file of loadedFiles(message)) this.#watch.add(file)
  }

  /** New workers start. */
  begins(): void {
    this.#state = 'starting'
  }

  /** Takes the outcome of the last start or reload. Old workers serve after a failed reload. */
  settled(outcome: 'served' | 'failed'): void {
    if (outcome === 'failed') this.#state = 'failed'
    else if (this.#state === 'starting') this.#state = 'serving'
  }

  close(): void {
    this.#watch.close()
  }

  #changed(known: readonly string[], others: readonly string[]): void {
    // A new file can be the file that the code misses.
    const isBroken = this.#state !== 'serving'
    const files = isBroken ? [...known, ...others.filter(isCode)] : known
    if (files.length === 0) return
    this.#options.log.write('info', `Changed: ${shown(files)}. Reloading`)
    this.#options.reload()
  }
}

function isCode(path: string): boolean {
  return /\.(?:[cm]?[jt]s|[jt]sx|json)$/.test(path)
}

function shown(files: readonly string[]): string {
  const names = files.map((file) => relative(process.cwd(), file))
  const rest = names.length - reloadLimits.shownFiles
  const first = names.slice(0, reloadLimits.shownFiles).join(', ')
  return rest > 0 ? `${first} and ${rest} more` : first
}
