import type { Cluster, RuntimeSettings } from '../inventory/model.ts';
import type { Resource } from '../resources/define.ts';
import { rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import { binaries } from './paths.ts';

/** Seconds in which a kubelet notices that a sandbox is gone and has made another; images are there already. */
const backSeconds = 150;

/** When pods are to be restarted. */
export interface Due {
  /** File on the host that says so. */
  readonly mark: string;
  /** Id of the resource that writes it. */
  readonly after: string;
}

/**
 * Gives each pod of a host a new sandbox, and with it a new network, where that is due; pods in the host's own network go
 * on. A pod stays the same object on the same node with its volumes, so that those without a controller are not lost: ending the sandbox is what a
 * reboot does, and the kubelet mends it in the same way.
 */
export function restartPods({ runtime, kubelet }: Cluster, { mark, after }: Due): Resource<string> {
  return {
    id: 'pods:network',
    probe: sh`if [ -e ${mark} ]; then echo due; else echo current; fi`,
    parse: (output) => output.trim(),
    diff: (state, { changing }) =>
      state === 'due' || changing.has(after)
        ? [
            {
              path: 'network',
              from: 'of before',
              to: 'restarted in the new one',
              effect: 'restart',
              interrupts: 'every pod of these hosts that is not in the network of the host itself is restarted',
            },
          ]
        : [],
    apply: {
      script: sh`${restart(runtime.type, `${kubelet.rootDir}/pods`)}
rm -f ${mark}`,
      timeoutSeconds: backSeconds + 30,
    },
  };
}

function restart(runtime: RuntimeSettings['type'], podsFolder: string): Sh {
  return sh`${runtime === 'docker' ? dockerSandboxes : containerdSandboxes}
host_network=$(readlink /proc/1/ns/net)
due= ended=' '
for line in $(sandboxes); do
  pid=\${line%%/*}
  network=$(readlink "/proc/$pid/ns/net") || continue
  if [ "$network" != "$host_network" ]; then due="$due \${line#*/}" ended="$ended$pid "; kill -KILL "$pid"; fi
done
i=0
while :; do
  # One that was ended just now may still be called running.
  back=' ' missing=
  for line in $(sandboxes); do case $ended in *" \${line%%/*} "*) ;; *) back="$back\${line#*/} " ;; esac; done
  for pod in $due; do
    case $back in *" $pod "*) continue ;; esac
    # A pod that was deleted meanwhile needs no sandbox.
    if [ -d ${podsFolder}"/$pod" ]; then missing="$missing $pod"; fi
  done
  if [ -z "$missing" ]; then break; fi
  i=$((i+1)); if [ $i -gt ${backSeconds} ]; then echo "these pods got no new network within ${backSeconds} s, by their uid:$missing"; exit 1; fi
  sleep 1
done`;
}

/** `PID/POD-UID` of each running sandbox. */
const containerdSandboxes: Sh = rawShell(`ctr="${binaries.ctr} -n k8s.io"
sandboxes() {
  $ctr tasks ls | awk '$3 == "RUNNING" { print $1, $2 }' | while read -r id pid; do
    info=$($ctr containers info "$id" 2>/dev/null) || continue
    case $info in *'"io.cri-containerd.kind": "sandbox"'*) ;; *) continue ;; esac
    echo "$pid/$(printf '%s\\n' "$info" | sed -n 's/.*"io.kubernetes.pod.uid": "\\([^"]*\\)".*/\\1/p' | head -n 1)"
  done
}`);

const dockerSandboxes: Sh = rawShell(`sandboxes() {
  for id in $(${binaries.docker} ps -q --filter label=io.kubernetes.docker.type=podsandbox); do
    ${binaries.docker} inspect -f '{{.State.Pid}}/{{index .Config.Labels "io.kubernetes.pod.uid"}}' "$id" 2>/dev/null || :
  done
}`);
