import type { ErrorDeclaration } from './declaration.ts'

export type MasterErrorCode =
  | 'GPE_LOG_FILE'
  | 'GPE_ACCESS_LOG'
  | 'GPE_STATSD'
  | 'GPE_RELOAD_REFUSED'
  | 'GPE_RELOAD_FAILED'
  | 'GPE_RELOAD_TOO_EARLY'
  | 'GPE_RELOAD_IN_PRODUCTION'
  | 'GPE_FILES_UNWATCHED'
  | 'GPE_UPGRADE_FAILED'
  | 'GPE_HOOK_FAILED'
  | 'GPE_TERMINAL_GONE'
  | 'GPE_ORPHAN_GUARD'
  | 'GPE_SYSTEMD'
  | 'GPE_LISTEN_FDS'
  | 'GPE_LISTEN_FDS_UNUSED'
  | 'GPE_CONNECTIONS_CLOSED'
  | 'GPE_CONTROL_SOCKET'

/** Codes of the master of `run`. */
export const masterErrors: Readonly<Record<MasterErrorCode, ErrorDeclaration>> = {
  GPE_LOG_FILE: {
    level: 'warning',
    meaning: 'The log file cannot be written or opened again.',
    remedy: 'Make room, or let the user write to the directory.',
    page: 'run.md#log',
  },
  GPE_ACCESS_LOG: {
    level: 'warning',
    meaning: 'The access log cannot be opened or loses lines.',
    remedy: 'Make room, or let the user of the workers write to the file.',
    page: 'access-log.md',
  },
  GPE_STATSD: {
    level: 'warning',
    meaning: 'Datagrams of StatsD are lost.',
    remedy: 'Correct the address of the receiver.',
    page: 'statsd.md',
  },
  GPE_RELOAD_REFUSED: {
    level: 'error',
    meaning:
      'The configuration, a file with variables or a hook is wrong. The reload changes nothing.',
    remedy: 'Mend what the line names, and send HUP again.',
    page: 'run.md#reload',
  },
  GPE_RELOAD_FAILED: {
    level: 'error',
    meaning: 'No new worker listens in time. The old workers stay.',
    remedy: 'Read the errors of the new workers, and send HUP again.',
    page: 'run.md#reload',
  },
  GPE_RELOAD_TOO_EARLY: {
    level: 'warning',
    meaning: 'A signal came while the hook `on_starting` ran.',
    remedy: 'Send the signal again later.',
    page: 'run.md#signals-to-the-master',
  },
  GPE_RELOAD_IN_PRODUCTION: {
    level: 'warning',
    meaning: '`--reload` is for development, and `NODE_ENV` is `production`.',
    remedy: 'Remove `--reload`.',
    page: 'reload.md',
  },
  GPE_FILES_UNWATCHED: {
    level: 'warning',
    meaning: '`--reload` cannot watch all files.',
    remedy: 'Raise the limits of inotify, or use `--reload-engine poll`.',
    page: 'reload.md',
  },
  GPE_UPGRADE_FAILED: {
    level: 'error',
    meaning: 'The upgrade by USR2 cannot begin, or the new master has ended.',
    remedy: 'Follow the reason in the line. The old master continues.',
    page: 'run.md#upgrade-the-master',
  },
  GPE_HOOK_FAILED: {
    level: 'error',
    meaning: 'A hook failed, blocked the master or did not end.',
    remedy: 'Mend the hook.',
    page: 'run.md#hooks',
  },
  GPE_TERMINAL_GONE: {
    level: 'warning',
    meaning: 'The terminal of the master is gone, so the master stops.',
    remedy: 'Start the master without a terminal, such as by systemd.',
    page: 'run.md#the-terminal',
  },
  GPE_ORPHAN_GUARD: {
    level: 'warning',
    meaning: 'The process that ends workers of a killed master has ended twice.',
    remedy: 'Restart the master.',
    page: 'run.md#when-the-master-is-killed',
  },
  GPE_SYSTEMD: {
    level: 'warning',
    meaning: 'Messages do not reach systemd.',
    remedy: 'Install systemd-notify, or follow the reason in the line.',
    page: 'systemd.md',
  },
  GPE_LISTEN_FDS: {
    level: 'error',
    meaning: 'A descriptor of systemd cannot be used.',
    remedy: 'Correct the socket unit.',
    page: 'run.md#sockets-from-systemd',
  },
  GPE_LISTEN_FDS_UNUSED: {
    level: 'warning',
    meaning: 'No worker listens on a socket of systemd.',
    remedy: 'Listen on the address of the socket unit.',
    page: 'run.md#sockets-from-systemd',
  },
  GPE_CONNECTIONS_CLOSED: {
    level: 'warning',
    meaning: 'Connections waited for workers, and more came than can wait.',
    remedy: 'Find out why no worker listened.',
    page: 'run.md#listening-sockets',
  },
  GPE_CONTROL_SOCKET: {
    level: 'warning',
    meaning: 'The control socket cannot be opened or kept.',
    remedy: 'Name another path, or end the other master.',
    page: 'troubleshooting.md#no-control-socket',
  },
}
