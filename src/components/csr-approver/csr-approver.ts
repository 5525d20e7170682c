import type { Facts } from '../../host/facts/model.ts';
import { runsKubelet } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import { servingForms } from '../../pki/index.ts';
import { sh } from '../../shell/sh.ts';
import type { Component, MakeComponent } from '../component.ts';
import { binaries, kubeconfigs, kubeFiles, paths } from '../paths.ts';
import { serviceText } from '../service.ts';
import { keyed } from '../source.ts';
import type { UnitSection } from '../systemd-unit.ts';
import { approverText } from './script.ts';

const unit = 'k8sup-csr-approver.service';
const script = `${paths.lib}/csr-approver`;
const work = '/run/k8sup-csr-approver';
const seconds = 60;

/**
 * Approves, on each master, renewals of kubelets' serving certificates while k8sup is away: those that are byte for byte what a host of the inventory asks
 * for. What it may let pass is read anew for each request, so that another host costs no restart.
 */
export const csrApprover: MakeComponent = (inventory, _host, facts): Component => {
  const inputs = [script, kubeconfigs.csrApprover];
  return {
    unit,
    text: serviceText({
      unit,
      description: "Approval of kubelets' serving certificates",
      after: ['kube-apiserver.service'],
      command: [script],
      before: [{ prefix: '+', command: [script, 'prepare'] }],
      inputs,
      type: 'simple',
      settings: { ...limits, ...(mayConfine(facts) ? confinement : { User: 'nobody' }) },
    }),
    files: [
      {
        path: script,
        mode: 0o755,
        content: approverText({
          kubectl: binaries.kubectl,
          kubeconfig: kubeconfigs.csrApprover,
          requests: kubeFiles.servingRequests,
          work,
          seconds,
        }),
      },
      { path: kubeFiles.servingRequests, mode: 0o644, content: requestLines(inventory) },
    ],
    directories: [],
    inputs,
    interrupts: 'requests of kubelets wait for some seconds; certificates in use are not touched',
    explanation: { flags: {}, files: [{ path: kubeFiles.servingRequests, fields: hostFields(inventory) }] },
    health: sh`if [ ! -e ${work}/last ]; then echo 'it has not asked the apiserver yet'; exit 1; fi
read -r k8sup_last < ${work}/last
[ "$k8sup_last" = ok ] || { printf '%s\\n' "$k8sup_last"; exit 1; }`,
    healthTimeoutSeconds: 90,
  };
};

/** `HOST/BEFORE/AFTER`, one line for each request that a kubelet may make. */
export function requestLines(inventory: Inventory): string {
  return kubeletHosts(inventory)
    .flatMap((host) => servingForms(host).map(({ before, after }) => `${host.name}/${before}/${after}\n`))
    .join('');
}

function hostFields(inventory: Inventory) {
  return Object.fromEntries(
    kubeletHosts(inventory).map(({ name, addresses }) => [
      name,
      keyed([...new Set([name, ...addresses])].join(', '), 'hosts[].address'),
    ]),
  );
}

function kubeletHosts({ hosts }: Inventory): readonly Host[] {
  return hosts.filter(runsKubelet);
}

/**
 * systemd insists on what a dynamic user needs, and cannot give it in a container that may not mount (LXC without nesting); elsewhere it would go on
 * without (systemd.exec(5), "Sandboxing").
 */
function mayConfine({ containerKind }: Facts): boolean {
  return containerKind === undefined || containerKind === 'systemd-nspawn';
}

/** What one pending request too many, or too big, may take. Go starts a thread for each processor. */
const limits: UnitSection = {
  RuntimeDirectory: 'k8sup-csr-approver',
  RuntimeDirectoryMode: '0700',
  Environment: 'GOMAXPROCS=2',
  MemoryMax: '256M',
  OOMPolicy: 'continue',
  TasksMax: 64,
};

/** It reads nothing of the master's own: a user that exists while it runs, no capability, no device, no file that it may write but in memory. */
const confinement: UnitSection = {
  DynamicUser: true,
  NoNewPrivileges: true,
  CapabilityBoundingSet: '',
  ProtectSystem: 'strict',
  ProtectHome: true,
  PrivateTmp: true,
  PrivateDevices: true,
  ProtectControlGroups: true,
  ProtectKernelModules: true,
  ProtectKernelTunables: true,
  RestrictAddressFamilies: 'AF_UNIX AF_INET AF_INET6',
  RestrictNamespaces: true,
  RestrictRealtime: true,
  LockPersonality: true,
  SystemCallArchitectures: 'native',
  SystemCallFilter: '@system-service',
};
