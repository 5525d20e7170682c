import { runsContainers, runsKubelet } from '../src/inventory/model.ts';
import { binaries } from '../src/components/binaries.ts';
import { claims } from '../src/resources/claims.ts';
import { componentResources } from '../src/components/component-resources.ts';
import { containerd, containerdClaims } from '../src/components/containerd/containerd.ts';
import { docker, dockerClaims, dockerPrograms } from '../src/components/docker/docker.ts';
import { criDockerd } from '../src/components/docker/cri-dockerd.ts';
import type { Component } from '../src/components/component.ts';
import { healthGate } from '../src/components/health-gate.ts';
import { imageResources } from '../src/components/images.ts';
import { runtimeEndpoint } from '../src/components/runtime-endpoint.ts';
import { paths } from '../src/components/paths.ts';
import type { Stage, StageContext } from '../src/engine/stage.ts';
import type { Host } from '../src/inventory/model.ts';
import type { AnyResource } from '../src/resources/define.ts';

/** Plugins of the CNI project that k8sup's networks use, or that people put into a chain of their own. */
const cniPlugins = [
  'bridge',
  'loopback',
  'host-local',
  'portmap',
  'bandwidth',
  'firewall',
  'tuning',
  'static',
  'macvlan',
  'ptp',
];

/** The container runtime, the CNI plugins and preloaded images. */
export const runtimeStage: Stage = {
  id: '03.runtime',
  title: 'container runtime',
  steps: [
    {
      type: 'hosts',
      name: 'runtime',
      on: runsContainers,
      rollout: 'canary',
      resources: async (host, context) => [
        ...(await programs(context, host)),
        claims(
          'runtime',
          runtimeOf(context) === 'docker' ? dockerClaims(context.inventory) : containerdClaims(context.inventory),
        ),
        ...componentResources(runtime(context, host)),
      ],
      gate: (host, context) => healthGate(runtime(context, host)),
    },
    {
      type: 'hosts',
      name: 'cri-dockerd',
      on: runsKubelet,
      rollout: 'canary',
      resources: criDockerdResources,
      gate: (host, context) =>
        needsCriDockerd(context) ? healthGate(criDockerd(context.inventory, host, context.facts(host))) : undefined,
    },
    {
      type: 'hosts',
      name: 'images',
      on: runsContainers,
      resources: (host, context) => imageResources(context, host),
    },
  ],
};

function runtimeOf(context: StageContext): 'containerd' | 'docker' {
  return context.inventory.cluster.runtime.type;
}

function runtime(context: StageContext, host: Host): Component {
  const { inventory, registryPasswords } = context;
  const facts = context.facts(host);
  return runtimeOf(context) === 'docker'
    ? docker(inventory, host, facts)
    : containerd(inventory, host, facts, registryPasswords);
}

function needsCriDockerd({ inventory }: StageContext): boolean {
  return inventory.cluster.runtime.type === 'docker' && runtimeEndpoint(inventory).endpoint !== undefined;
}

async function programs(context: StageContext, host: Host): Promise<readonly AnyResource[]> {
  const { versions } = context.inventory.cluster;
  const set = { component: 'cni-plugins', version: versions.cniPlugins, files: cniPlugins, directory: paths.cniBin };
  // Docker by itself calls none.
  const plugins = runsKubelet(host) ? binaries(context, host, set) : [];
  if (runtimeOf(context) === 'docker') {
    const files = dockerPrograms;
    const own = { component: 'docker', version: versions.docker, files, directory: paths.docker };
    return (await Promise.all([binaries(context, host, own), plugins])).flat();
  }
  const files = ['containerd', 'containerd-shim-runc-v2', 'ctr'];
  return (
    await Promise.all([
      binaries(context, host, { component: 'containerd', version: versions.containerd, files, directory: paths.bin }),
      binaries(context, host, { component: 'runc', version: versions.runc, files: ['runc'], directory: paths.bin }),
      plugins,
    ])
  ).flat();
}

/** Only where the kubelet no longer drives Docker itself: from Kubernetes 1.24. */
async function criDockerdResources(host: Host, context: StageContext): Promise<readonly AnyResource[]> {
  const { criDockerd: version } = context.inventory.cluster.versions;
  if (!needsCriDockerd(context) || version === undefined) return [];
  const set = { component: 'cri-dockerd', version, files: ['cri-dockerd'], directory: paths.bin };
  return [
    ...(await binaries(context, host, set)),
    claims('cri-dockerd', [
      { kind: 'path', name: '/run/cri-dockerd.sock' },
      { kind: 'path', name: '/var/lib/cri-dockerd' },
    ]),
    ...componentResources(criDockerd(context.inventory, host, context.facts(host))),
  ];
}
