import type { ReloadEngine } from '../../config/table/run/reloading.ts'

/** How changed files reload the workers. */
export interface FileReloadSettings {
  readonly engine: ReloadEngine
  /** Absolute paths of files and directories. */
  readonly extraFiles: readonly string[]
}
