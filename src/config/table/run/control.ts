import { flag, optionalPath } from '../kind.ts'
import { octal } from '../process.ts'
import { none, type SettingTable } from '../setting.ts'

const topic = { topic: 'The master (`run`)' } as const

/** Settings of the control socket of `run`. */
export interface ControlSettings {
  /** Undefined: the default place. */
  readonly controlSocket: string | undefined
  readonly controlSocketMode: number
  readonly controlSocketDisable: boolean
  /** Whether the control socket refuses CPU profiles and heap snapshots of workers. */
  readonly profilesDisable: boolean
  /** Undefined: the temporary directory of the system. */
  readonly profileDir: string | undefined
}

export const controlTable: SettingTable<ControlSettings> = {
  controlSocket: {
    ...topic,
    kind: optionalPath,
    ...none,
    fallbackText: '$XDG_RUNTIME_DIR/gunicorn.ctl, or ~/.gunicorn/gunicorn.ctl',
    env: ['GUNICORN_CONTROL_SOCKET'],
    keys: ['gunicorn.control_socket'],
    flag: { name: 'control-socket', value: 'PATH' },
    help: 'unix socket that takes the commands of `ctl` and of gunicornc',
  },
  controlSocketMode: {
    ...topic,
    kind: octal,
    fallback: 0o600,
    fallbackText: '0600',
    env: ['GUNICORN_CONTROL_SOCKET_MODE'],
    keys: ['gunicorn.control_socket_mode'],
    flag: { name: 'control-socket-mode', value: 'MODE' },
    help: 'mode of the control socket, an octal number',
  },
  controlSocketDisable: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['GUNICORN_CONTROL_SOCKET_DISABLE'],
    keys: ['gunicorn.control_socket_disable'],
    flag: { name: 'no-control-socket' },
    help: 'opens no control socket',
  },
  profilesDisable: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['GUNICORN_PROFILES_DISABLE'],
    keys: ['gunicorn.profiles_disable'],
    flag: { name: 'no-profiles' },
    help: 'refuses `worker profile` and `worker heap` on the control socket',
  },
  profileDir: {
    ...topic,
    kind: optionalPath,
    ...none,
    fallbackText: 'the temporary directory of the system',
    env: ['GUNICORN_PROFILE_DIR'],
    keys: ['gunicorn.profile_dir'],
    flag: { name: 'profile-dir', value: 'DIR' },
    help: 'directory for CPU profiles and heap snapshots, in a subdirectory with mode 0700',
  },
}
