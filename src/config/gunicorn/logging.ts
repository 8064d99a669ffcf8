import { type GunicornSettings, instead, refused, same, similar } from './answer.ts'

const syslog = 'The log goes to stderr, which systemd and containers pass on.'
const python = 'This setting configures the logging of Python.'

/** Settings of gunicorn about logs and StatsD. */
export const loggingSettings: GunicornSettings = {
  accesslog: same('--access-logfile'),
  access_log_format: similar('`json` is allowed, too.', '--access-logformat'),
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
  statsd_host: similar(
    'Node.js has no datagram sockets of Unix: `unix://` is refused.',
    '--statsd-host',
  ),
  dogstatsd_tags: same('--dogstatsd-tags'),
  statsd_prefix: same('--statsd-prefix'),
  enable_backlog_metric: refused(
    'The master takes connections at once, so the queue of the system is empty.',
    '--enable-backlog-metric',
  ),
}
