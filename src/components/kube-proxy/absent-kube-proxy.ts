import type { Resource } from '../../resources/define.ts';
import { sh } from '../../shell/sh.ts';
import { binaries, kubeconfigs, kubeFiles, paths } from '../paths.ts';

const unit = 'kube-proxy.service';
const unitFile = `${paths.units}/${unit}`;
const left = [unitFile, kubeFiles.kubeProxy, kubeconfigs.kubeProxy, binaries.kubeProxy];

/**
 * A host without kube-proxy, where the network does its work. One that ran before takes its own rules off: two that answer for Services would each change
 * packets that the other has changed already.
 */
export function absentKubeProxy(): Resource<readonly string[]> {
  return {
    id: 'absent:kube-proxy',
    probe: sh`for f in ${left}; do if [ -e "$f" ]; then echo "$f"; fi; done`,
    parse: (output) => output.split('\n').filter((line) => line !== ''),
    diff: (there) => there.map((path) => ({ path, from: 'there', to: 'absent', effect: 'delete' })),
    apply: {
      script: sh`if [ -e ${unitFile} ]; then systemctl disable --quiet --now ${unit}; fi
# Older releases fail where there is no ipset, after they have taken off what counts.
if [ -x ${binaries.kubeProxy} ] && ! said=$(${binaries.kubeProxy} --cleanup 2>&1) && iptables-save | grep -q '^:KUBE-SERVICES'; then
  echo "$said" >&2; exit 1
fi
rm -f ${left}
systemctl daemon-reload`,
      timeoutSeconds: 120,
    },
  };
}
