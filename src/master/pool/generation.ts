import type { HookCaller } from '../hooks/hooks.ts'
import type { RunSettings } from '../settings/run-settings.ts'
import { Boots } from './boots.ts'

export interface GenerationOptions {
  readonly number: number
  readonly settings: RunSettings
  readonly hooks: HookCaller
  /** Called at the end of a pause between forks. */
  readonly onDue: () => void
}

/** The workers of one start or one reload, with the settings that were read then. */
export class Generation {
  readonly number: number
  readonly settings: RunSettings
  readonly hooks: HookCaller
  readonly boots: Boots

  constructor({ number, settings, hooks, onDue }: GenerationOptions) {
    this.number = number
    this.settings = settings
    this.hooks = hooks
    this.boots = new Boots(onDue)
  }
}
