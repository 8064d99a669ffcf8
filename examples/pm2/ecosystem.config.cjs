const { join } = require('node:path')

const shared = join(__dirname, 'metrics')

module.exports = {
  apps: [
    {
      name: 'app',
      script: join(__dirname, 'app.js'),
      exec_mode: 'cluster',
      instances: 2,
      // An absolute path: PM2's daemon, which starts the workers, can run in another directory.
      node_args: ['--require', require.resolve('gunicorn-prometheus-exporter/register')],
      env: { PROMETHEUS_SHARED_DIR: shared },
    },
    {
      name: 'metrics',
      script: join(__dirname, 'node_modules/.bin/gunicorn-prometheus-exporter'),
      args: ['serve', '--shared-dir', shared],
      exec_mode: 'fork',
    },
  ],
}
