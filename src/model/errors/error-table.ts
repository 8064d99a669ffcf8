import { type ApiErrorCode, apiErrors } from './api-errors.ts'
import { type CommandErrorCode, commandErrors } from './command-errors.ts'
import { type ControlErrorCode, controlErrors } from './control-errors.ts'
import type { ErrorDeclaration } from './declaration.ts'
import { type EndpointErrorCode, endpointErrors } from './endpoint-errors.ts'
import { type MasterErrorCode, masterErrors } from './master-errors.ts'
import { type MetricErrorCode, metricErrors } from './metric-errors.ts'
import { type PreloadErrorCode, preloadErrors } from './preload-errors.ts'
import { type PushErrorCode, pushErrors } from './push-errors.ts'
import { type SettingErrorCode, settingErrors } from './setting-errors.ts'
import { type ShareErrorCode, shareErrors } from './share-errors.ts'
import { type WorkerErrorCode, workerErrors } from './worker-errors.ts'

export type ErrorCode =
  | SettingErrorCode
  | CommandErrorCode
  | ApiErrorCode
  | PreloadErrorCode
  | MetricErrorCode
  | EndpointErrorCode
  | ShareErrorCode
  | PushErrorCode
  | WorkerErrorCode
  | MasterErrorCode
  | ControlErrorCode

/** The codes by topic, in the order of docs/errors.md. */
export const errorTopics: Readonly<Record<string, Readonly<Record<string, ErrorDeclaration>>>> = {
  Settings: settingErrors,
  'The command line': commandErrors,
  'Functions of the package': apiErrors,
  'The preload': preloadErrors,
  'Metrics of the application': metricErrors,
  'The metrics endpoint': endpointErrors,
  Sharing: shareErrors,
  Pushes: pushErrors,
  Workers: workerErrors,
  'The master': masterErrors,
  'The control socket': controlErrors,
}

/** Every code of the package, as data. Programs that only print a code need the type alone. */
export const errorTable: Readonly<Record<ErrorCode, ErrorDeclaration>> = {
  ...settingErrors,
  ...commandErrors,
  ...apiErrors,
  ...preloadErrors,
  ...metricErrors,
  ...endpointErrors,
  ...shareErrors,
  ...pushErrors,
  ...workerErrors,
  ...masterErrors,
  ...controlErrors,
}
