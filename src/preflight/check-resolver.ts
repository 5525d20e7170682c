import { runsKubelet } from '../inventory/model.ts';
import type { HostCheck } from './host-check.ts';

const fix =
  'write a resolv.conf with servers that pods can reach, and name it: cluster.kubelet.extraConfig.resolvConf: /path/of/it';

/**
 * CoreDNS asks the servers of the resolv.conf that its kubelet gives it: with none it does not start, and with its own loopback it finds a loop and ends
 * (https://coredns.io/plugins/loop/#troubleshooting).
 */
export const checkResolver: HostCheck = (_inventory, host, { resolver }) => {
  const { extraConfig, extraArgs } = host.extras.kubelet;
  if (!runsKubelet(host) || 'resolvConf' in extraConfig || 'resolv-conf' in extraArgs) return [];
  const local = resolver.nameservers.filter((server) => server.startsWith('127.') || server === '::1');
  if (resolver.nameservers.length === 0) {
    const what = `${resolver.file} names no name server`;
    return [
      { code: 'NO_NAMESERVER', what, why: 'CoreDNS gets this file and does not start without', fix, severity: 'error' },
    ];
  }
  if (local.length === 0) return [];
  const all = local.length === resolver.nameservers.length;
  return [
    {
      code: 'NAMESERVER_ON_LOOPBACK',
      what: `${resolver.file} names ${local.join(', ')}`,
      why: `CoreDNS gets this file, and in a pod that is CoreDNS itself: it ends ${all ? '' : 'now and then '}because of the loop`,
      fix,
      severity: all ? 'error' : 'warning',
    },
  ];
};
