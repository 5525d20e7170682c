import { sh } from '../../shell/sh.ts';
import type { MakeComponent } from '../component.ts';
import { commandLine } from '../extras.ts';
import { binaries, paths, sockets } from '../paths.ts';
import { chosen, keyed } from '../source.ts';
import { serviceText } from '../service.ts';

const unit = 'cri-dockerd.service';

/** The CRI in front of Docker for releases whose kubelet no longer drives Docker itself. Rendered; not proved against its binary. */
export const criDockerd: MakeComponent = (inventory) => {
  const inputs = [binaries.criDockerd];
  const flags = {
    'container-runtime-endpoint': chosen(`unix://${sockets.criDockerd}`, 'where the kubelet asks'),
    'docker-endpoint': chosen(`unix://${sockets.docker}`, 'where Docker answers'),
    'network-plugin': chosen('cni', 'the pod network is one of CNI'),
    'cni-conf-dir': chosen(paths.cniConf, 'where CNI has its configuration'),
    'cni-bin-dir': chosen(paths.cniBin, 'where CNI has its plugins'),
    'pod-infra-container-image': keyed(inventory.cluster.runtime.sandboxImage, 'cluster.runtime.sandboxImage'),
  };
  return {
    unit,
    text: serviceText({
      unit,
      description: 'Container Runtime Interface for Docker',
      after: ['docker.service'],
      command: commandLine(binaries.criDockerd, flags),
      inputs,
      type: 'notify',
      settings: { Delegate: true, KillMode: 'process', LimitNOFILE: 1048576, TasksMax: 'infinity' },
    }),
    files: [],
    directories: [],
    inputs,
    interrupts: 'pods keep running; the kubelet starts and stops none for some seconds',
    explanation: { flags, files: [] },
    // A unit of type notify is active when the socket is served.
    health: sh`(
if systemctl is-active --quiet ${unit} && [ -S ${sockets.criDockerd} ]; then exit 0; fi
echo 'cri-dockerd does not serve its socket'
exit 1
)`,
    healthTimeoutSeconds: 60,
  };
};
