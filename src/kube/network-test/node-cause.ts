import type { NetworkProblem, NodeResult, PolicyResult } from '../../engine/network-report.ts';

/** What is wrong with a node apart from its paths. Pure. */
export function nodeCauses(node: NodeResult, known: readonly NetworkProblem[]): readonly NetworkProblem[] {
  const { name, absent, dns, masquerade } = node;
  const nodes = [name];
  if (absent !== undefined)
    return [
      {
        code: 'NODE_UNTESTED',
        nodes,
        what: `${name}: it could not be tested`,
        why: absent,
        fix: `k8sup status  tells of its host, its kubelet and whether it is Ready`,
      },
    ];
  const found: NetworkProblem[] = [];
  if (dns?.ok === false)
    found.push({
      code: 'DNS_BROKEN',
      nodes,
      what: `${name}: its pods find no name in the cluster`,
      why: dns.said === '' ? 'no answer came' : dns.said,
      fix: 'where paths above are cut, CoreDNS may be behind them; else look at  k8sup kubectl -- -n kube-system get pods',
    });
  if (masquerade?.ok === false) found.push(masqueradeCause(name, masquerade, known));
  return found;
}

function masqueradeCause(
  name: string,
  { to, seen, wanted, said }: NonNullable<NodeResult['masquerade']>,
  known: readonly NetworkProblem[],
): NetworkProblem {
  const nodes = [name, to];
  if (seen === undefined)
    return {
      code: 'POD_TO_NODE_BROKEN',
      nodes,
      what: `${name}: its pods do not reach the address of ${to} itself`,
      why: said === '' ? 'no answer came' : said,
      fix: `look at the packet filter of ${to} for what comes in from other hosts, and of ${name} for what is forwarded`,
    };
  if (wanted !== true)
    return {
      code: 'MASQUERADE_UNWANTED',
      nodes,
      what: `${name}: its pods' addresses are hidden from a network that should see them`,
      why: `${to} saw ${seen}`,
      fix: 'run  k8sup apply , which makes the rules anew',
    };
  const missing = known.find(({ code, nodes: [node] }) => code === 'MASQUERADE_MISSING' && node === name);
  return {
    code: 'MASQUERADE_MISSING',
    nodes,
    what: `${name}: its pods' own addresses are seen outside of the pod network`,
    why: `${to} saw ${seen}${missing === undefined ? '' : `; ${missing.why}`}`,
    fix: 'run  k8sup apply , which makes the rules anew',
  };
}

export function policyCauses(policy: PolicyResult): readonly NetworkProblem[] {
  if (!policy.enforced) return [];
  return [policy.deny, policy.allow]
    .filter(({ ok }) => !ok)
    .map(({ said }) => ({
      code: 'POLICY_BROKEN',
      nodes: [],
      what: 'NetworkPolicy does not do what it says',
      why: said,
      fix: "look at the logs of the network plugin's own controller",
    }));
}
