import { quote } from '../shell/sh.ts';

/** Where the wrapper stands on a lab host; the lab's inventory points the container runtime to it. */
export const wrapperPath = '/usr/local/lib/k8sup-lab/runc';

/**
 * Stands before the real runc. A machine that itself runs in a sandbox without CAP_SYS_RESOURCE refuses negative oom_score_adj values, and runc then
 * fails with "can't get final child's PID from pipe: EOF"; the wrapper sets these values to 0 in the bundle, and does nothing else.
 *
 * @param runcs - where the real one may be: by default where k8sup installs it with containerd, and with Docker.
 */
export function runcWrapper(runcs: readonly string[] = ['/opt/k8sup/bin/runc', '/opt/k8sup/docker/runc']): string {
  return `#!/bin/sh
creates= bundle=. previous=
for word do
  case $previous in -b | --bundle) bundle=$word ;; esac
  case $word in
  create | run) creates=yes ;;
  --bundle=*) bundle=\${word#--bundle=} ;;
  esac
  previous=$word
done
if [ -n "$creates" ] && [ -f "$bundle/config.json" ]; then
  sed -i 's/"oomScoreAdj": *-[0-9][0-9]*/"oomScoreAdj":0/' "$bundle/config.json"
fi
for runc in ${runcs.map(quote).join(' ')}; do [ ! -x "$runc" ] || exec "$runc" "$@"; done
echo 'k8sup-lab: no runc is installed' >&2
exit 127
`;
}
