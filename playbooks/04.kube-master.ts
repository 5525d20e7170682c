import { binaries } from '../src/components/binaries.ts';
import { claims } from '../src/resources/claims.ts';
import { componentResources } from '../src/components/component-resources.ts';
import { healthGate } from '../src/components/health-gate.ts';
import { kubeApiserver, encryptionFile } from '../src/components/apiserver/apiserver.ts';
import { kubeControllerManager } from '../src/components/controller-manager/controller-manager.ts';
import { csrApprover } from '../src/components/csr-approver/csr-approver.ts';
import { kubeScheduler } from '../src/components/scheduler/scheduler.ts';
import { masterRbac } from '../src/components/rbac.ts';
import { kubeFiles, paths } from '../src/components/paths.ts';
import type { HostStep, Rollout, Stage, StageContext } from '../src/engine/stage.ts';
import type { Component, MakeComponent } from '../src/components/component.ts';
import type { Host } from '../src/inventory/model.ts';
import { file } from '../src/resources/file.ts';
import { madeByApply, masterCertificates } from './certificates.ts';

const isMaster = (host: Host): boolean => host.roles.has('master');
const programs = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'];

/**
 * apiserver, controller-manager and scheduler of each master, then the rights that nodes and the apiserver itself need, and the approver of kubelets' serving
 * certificates, which works by them.
 */
export const masterStage: Stage = {
  id: '04.kube-master',
  title: 'masters',
  steps: [
    {
      type: 'hosts',
      name: 'apiserver',
      on: isMaster,
      rollout: 'one-by-one',
      resources: async (host, context) => [
        ...(await binaries(context, host, {
          component: 'kubernetes',
          version: context.inventory.cluster.versions.kubernetes,
          files: programs,
          directory: paths.bin,
        })),
        claims('apiserver', [
          { kind: 'path', name: '/run/kubernetes' },
          // The controller-manager makes the folder of Flexvolume drivers whether there are any or not.
          { kind: 'path', name: '/usr/libexec/kubernetes' },
        ]),
        ...masterCertificates(context, host),
        ...encryption(context),
        ...tokenFile(context),
        ...componentResources(kubeApiserver(context.inventory, host, context.facts(host))),
      ],
      gate: (host, context) => healthGate(kubeApiserver(context.inventory, host, context.facts(host))),
    },
    componentStep('controller-manager', kubeControllerManager),
    componentStep('scheduler', kubeScheduler),
    { type: 'cluster', name: 'rights', objects: () => masterRbac() },
    componentStep('csr-approver', csrApprover, 'canary'),
  ],
};

function componentStep(name: string, make: MakeComponent, rollout: Rollout = 'one-by-one'): HostStep {
  const component = (host: Host, context: StageContext): Component =>
    make(context.inventory, host, context.facts(host));
  return {
    type: 'hosts',
    name,
    on: isMaster,
    rollout,
    resources: (host, context) => componentResources(component(host, context)),
    gate: (host, context) => healthGate(component(host, context)),
  };
}

function encryption(context: StageContext) {
  if (!context.inventory.cluster.encryptionAtRest) return [];
  const { encryptionKeys, pending } = context.pki.authorities;
  return [file({ ...encryptionFile(encryptionKeys), secret: true, ...madeByApply(pending) })];
}

/**
 * The apiserver will not start without its token file. A line is in it only while hosts join, in the stage after this one: any other was left by a join
 * that was killed, and never expires.
 */
function tokenFile(context: StageContext) {
  if (context.inventory.cluster.bootstrap !== 'token-file') return [];
  return [file({ path: kubeFiles.tokens, content: '', mode: 0o600, secret: true })];
}
