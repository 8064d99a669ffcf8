import type { ErrorDeclaration } from './declaration.ts'

export type PreloadErrorCode =
  | 'GPE_EXPORTER_OFF'
  | 'GPE_EXPORTER_PART'
  | 'GPE_EXPORTER_THREAD'
  | 'GPE_MAIN_ENTRY'
  | 'GPE_SDK_FIRST'
  | 'GPE_API_NOT_FOUND'
  | 'GPE_TWO_VERSIONS'
  | 'GPE_WORKER_SILENT'
  | 'GPE_PRIMARY_WITHOUT_PRELOAD'
  | 'GPE_PM2_WITHOUT_DIRECTORY'
  | 'GPE_LOG_LIMIT'
  | 'GPE_RECOVERED'
  | 'GPE_NO_DESCRIPTOR'
  | 'GPE_CRASH_FILES'
  | 'GPE_COUNTS_LOST'
  | 'GPE_HANG_STACKS'

/** Codes of the preload in a process of the application. */
export const preloadErrors: Readonly<Record<PreloadErrorCode, ErrorDeclaration>> = {
  GPE_EXPORTER_OFF: {
    level: 'error',
    meaning: 'The exporter could not start. The application runs without metrics.',
    remedy: 'Remove the cause that the line names. `doctor` helps.',
    page: 'troubleshooting.md#there-is-no-page',
    findings: ['switched-off'],
  },
  GPE_EXPORTER_PART: {
    level: 'error',
    meaning: 'A part of the exporter could not start, and the others run.',
    remedy: 'Remove the cause that the line names.',
    page: 'troubleshooting.md#the-page-lacks-something',
  },
  GPE_EXPORTER_THREAD: {
    level: 'error',
    meaning: 'The exporter thread has ended. The process starts a new thread a few times.',
    remedy: 'Report the error in the line, if it is not a lack of memory.',
    page: 'troubleshooting.md#the-exporter-itself',
  },
  GPE_MAIN_ENTRY: {
    level: 'warning',
    meaning: 'A flag of Node.js preloads the main entry, which observes nothing.',
    remedy: 'Preload `gunicorn-prometheus-exporter/register`.',
    page: 'troubleshooting.md#there-is-no-page',
    findings: ['preload-main-entry'],
  },
  GPE_SDK_FIRST: {
    level: 'warning',
    meaning: 'An unknown SDK was registered before the preload, so early metrics are missing.',
    remedy: 'Load the preload first.',
    page: 'troubleshooting.md#the-page-lacks-something',
  },
  GPE_API_NOT_FOUND: {
    level: 'warning',
    meaning:
      'A bundle uses OpenTelemetry’s metrics, and `@opentelemetry/api` is not found near it.',
    remedy: 'Install `@opentelemetry/api` beside the bundle, in the version of the bundle.',
    page: 'packing.md#packages-beside-the-bundle',
  },
  GPE_TWO_VERSIONS: {
    level: 'warning',
    meaning: 'Two versions of the preload are in one process. The later one does nothing.',
    remedy: 'Install one version.',
    page: 'troubleshooting.md#the-page-lacks-something',
  },
  GPE_WORKER_SILENT: {
    level: 'warning',
    meaning: 'A worker listens and sends no reports.',
    remedy: 'Set `NODE_OPTIONS`, which workers inherit.',
    page: 'troubleshooting.md#the-page-lacks-something',
    findings: ['worker-without-reports'],
  },
  GPE_PRIMARY_WITHOUT_PRELOAD: {
    level: 'warning',
    meaning: 'The primary runs without the preload, so nothing reads its workers.',
    remedy: 'Load the preload in the primary too.',
    page: 'troubleshooting.md#there-is-no-page',
    findings: ['primary-without-preload'],
  },
  GPE_PM2_WITHOUT_DIRECTORY: {
    level: 'warning',
    meaning: 'PM2 forks the workers, and no process reads their metrics.',
    remedy: 'Set a shared directory and run `serve`, or use the fork mode.',
    page: 'sidecar.md#pm2',
    findings: ['pm2-without-directory'],
  },
  GPE_LOG_LIMIT: {
    level: 'warning',
    meaning: 'The process has printed 100 different warnings, and prints no further warnings.',
    remedy: 'Mend the earlier warnings.',
    page: 'limits.md#warnings',
  },
  GPE_RECOVERED: {
    level: 'warning',
    meaning: 'Something that failed works again. An earlier line has the code of the failure.',
    remedy: 'Do nothing.',
    page: 'troubleshooting.md',
  },
  GPE_NO_DESCRIPTOR: {
    level: 'warning',
    meaning: 'The process has no free file descriptor, and closes new connections.',
    remedy: 'Raise the limit of open files.',
    page: 'troubleshooting.md#the-exporter-itself',
    findings: ['descriptors-nearly-full'],
  },
  GPE_CRASH_FILES: {
    level: 'warning',
    meaning:
      'Files for the counts of killed workers cannot be written, or are in another directory.',
    remedy: 'Give a directory with room that this user can write.',
    page: 'limits.md#where-counts-live',
    findings: ['directory-unwritable'],
  },
  GPE_COUNTS_LOST: {
    level: 'warning',
    meaning: 'A worker was killed, and its counts since its last report are lost.',
    remedy: 'Give a directory that can be written, as the line says.',
    page: 'limits.md#a-sudden-end',
  },
  GPE_HANG_STACKS: {
    level: 'warning',
    meaning: 'A process cannot take stacks of its hangs.',
    remedy: 'Remove the cause that the line names.',
    page: 'hang-stacks.md',
  },
}
