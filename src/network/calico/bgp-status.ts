import type { BgpSession, NodeSessions } from '../../engine/network-report.ts';
import type { KubeRunner } from '../../engine/stage.ts';
import { rawShell } from '../../shell/sh.ts';

const types: Readonly<Record<string, BgpSession['type']>> = {
  Mesh: 'node-to-node mesh',
  Node: 'node specific',
  Global: 'global',
};

const marks = { pod: '@@k8sup-node', ipv6: '@@k8sup-ipv6', failed: '@@k8sup-failed' } as const;

/**
 * Asks BIRD in each pod of calico-node for its peers. It runs with backend `bird` alone.
 *
 * @throws K8supError as {@link KubeRunner.run} does.
 */
export async function readSessions(kube: KubeRunner): Promise<readonly NodeSessions[]> {
  const bird = (socket: string): string =>
    `kubectl -n kube-system exec "$pod" -c calico-node --request-timeout=20s -- birdcl -s /var/run/calico/${socket} show protocols`;
  // bird6 runs only where nodes have IPv6 addresses.
  const script = `kubectl -n kube-system get pods -l k8s-app=calico-node -o 'jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName}{"\\n"}{end}' > "$k8sup_d/pods"
while read -r pod node <&3; do
  echo "${marks.pod} $node"
  ${bird('bird.ctl')} </dev/null 2>"$k8sup_d/said" || { echo "${marks.failed} $(tr '\\n' ' ' < "$k8sup_d/said")"; continue; }
  echo "${marks.ipv6}"
  ${bird('bird6.ctl')} </dev/null 2>/dev/null || :
done 3< "$k8sup_d/pods"`;
  return parseNodes(await kube.run(rawShell(script)));
}

/** What {@link readSessions} printed, by node. */
export function parseNodes(output: string): readonly NodeSessions[] {
  return output
    .split(`${marks.pod} `)
    .slice(1)
    .map((section) => {
      const end = section.indexOf('\n');
      const node = section.slice(0, end).trim();
      const said = section.slice(end + 1);
      const problem = said.split(`${marks.failed} `)[1]?.trim();
      if (problem !== undefined) return { node, sessions: [], problem };
      const [ipv4 = '', ipv6 = ''] = said.split(`${marks.ipv6}\n`);
      return { node, sessions: [...parseSessions(ipv4, 'ipv4'), ...parseSessions(ipv6, 'ipv6')] };
    });
}

/**
 * The BGP sessions in the output of BIRD's `show protocols`. Calico names a protocol after the peer: `Mesh_192_0_2_11`, `Node_2001_db8__1`, and
 * `Global_192_0_2_1_port_1179` where the port is not BGP's own.
 */
export function parseSessions(output: string, family: BgpSession['family']): readonly BgpSession[] {
  return output.split('\n').flatMap((line): readonly BgpSession[] => {
    const [name = '', protocol, , state = '', since = '', ...info] = line.trim().split(/\s+/);
    const [, kind = '', address = '', port] = /^(Mesh|Node|Global)_(.+?)(?:_port_(\d+))?$/.exec(name) ?? [];
    const type = types[kind];
    if (protocol !== 'BGP' || type === undefined) return [];
    const plain = address.replaceAll('_', family === 'ipv4' ? '.' : ':');
    const host = family === 'ipv6' && port !== undefined ? `[${plain}]` : plain;
    return [{ family, peer: port === undefined ? plain : `${host}:${port}`, type, state, since, info: info.join(' ') }];
  });
}
