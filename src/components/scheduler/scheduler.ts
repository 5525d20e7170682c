import type { MakeComponent } from '../component.ts';
import { commandLine, withExtraArgs } from '../extras.ts';
import { httpHealth } from '../health.ts';
import { binaries, kubeconfigs } from '../paths.ts';
import { releaseHas } from '../../inventory/releases.ts';
import { serviceText } from '../service.ts';
import { fixedPorts } from '../../inventory/ports.ts';

const unit = 'kube-scheduler.service';

/** The scheduler of one master, reachable from the host itself only. */
export const kubeScheduler: MakeComponent = (inventory, host) => {
  const inputs = [binaries.scheduler, kubeconfigs.scheduler];
  const defaults = {
    kubeconfig: kubeconfigs.scheduler,
    'authentication-kubeconfig': kubeconfigs.scheduler,
    'authorization-kubeconfig': kubeconfigs.scheduler,
    'bind-address': '127.0.0.1',
    'secure-port': String(fixedPorts.scheduler),
    ...(releaseHas(inventory.cluster.versions.kubernetes, 'insecurePortFlag') ? { port: '0' } : {}),
    profiling: 'false',
    'leader-elect': 'true',
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
    health: httpHealth({
      url: `https://127.0.0.1:${flags['secure-port'] ?? fixedPorts.scheduler}/healthz`,
      selfSigned: true,
    }),
    healthTimeoutSeconds: 90,
  };
};
