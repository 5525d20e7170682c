import type { Stage } from '../src/engine/stage.ts';
import { binaries } from '../src/components/binaries.ts';
import { componentResources } from '../src/components/component-resources.ts';
import { etcd, etcdClaims, etcdPrograms } from '../src/components/etcd/etcd.ts';
import { healthGate } from '../src/components/health-gate.ts';
import { paths } from '../src/components/paths.ts';
import { claims } from '../src/resources/claims.ts';
import { etcdCertificates } from './certificates.ts';

/** The members start together, since the first one waits for a quorum; later changes go one member at a time. */
export const etcdStage: Stage = {
  id: '02.etcd',
  title: 'etcd',
  steps: [
    {
      type: 'hosts',
      name: 'members',
      on: (host) => host.roles.has('etcd'),
      rollout: 'one-by-one',
      firstStartNeedsAll: true,
      resources: async (host, context) => [
        ...(await binaries(context, host, {
          component: 'etcd',
          version: context.inventory.cluster.versions.etcd,
          files: etcdPrograms(context.inventory.cluster.versions.etcd),
          directory: paths.bin,
        })),
        ...etcdCertificates(context, host),
        claims('etcd', etcdClaims),
        ...componentResources(etcd(context.inventory, host, context.facts(host))),
      ],
      gate: (host, context) => healthGate(etcd(context.inventory, host, context.facts(host))),
    },
  ],
};
