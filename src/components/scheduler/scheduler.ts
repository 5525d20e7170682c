import type { MakeComponent } from '../component.ts';
import { commandLine, withExtraArgs } from '../extras.ts';
import { httpHealth } from '../health.ts';
import { binaries, kubeconfigs } from '../paths.ts';
import { chosen, forRelease } from '../source.ts';
import { releaseHas } from '../../inventory/releases.ts';
import { serviceText } from '../service.ts';
import { fixedPorts } from '../../inventory/ports.ts';

const unit = 'kube-scheduler.service';

const identity = 'where k8sup puts its identity towards the apiserver beside it';

/** The scheduler of one master, reachable from the host itself only. */
export const kubeScheduler: MakeComponent = (inventory, host) => {
  const inputs = [binaries.scheduler, kubeconfigs.scheduler];
  const defaults = {
    kubeconfig: chosen(kubeconfigs.scheduler, identity),
    'authentication-kubeconfig': chosen(kubeconfigs.scheduler, identity),
    'authorization-kubeconfig': chosen(kubeconfigs.scheduler, identity),
    'bind-address': chosen('127.0.0.1', 'metrics and health are for the host itself alone'),
    'secure-port': chosen(String(fixedPorts.scheduler), 'the port of the component in all of Kubernetes'),
    ...(releaseHas(inventory.cluster.versions.kubernetes, 'insecurePortFlag')
      ? { port: forRelease('0', 'up to 1.23 it would serve plain HTTP on all addresses') }
      : {}),
    profiling: chosen('false', 'profiles of a production process are for nobody, and the CIS benchmark says so'),
    'leader-elect': chosen('true', 'of several masters one works at a time'),
  };
  const flags = withExtraArgs(defaults, host, 'scheduler');
  return {
    unit,
    text: serviceText({
      unit,
      description: 'Kubernetes scheduler',
      after: ['kube-apiserver.service'],
      command: commandLine(binaries.scheduler, flags),
      inputs,
      type: 'simple',
      settings: { LimitNOFILE: 65536, OOMScoreAdjust: -900 },
    }),
    files: [],
    directories: [],
    inputs,
    interrupts: 'new pods wait for some seconds until a scheduler leads again; running pods are not touched',
    explanation: { flags, files: [] },
    health: httpHealth({
      url: `https://127.0.0.1:${flags['secure-port']?.value ?? fixedPorts.scheduler}/healthz`,
      selfSigned: true,
    }),
    healthTimeoutSeconds: 90,
  };
};
