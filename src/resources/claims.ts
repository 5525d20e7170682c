import { lines, sh } from '../shell/sh.ts';
import { stateDir } from './ownership.ts';
import type { Resource } from './define.ts';

/** Something that programs k8sup starts will make on a host, and that clean must take away. */
export interface Claim {
  readonly kind:
    | 'tree'
    | 'path'
    | 'empty-dir'
    | 'link'
    | 'links'
    | 'module-link'
    | 'route-table'
    | 'rules'
    | 'mount'
    | 'routes'
    | 'xfrm'
    | 'chains'
    | 'nft-table'
    | 'ipsets'
    | 'ipvs'
    | 'bpf'
    | 'policy'
    | 'policy6'
    | 'netns'
    | 'runtime'
    | 'unit';
  /** For example a link's name, the beginning of several links' names, a path, a CIDR, a chain's prefix; for `ipsets` several beginnings, for `bpf` that of the programs' names. */
  readonly name: string;
  /** For `links`: kinds of link, as `ip link` names them, when others may have such a name. For `policy` (of iptables) and `policy6` (of ip6tables): recorded from the host instead. For `module-link`: the kernel module that the link is there with, and goes with. For `bpf`: `cgroup` where some are at the cgroup without a pin. */
  readonly value?: string;
}

/** Writes to the ownership manifest what a component leaves behind, before the component first runs. */
export function claims(component: string, wanted: readonly Claim[]): Resource<readonly string[]> {
  const line = (claim: Claim): string => `${claim.kind}\t${claim.name}\t`;
  const trees = wanted.filter(({ kind }) => kind === 'tree').map(({ name }) => name);
  return {
    id: `claims:${component}`,
    probe: sh`[ ! -e ${`${stateDir}/manifest`} ] || cut -f 1,2 ${`${stateDir}/manifest`}
for t in ${trees}; do printf 'real\\t%s\\t%s\\n' "$t" "$(readlink -m -- "$t")"; done`,
    parse: (output) => output.split('\n'),
    diff: (state) => {
      const recorded = new Set(state.map((entry) => `${entry}\t`));
      // A tree is owned by its real path.
      const real = (claim: Claim): string =>
        state.find((entry) => entry.startsWith(`real\t${claim.name}\t`))?.split('\t')[2] ?? claim.name;
      const missing = wanted.filter(
        (claim) =>
          !recorded.has(line(claim)) && !(claim.kind === 'tree' && recorded.has(line({ ...claim, name: real(claim) }))),
      );
      if (missing.length === 0) return [];
      return [
        {
          path: 'owned',
          from: 'not recorded',
          to: missing.map((claim) => `${claim.kind} ${claim.name}`).join(', '),
          effect: 'create',
        },
      ];
    },
    apply: { script: lines(wanted.map(own)) },
  };
}

function own(claim: Claim): ReturnType<typeof sh> {
  if (claim.kind === 'tree') return sh`k8sup_own_tree ${claim.name}`;
  if (claim.kind === 'path' || claim.kind === 'empty-dir')
    return sh`k8sup_own ${claim.kind} ${claim.name} "$([ ! -e ${claim.name} ] || grep -qxF -- ${claim.name} ${stateDir}/parts/*.exchanged 2>/dev/null || echo kept)"`;
  if (claim.kind === 'policy' || claim.kind === 'policy6') {
    const tool = claim.kind === 'policy' ? 'iptables' : 'ip6tables';
    return sh`k8sup_own ${claim.kind} ${claim.name} "$(${tool} -S ${claim.name} 2>/dev/null | sed -n 's/^-P [^ ]* //p')"`;
  }
  // What was there before is not ours to take away.
  if (claim.kind === 'module-link')
    return sh`k8sup_own module-link ${claim.name} "$([ -e /sys/class/net/${claim.name} ] && echo kept || echo ${claim.value ?? ''})"`;
  if (claim.kind === 'ipvs')
    return sh`k8sup_own ipvs ${claim.name} "$(if grep -qE '^(TCP|UDP|SCTP|FWM) ' /proc/net/ip_vs 2>/dev/null; then echo kept; fi)"`;
  return sh`k8sup_own ${claim.kind} ${claim.name} ${claim.value ?? ''}`;
}
