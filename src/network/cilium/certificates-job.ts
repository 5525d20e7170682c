import { createHash } from 'node:crypto';
import type { KubeObject } from '../../engine/stage.ts';
import type { UpstreamFile } from '../../inventory/plugin.ts';
import { K8supError } from '../../errors/k8sup-error.ts';

const cronJob = 'hubble-generate-certs';

interface JobTemplate {
  readonly spec?: Readonly<Record<string, unknown>>;
}

/**
 * The job that makes Hubble's certificates for the first time. In the chart it is a hook, which helm runs once after an install; the CronJob beside it, which
 * has the same work, comes only months later. A job cannot be changed, so that another has another name; one that is done stays, or each apply would
 * make it anew.
 *
 * @throws K8supError `UPSTREAM_CHANGED` where the chart has no such CronJob.
 */
export function firstCertificates(objects: readonly KubeObject[], source: UpstreamFile): KubeObject {
  const found = objects.find(({ kind, metadata }) => kind === 'CronJob' && metadata.name === cronJob);
  const template = (found?.['spec'] as { readonly jobTemplate?: JobTemplate } | undefined)?.jobTemplate?.spec;
  if (found === undefined || template === undefined)
    throw new K8supError({
      code: 'UPSTREAM_CHANGED',
      kind: 'artifact',
      what: `the chart of ${source.component} ${source.version} is not as k8sup knows it: there is no CronJob ${cronJob}`,
      why: "Hubble's first certificates are made by its template",
      fix: 'leave network.cilium.hubble off, or report this version; nothing was changed',
    });
  const spec = Object.fromEntries(Object.entries(template).filter(([key]) => key !== 'ttlSecondsAfterFinished'));
  const hash = createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 10);
  const { namespace } = found.metadata;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `${cronJob}-${hash}`, ...(namespace === undefined ? {} : { namespace }) },
    spec,
  };
}
