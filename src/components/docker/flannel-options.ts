import type { ComponentFile } from '../component.ts';
import { paths } from '../paths.ts';

/** Written by flanneld once it has a lease, gone after a boot. */
export const subnetFile = '/run/flannel/subnet.env';

/** `DOCKER_OPTS` for the lease, as flannel's own mk-docker-opts.sh writes it; Docker does not start without it. */
export const dockerOptionsFile = '/run/flannel/docker_opts.env';

export const dockerOptionsScript = `${paths.lib}/docker-options`;

/**
 * Runs behind each start of flanneld, which ends when its lease is lost and takes another one at its next start. A Docker that runs with the old subnet is
 * restarted; one that does not run is left so.
 */
export function dockerOptionsProgram(): ComponentFile {
  return { path: dockerOptionsScript, mode: 0o755, content: text };
}

const text = `#!/bin/sh
# Written by k8sup: tells Docker the subnet that flannel leased for this host, and restarts it where that is another one.
set -eu
. ${subnetFile}
case $FLANNEL_IPMASQ in
true) masquerade=false ;;
*) masquerade=true ;;
esac
new=${dockerOptionsFile}.new
{ echo "DOCKER_OPT_BIP=\\"--bip=$FLANNEL_SUBNET\\""
  echo "DOCKER_OPT_IPMASQ=\\"--ip-masq=$masquerade\\""
  echo "DOCKER_OPT_MTU=\\"--mtu=$FLANNEL_MTU\\""
  echo "DOCKER_OPTS=\\"--bip=$FLANNEL_SUBNET --ip-masq=$masquerade --mtu=$FLANNEL_MTU\\""
} > "$new"
if [ -e ${dockerOptionsFile} ] && [ "$(cat ${dockerOptionsFile})" = "$(cat "$new")" ]; then rm -f "$new"; exit 0; fi
mv -f "$new" ${dockerOptionsFile}
# An error of this program ends flanneld. Docker is installed behind it, so at first there is none.
[ "$(systemctl show -p LoadState --value docker.service)" = loaded ] || exit 0
systemctl try-restart --no-block docker.service
`;
