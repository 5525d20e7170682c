import { kubeletPlaces } from '../components/certificate-places.ts';
import type { ActionContext } from '../engine/stage.ts';
import { K8supError } from '../errors/k8sup-error.ts';
import type { Host } from '../inventory/model.ts';
import { escapeControl } from '../shell/escape.ts';
import { sh } from '../shell/sh.ts';
import { changeHost } from './change-host.ts';

/**
 * Takes a kubelet's client certificate away, so that the next join of its host makes both of its certificates anew.
 *
 * @throws K8supError `KUBELET_CERTIFICATE` where it stays, also because another run's script is at work on the host.
 */
export async function makeRejoin(host: Host, context: ActionContext): Promise<void> {
  const { path } = kubeletPlaces(context.inventory.cluster.kubelet.rootDir)['kubelet-client'];
  const { signal } = context;
  const result = await changeHost(context, host, { script: sh`rm -f ${path}`, seconds: 30, signal });
  if (result.exitCode === 0) return;
  throw new K8supError({
    code: 'KUBELET_CERTIFICATE',
    kind: 'resource',
    host: host.name,
    what: `${host.name}: ${path} could not be taken away`,
    why: escapeControl(`${result.stdout}${result.stderr}`.trim()),
    fix: 'run the same command again',
  });
}
