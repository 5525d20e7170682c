import type { KubeRunner } from '../engine/stage.ts';
import { rawShell } from '../shell/sh.ts';

/** A registered node, as far as its network is concerned. */
export interface NodeInNetwork {
  readonly name: string;
  /** InternalIP. */
  readonly address: string;
  readonly ready: boolean;
  readonly podCIDRs: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}

interface NodeJson {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly podCIDR?: string; readonly podCIDRs?: readonly string[] };
  readonly status: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** @throws K8supError `KUBE_UNREACHABLE` when no apiserver answers. */
export async function networkNodes(kube: KubeRunner): Promise<readonly NodeInNetwork[]> {
  const output = await kube.run(rawShell('kubectl get nodes -o json'));
  return (JSON.parse(output) as { readonly items: readonly NodeJson[] }).items.map(({ metadata, spec, status }) => ({
    name: metadata.name,
    address: status.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '',
    ready: status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True',
    podCIDRs: spec.podCIDRs ?? (spec.podCIDR === undefined ? [] : [spec.podCIDR]),
    annotations: metadata.annotations ?? {},
  }));
}
