import cluster from 'node:cluster'
import { announceTold } from '../../config/resolve/told-messages.ts'
import { GunicornLog } from '../../log/gunicorn-log.ts'
import type { ControlSocket } from '../../master/control/control-socket.ts'
import { HookCaller, type Hooks } from '../../master/hooks/hooks.ts'
import { loadHooks } from '../../master/hooks/load-hooks.ts'
import { Master } from '../../master/master.ts'
import { masterSignals, stopWithoutTerminal } from '../../master/master-signals.ts'
import { OrphanGuard } from '../../master/orphans/orphan-guard.ts'
import { PidFile } from '../../master/pid-file.ts'
import { Terminal } from '../../master/process/terminal.ts'
import type { RunSettings } from '../../master/settings/run-settings.ts'
import { type Service, serviceOf } from '../../master/systemd/service.ts'
import { Upgrade, type UpgradeOptions } from '../../master/upgrade/upgrade.ts'
import { codedError } from '../../model/errors/coded-error.ts'
import type * as RuntimeModule from '../../preload/runtime.ts'
import { createRequire } from '../../support/process/create-require.ts'
import { EndOfRun } from './end-of-run.ts'
import { exporterView, masterNews, workerCallbacks } from './exporter-link.ts'
import { logAddresses } from './listening-log.ts'
import { reload } from './reload.ts'
import { controlSocketOf } from './run-control.ts'
import { RunObservers } from './run-observers.ts'
import { RunProcess } from './run-process.ts'
import { openSockets } from './run-sockets.ts'

type Runtime = typeof RuntimeModule

// A bundle of CommonJS has no `import.meta.url`.
const url: string | undefined = import.meta.url
const load = createRequire(url ?? process.execPath)

/**
 * Runs an application under a master. The process ends with the master.
 * @param argv the command line, which a reload reads again.
 * @param ownHooks hooks in code; hooks of the configured module replace them.
 * @throws when the application is missing, or when the log or the pid file cannot be written.
 */
export function run(settings: RunSettings, argv: readonly string[], ownHooks: Hooks = {}): void {
  const runProcess = new RunProcess(settings)
  const hooks = { ...ownHooks, ...loadHooks(settings.hooks) }
  const { observers, log } = openLogs(settings)
  let pidFile: PidFile | undefined
  OrphanGuard.start({ cluster, log })
  const countFault = (part: string): void => runtime.countFault(part)
  const { sockets, predecessor } = openSockets(log)
  const service = serviceOf({ log, predecessor, countFault, workers: () => master.workers })
  const master: Master = new Master({
    ...{ cluster, settings, log, sockets, service },
    hooks: new HookCaller(hooks, log, { onFault: () => countFault('hook') }),
    ...{ ...observers.callbacks(log), ...masterNews((event) => tell?.(event)) },
    exporter: exporterView(settings, () => runtime),
    onEnd(exitCode, cause) {
      pidFile?.remove()
      control?.close()
      observers.end()
      end.begin(exitCode, cause)
    },
  })
  const runtime = loadRuntime(settings)
  const end = endOf(settings, { log, runtime, service })
  const tell = runtime.startPrimary(cluster, workerCallbacks(master, log, predecessor))
  const upgrade = upgradeOf(master, {
    ...{ log, sockets, predecessor, handOver: () => runtime.handOver() },
    program: runProcess,
    asideFiles: () => [pidFile, control],
  })
  const control = controlSocketOf(settings, { master, upgrade, sockets, log, runtime })
  const reloadNow = (): void =>
    reload({ master, service, runProcess, log, argv, ownHooks, countFault, observers })
  masterSignals({
    ...{ master, log },
    onSignal: end.after((reason) => tell?.({ kind: 'signal', reason })),
    around: (reason, act) => upgrade.around(reason, act),
    upgrade: () => upgrade.start(),
    reload: reloadNow,
    stopsWithoutTerminal: watchTerminal(master, log),
  })
  // The pid file comes last, so that a refused command leaves no file.
  if (settings.pidFile !== undefined) pidFile = new PidFile(settings.pidFile)
  announce(settings, runProcess.app, log)
  const { app } = runProcess
  start(master, { control, observers, log, countFault, app, reload: reloadNow })
}

type UpgradeParts = Omit<UpgradeOptions, 'isEnding' | 'onStart' | 'onChange'>

function upgradeOf(master: Master, parts: UpgradeParts): Upgrade {
  return new Upgrade({
    ...parts,
    isEnding: () => master.isEnding,
    onStart: () => master.beforeUpgrade(),
    onChange: (successor) => master.setSuccessor(successor?.pid),
  })
}

function loadRuntime({ exporter }: RunSettings): Runtime {
  const runtime = load('./runtime.cjs') as Runtime
  runtime.configure(exporter)
  return runtime
}

interface Started {
  readonly control: ControlSocket | undefined
  readonly observers: RunObservers
  readonly log: GunicornLog
  readonly countFault: (part: string) => void
  readonly app: string
  readonly reload: () => void
}

function start(master: Master, { control, observers, ...parts }: Started): void {
  const isEnding = (forkNumber: number): boolean => master.causeOf(forkNumber) !== undefined
  logAddresses(cluster, parts.log, isEnding)
  observers.start({ ...parts, cluster, workers: () => master.workers.living })
  master.start()
  control?.open()
}

/** @throws in a bundle: the workers load files of the package. */
export function requireFiles(): void {
  try {
    load.resolve('./runtime.cjs')
  } catch (error) {
    throw codedError(
      'GPE_BUNDLED',
      'gunicorn-prometheus-exporter/run needs the files of its package, and is in a bundle ' +
        'without them. Mark gunicorn-prometheus-exporter as external, and install the package ' +
        'beside the bundle.',
      { cause: error },
    )
  }
}

function announce({ workers }: RunSettings, app: string, log: GunicornLog): void {
  log.write('info', `Starting, pid ${process.pid}, ${counted(workers)} of ${app}`)
}

/** @returns a function that stops the master if the terminal of this process is gone. */
function watchTerminal(master: Master, log: GunicornLog): () => boolean {
  const terminal = new Terminal()
  let isStopped = false
  const stop = (): void => {
    // A second stop would end the workers at once.
    if (!isStopped) stopWithoutTerminal(master, log)
    isStopped = true
  }
  terminal.watch(stop)
  return () => {
    if (terminal.isGone) stop()
    return isStopped || terminal.isGone
  }
}

interface EndParts {
  readonly log: GunicornLog
  readonly runtime: Runtime
  readonly service: Service
}

function endOf({ exporter }: RunSettings, { log, runtime, service }: EndParts): EndOfRun {
  return new EndOfRun({
    log,
    lastScrapeSeconds: exporter.lastScrapeSeconds,
    awaitScrape: (done) => runtime.awaitScrape(done),
    exit: (code) => service.finish(() => process.exit(code)),
  })
}

function openLogs(settings: RunSettings): { observers: RunObservers; log: GunicornLog } {
  const observers = new RunObservers(settings)
  const { logFile, logLevel, warnings, exporter } = settings
  const log = new GunicornLog(logFile, logLevel, {
    format: exporter.logFormat,
    onLine: (level) => observers.logged(level),
  })
  for (const text of warnings) log.write('warning', text)
  announceTold(warnings)
  return { observers, log }
}

function counted(workers: number): string {
  return workers === 1 ? '1 worker' : `${workers} workers`
}
