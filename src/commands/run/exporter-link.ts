import type { GunicornLog, GunicornLogLevel } from '../../log/gunicorn-log.ts'
import type { Master } from '../../master/master.ts'
import type { MasterOptions } from '../../master/master-options.ts'
import type { RunSettings } from '../../master/settings/run-settings.ts'
import type { Inherited } from '../../master/upgrade/inheritance.ts'
import type { ExporterView } from '../../master/worker/heartbeat.ts'
import { type Death, deathFields, deathText } from '../../model/death.ts'
import { coded } from '../../model/errors/coded-text.ts'
import { hangFields, hangText } from '../../model/hang.ts'
import type * as RuntimeModule from '../../preload/runtime.ts'
import type { EventSink, WorkerCallbacks } from '../../preload/worker-callbacks.ts'

/*
 * What a master tells the exporter of its process, and the exporter the master.
 */

export function masterNews(tell: EventSink): Pick<MasterOptions, 'onWanted' | 'onClosing'> {
  return {
    onWanted: (count) => tell({ kind: 'wanted', count }),
    onClosing: () => tell({ kind: 'closing' }),
  }
}

/** @param runtime the exporter, which starts after the master. */
export function exporterView(
  { exporter }: RunSettings,
  runtime: () => typeof RuntimeModule,
): ExporterView {
  const takesStacks = exporter.hangStackSeconds > 0
  return {
    tellsDeaths: () => runtime().tellsDeaths(),
    heldBy: takesStacks ? (...worker) => runtime().heldBy(...worker) : undefined,
  }
}

export function workerCallbacks(
  master: Master,
  log: GunicornLog,
  predecessor: Inherited['predecessor'],
): WorkerCallbacks {
  return {
    upgrades: { predecessor },
    causeOf: (forkNumber) => master.causeOf(forkNumber),
    onDeath: (death) => writeDeath(log, death),
    onEndpoint(level, text) {
      const fields = { component: 'bind' }
      if (level === 'info') log.write(level, text, fields)
      else log.write(level, text, fields)
    },
    onHang: (hung) =>
      log.write('error', coded('GPE_PROCESS_HANGS', hangText(hung)), hangFields(hung)),
  }
}

function writeDeath(log: GunicornLog, death: Death): void {
  // The master logs graceful ends in its own words.
  if (death.restartType === 'graceful') return
  log.write(levelOf(death), coded('GPE_WORKER_DIED', deathText(death)), deathFields(death))
}

function levelOf({ restartType, reason }: Death): GunicornLogLevel {
  return restartType === 'crash' || unasked.test(reason) ? 'error' : 'warning'
}

/** Reasons of forced ends that the operator did not ask for. */
const unasked = /^(?:sig.*|timeout)$/
