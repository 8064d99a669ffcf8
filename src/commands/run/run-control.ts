import { resolve } from 'node:path'
import { environment } from '../../config/environment.ts'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import { answerer } from '../../master/control/commands/commands.ts'
import { ControlSocket } from '../../master/control/control-socket.ts'
import { defaultControlPath } from '../../master/control/default-path.ts'
import { Profiles } from '../../master/control/profiles/profiles.ts'
import type { Master } from '../../master/master.ts'
import type { RunSettings } from '../../master/settings/run-settings.ts'
import type { ListeningSockets } from '../../master/sockets/listening-sockets.ts'
import type { Upgrade } from '../../master/upgrade/upgrade.ts'
import type * as RuntimeModule from '../../preload/runtime.ts'

export interface ControlParts {
  readonly master: Pick<Master, 'overview' | 'profiled' | 'scale'>
  readonly upgrade: Pick<Upgrade, 'around'>
  readonly sockets: Pick<ListeningSockets, 'listeners'>
  readonly log: GunicornLog
  /** The exporter of this process. */
  readonly runtime: Pick<
    typeof RuntimeModule,
    'countFault' | 'readControlView' | 'workersDirectory'
  >
}

const homeless =
  'The user has no home directory. The master goes on without a control socket; ' +
  '--control-socket names a path'

/** The control socket of a master, not yet open; undefined without a place for the socket. */
export function controlSocketOf(
  { exporter, directory }: RunSettings,
  { master, upgrade, sockets, log, runtime }: ControlParts,
): ControlSocket | undefined {
  const { controlSocket, controlSocketMode: mode, controlSocketDisable } = exporter
  if (controlSocketDisable) return undefined
  const named = controlSocket ?? defaultControlPath(environment()['XDG_RUNTIME_DIR'])
  if (named === undefined) {
    log.write('info', homeless)
    return undefined
  }
  const path = resolve(directory, named)
  const onFault = (): void => runtime.countFault('control_socket')
  const answer = answerer({
    ...{ log, onFault, socket: path },
    profiles: new Profiles({
      settings: () => master.overview.settings,
      worker: (pid) => master.profiled(pid),
      workersDirectory: () => runtime.workersDirectory(),
    }),
    overview: () => master.overview,
    view: () => runtime.readControlView(),
    listeners: () => sockets.listeners(),
    // As TTIN and TTOU: the sockets can be with another master.
    scale: (by) => upgrade.around(by > 0 ? 'ttin' : 'ttou', () => master.scale(by)),
    kill: (pid, signal) => void process.kill(pid, signal),
  })
  return new ControlSocket({
    path,
    mode,
    log,
    answer,
    onFault,
    isAsked: controlSocket !== undefined,
  })
}
