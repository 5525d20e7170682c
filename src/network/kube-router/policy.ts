import * as z from 'zod';
import type { KubeObject } from '../../engine/stage.ts';
import type { Inventory } from '../../inventory/model.ts';
import type { AdditionDeclaration } from '../../inventory/plugin.ts';
import { isAtLeast } from '../../inventory/releases.ts';
import { combinationOf } from '../../inventory/resolve-cluster.ts';
import type { NetworkAddition } from '../plugin.ts';
import { tcp } from '../ports.ts';
import {
  addArg,
  edit,
  inObject,
  objectsOf,
  removeArg,
  removeEnv,
  removeInitContainer,
  removeMount,
  removeObject,
  removeVolume,
  setArg,
  upstreamManifest,
} from '../upstream/index.ts';
import type { Manifest } from '../upstream/index.ts';
import { firewallClaims } from './claims.ts';
import { firewallKernel } from './needs.ts';
import { config, daemonSet, familyFlags, imageEdits, router, serviceFlags } from './objects.ts';
import { kubeRouterVersion, own } from './settings.ts';

const component = 'kube-router';
const file = 'generic-kuberouter.yaml';
const name = 'policy';

const declaration: AdditionDeclaration = {
  name,
  summary: 'kube-router: its firewall enforces NetworkPolicy objects beside flannel or bridge; none: nothing does',
  proof: 'rendered',
  enforcesPolicy: true,
  schema: z.enum(['none', 'kube-router']),
  isChosen: ({ network }) => network?.[name] === 'kube-router',
  check: ({ cluster }, report) => {
    if (isAtLeast(combinationOf(cluster).kubernetes, 1, 21)) return;
    report({
      code: 'KUBE_ROUTER_NEEDS_KUBERNETES_1_21',
      path: ['cluster', 'network', name],
      message: 'kube-router 2.11 watches discovery.k8s.io/v1, which Kubernetes serves from 1.21 on',
      fix: 'use a newer Kubernetes, or leave network.policy out',
    });
  },
  resolve: () => ({
    settings: {},
    needs: {
      artifacts: {},
      upstream: [{ component, version: kubeRouterVersion, file }],
      ports: [tcp(own.healthPort, "kube-router's health")],
      kernel: firewallKernel('leave network.policy out'),
      programs: [],
      leaves: [],
    },
  }),
};

/** kube-router as a firewall alone, beside a network that enforces no policies. */
export const policy: NetworkAddition = {
  ...declaration,
  beside: ['flannel', 'bridge'],
  objects: async (context) => {
    const manifest = await upstreamManifest(context, { component, version: kubeRouterVersion, file });
    return firewallObjects(manifest, context.inventory);
  },
  claims: () => firewallClaims,
};

/** @throws K8supError `UPSTREAM_CHANGED`. */
function firewallObjects(manifest: Manifest, inventory: Inventory): readonly KubeObject[] {
  const folder = '/etc/cni/net.d';
  return objectsOf(
    edit(
      manifest,
      removeObject(config),
      inObject(
        daemonSet,
        ...imageEdits({ version: kubeRouterVersion }, [router]),
        setArg(router, '--run-router', 'false'),
        removeArg(router, '--bgp-graceful-restart'),
        addArg(router, '--enable-cni', 'false'),
        ...serviceFlags(inventory),
        ...familyFlags(inventory),
        // The network beside it has a configuration of its own.
        removeInitContainer('install-cni'),
        removeEnv(router, 'KUBE_ROUTER_CNI_CONF_FILE'),
        removeMount(router, folder),
        ...['cni-conf-dir', 'kube-router-cfg', 'host-opt'].map(removeVolume),
      ),
    ),
  );
}
