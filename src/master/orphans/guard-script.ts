import { masterLimits } from '../../limits/master.ts'

/**
 * A program for a POSIX shell. The input has lines of workers, each as `pid:start`. `start` is the
 * start time of the process in `/proc/<pid>/stat`. At the end of the input, the program waits for
 * the workers of the last line to end, and then kills the remaining workers.
 */
export const guardScript: string = `
trap '' HUP INT QUIT TERM USR1 USR2
lives() {
  IFS= read -r stat <"/proc/\${1%%:*}/stat" || return 1
  set -- "\${1#*:}" \${stat##*) }
  [ "$2" != Z ] && [ "\${21}" = "$1" ]
}
workers=
while IFS= read -r line; do workers=$line; done
seconds=${masterLimits.orphanSeconds}
while [ "$seconds" -gt 0 ]; do
  left=
  for worker in $workers; do
    if lives "$worker"; then left="$left $worker"; fi
  done
  workers=$left
  [ -n "$workers" ] || exit 0
  seconds=$((seconds - 1))
  sleep 1
done
for worker in $workers; do
  if lives "$worker"; then kill -KILL "\${worker%%:*}"; fi
done
`
