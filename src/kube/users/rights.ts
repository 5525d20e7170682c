import type { KubeRunner } from '../../engine/stage.ts';
import { rawShell, sh } from '../../shell/sh.ts';

/** Somebody whom a binding names. */
export interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** A binding of a role, as the apiserver prints it. */
export interface Binding {
  readonly kind: 'RoleBinding' | 'ClusterRoleBinding';
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly Subject[];
}

/** Bindings that name a user or one of these groups. */
export async function bindingsOf(
  kube: KubeRunner,
  user: string,
  groups: readonly string[],
): Promise<{ readonly user: readonly Binding[]; readonly groups: readonly Binding[] }> {
  const { items } = JSON.parse(await kube.run(rawShell('kubectl get clusterrolebindings,rolebindings -A -o json'))) as {
    readonly items: readonly Binding[];
  };
  const naming = (kind: string, names: readonly string[]): readonly Binding[] =>
    items.filter(({ subjects = [] }) => subjects.some((one) => one.kind === kind && names.includes(one.name)));
  return { user: naming('User', [user]), groups: naming('Group', groups) };
}

/** Takes a user out of a binding; one that names nobody else goes as a whole. */
export async function withdraw(kube: KubeRunner, binding: Binding, user: string): Promise<void> {
  const { kind, metadata } = binding;
  const rest = (binding.subjects ?? []).filter((one) => one.kind !== 'User' || one.name !== user);
  const target = [
    ...(metadata.namespace === undefined ? [] : ['-n', metadata.namespace]),
    `${kind.toLowerCase()}/${metadata.name}`,
  ];
  if (rest.length === 0) {
    await kube.run(sh`kubectl delete ${target} >/dev/null`);
    return;
  }
  const patch = JSON.stringify({ subjects: rest });
  await kube.run(sh`kubectl patch ${target} --type merge -p ${patch} >/dev/null`);
}

/** `RoleBinding ops/readers (view)`. */
export function bindingText({ kind, metadata, roleRef }: Binding): string {
  const place = metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
  return `${kind} ${place} (${roleRef.name})`;
}
