import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type App, endGroup, eventually, startProgram } from '../programs/app.ts'
import { children } from '../programs/namespaces.ts'
import type { Image } from './image.ts'

/*
 * Runs an image where no container runtime works: by unshare, as the user of the image, as PID 1 of
 * a namespace, on a root file system that is read-only. Only /tmp, /dev and /proc are mounted. The
 * network is that of the machine.
 */

export interface ContainerOptions {
  readonly image: Image
  /** In place of the command of the image. */
  readonly command?: readonly string[]
  /** In place of the entry point of the image. */
  readonly entryPoint?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface Container extends Pick<App, 'child' | 'stdout' | 'stderr' | 'ended' | 'stop'> {
  /** The pid of PID 1 outside of the namespace. */
  readonly init: () => number
  /** Runs a command inside, as `docker exec` does. */
  readonly run: (command: readonly string[]) => {
    readonly status: number | null
    readonly stdout: string
    readonly stderr: string
  }
}

/** The last lines replace the shell by PID 1 of the image. */
const prepare = `set -e
root=$1; scratch=$2; shift 2
mount -t tmpfs tmpfs "$scratch"
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
mount -t overlay overlay \
  -o "lowerdir=$root,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/root"
cd "$scratch/root"
mkdir -p proc dev
mount -t tmpfs tmpfs dev
for device in null zero urandom; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mount -t tmpfs -o mode=1777,nosuid,nodev,noexec,size=64m tmpfs tmp
cp /etc/hosts etc/hosts
mount -o remount,ro "$scratch/root"
exec env --ignore-environment "$@"`

export function startContainer({
  image,
  command = image.command,
  entryPoint = image.entryPoint,
  env = {},
}: ContainerOptions): Container {
  const root = join(image.scratch, 'root')
  const [user = '', group = ''] = image.user.split(':')
  const isolated = [
    '/usr/bin/unshare',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount',
    '--mount-proc',
  ]
  const inside = [`--root=${root}`, `--wd=${image.directory}`, `--setuid=${user}`]
  const variables = Object.entries({ ...image.env, ...env }).map(
    ([key, value]) => `${key}=${value}`,
  )
  const program = startProgram(
    [
      ...['unshare', '--mount', 'sh', '-c', prepare, 'container', image.root, image.scratch],
      ...[...variables, ...isolated, ...inside, `--setgid=${group}`, ...entryPoint, ...command],
    ],
    {},
  )
  const init = (): number => {
    const [pid] = children(program.child.pid ?? 0)
    if (pid === undefined) throw new Error(`PID 1 does not run: ${program.stderr()}`)
    return pid
  }
  const enter = ['--pid', '--mount', '--root', `--wdns=${image.directory}`]
  return {
    ...program,
    init,
    run(inner) {
      const target = ['--target', `${init()}`, '--setuid', user, '--setgid', group]
      const keep = ['env', '--ignore-environment', ...variables, '/usr/bin/nsenter']
      const [file = '', ...args] = [...keep, ...target, ...enter, ...inner]
      const { status, stdout, stderr } = spawnSync(file, args, {
        encoding: 'utf8',
        timeout: 60_000,
      })
      return { status, stdout, stderr }
    },
    async stop() {
      endGroup(program.child)
      await program.ended
    },
  }
}

/** The states of the processes inside, by pid: `S`, `Z`. */
export function processStates(container: Container): ReadonlyMap<number, string> {
  const script =
    'for (const pid of fs.readdirSync("/proc").filter(Number)) { try {' +
    ' const [, state] = /\\) (\\w)/.exec(fs.readFileSync("/proc/" + pid + "/stat", "utf8"));' +
    ' console.log(pid, state) } catch {} }'
  const { stdout } = container.run(['/usr/local/bin/node', '--eval', script])
  const rows = stdout.trim().split('\n')
  return new Map(rows.map((row) => [Number(row.split(' ')[0]), row.split(' ')[1] ?? '']))
}

/** Waits until PID 1 of the image is its first program, and no longer unshare. */
export async function started(container: Container): Promise<void> {
  await eventually(() => {
    container.init()
  })
}
