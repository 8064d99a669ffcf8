import { choice, flag, list, pattern } from '../kind.ts'
import type { SettingTable } from '../setting.ts'

const topic = { topic: 'The master (`run`)' } as const

const engines = ['auto', 'inotify', 'poll'] as const

/** How the master hears of changed files. */
export type ReloadEngine = (typeof engines)[number]

/** Settings of the reload for development. */
export interface ReloadingSettings {
  /** Whether changed files of the application reload the workers. */
  readonly reload: boolean
  readonly reloadEngine: ReloadEngine
  /** Files and directories beside the files that the workers load. */
  readonly reloadExtraFiles: readonly string[]
}

export const reloadingTable: SettingTable<ReloadingSettings> = {
  reload: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['GUNICORN_RELOAD'],
    keys: ['gunicorn.reload'],
    flag: { name: 'reload' },
    help: 'for development: [reloads the workers](reload.md) when a file changes',
  },
  reloadEngine: {
    ...topic,
    kind: choice(...engines),
    fallback: 'auto',
    env: ['GUNICORN_RELOAD_ENGINE'],
    keys: ['gunicorn.reload_engine'],
    flag: { name: 'reload-engine', value: 'ENGINE' },
    help: 'how `--reload` sees changes: events of the system, poll, or auto: events if possible',
  },
  reloadExtraFiles: {
    ...topic,
    kind: list(pattern(/^[^\0\r\n,]+$/, 'a path without a comma'), 100),
    fallback: [],
    env: ['GUNICORN_RELOAD_EXTRA_FILES'],
    keys: ['gunicorn.reload_extra_files'],
    flag: { name: 'reload-extra-file', value: 'FILE', repeats: true },
    help: 'a file, or a directory of files, that `--reload` watches, too; can be repeated',
  },
}
