import { type GunicornSettings, instead, refused, same } from './answer.ts'

const syslog = 'The log goes to stderr, which systemd and containers pass on.'
const python = 'This setting configures the logging of Python.'
const later = 'The option does not exist yet.'

/** Settings of gunicorn about logs and StatsD. */
export const loggingSettings: GunicornSettings = {
  accesslog: refused(later, '--access-logfile'),
  access_log_format: refused(later, '--access-logformat'),
  disable_redirect_access_to_syslog: refused(syslog, '--disable-redirect-access-to-syslog'),
  errorlog: instead('Use `--log-file`.', '--error-logfile', '--log-file'),
  loglevel: same('--log-level'),
  capture_output: refused(
    'Workers write to stdout and stderr of the master. Let the service manager keep both.',
    '--capture-output',
  ),
  logger_class: instead('Use `--log-format json` for JSON.', '--logger-class'),
  logconfig: refused(python, '--log-config'),
  logconfig_dict: refused(python),
  logconfig_json: refused(python, '--log-config-json'),
  syslog_addr: refused(syslog, '--log-syslog-to'),
  syslog: refused(syslog, '--log-syslog'),
  syslog_prefix: refused(syslog, '--log-syslog-prefix'),
  syslog_facility: refused(syslog, '--log-syslog-facility'),
  statsd_host: refused(later, '--statsd-host'),
  dogstatsd_tags: refused(later, '--dogstatsd-tags'),
  statsd_prefix: refused(later, '--statsd-prefix'),
  enable_backlog_metric: refused(
    'The master takes connections at once, so the queue of the system is empty.',
    '--enable-backlog-metric',
  ),
}
