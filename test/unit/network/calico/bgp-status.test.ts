import { expect, it } from 'vitest';
import { parseNodes, parseSessions, readSessions } from '../../../../src/network/calico/bgp-status.ts';
import type { Sh } from '../../../../src/shell/sh.ts';

const bird = `BIRD v0.3.3+birdv1.6.8 ready.
name     proto    table    state  since       info
static1  Static   master   up     09:00:41
kernel1  Kernel   master   up     09:00:41
device1  Device   master   up     09:00:41
direct1  Direct   master   up     09:00:41
Mesh_192_168_80_120 BGP      master   up     09:00:46    Established
Mesh_192_168_80_140 BGP      master   start  09:00:44    Active        Socket: Connection refused
Node_192_168_80_150 BGP      master   start  2026-11-20  Passive
Global_192_0_2_1_port_1179 BGP master up     2026-11-20  Established
`;
const bird6 = `BIRD v0.3.3+birdv1.6.8 ready.
name     proto    table    state  since       info
Mesh_fd80_24e2_f998_72d7__2 BGP master up    09:00:46    Established
Node_2001_db8__1_port_1179 BGP master  start 09:00:46    Connect
`;

it("BIRD's peers are told as calicoctl tells them", () => {
  expect(parseSessions(bird, 'ipv4')).toEqual([
    session('192.168.80.120', 'node-to-node mesh', 'up', '09:00:46', 'Established'),
    session('192.168.80.140', 'node-to-node mesh', 'start', '09:00:44', 'Active Socket: Connection refused'),
    session('192.168.80.150', 'node specific', 'start', '2026-11-20', 'Passive'),
    session('192.0.2.1:1179', 'global', 'up', '2026-11-20', 'Established'),
  ]);
  expect(parseSessions(bird6, 'ipv6').map(({ peer }) => peer)).toEqual([
    'fd80:24e2:f998:72d7::2',
    '[2001:db8::1]:1179',
  ]);
});

it('each node has its own, or the reason why not', () => {
  const output = `@@k8sup-node h1
${bird}@@k8sup-ipv6
${bird6}@@k8sup-node h2
@@k8sup-failed error: unable to upgrade connection: container not found ("calico-node")
@@k8sup-node h3
BIRD v0.3.3+birdv1.6.8 ready.
@@k8sup-ipv6
`;
  const nodes = parseNodes(output);
  expect(nodes.map(({ node, sessions }) => [node, sessions.length])).toEqual([
    ['h1', 6],
    ['h2', 0],
    ['h3', 0],
  ]);
  expect(nodes.map(({ problem }) => problem)).toEqual([
    undefined,
    'error: unable to upgrade connection: container not found ("calico-node")',
    undefined,
  ]);
});

it('BIRD is asked in the pods of calico-node', async () => {
  const asked: string[] = [];
  const run = (script: Sh): Promise<string> => {
    asked.push(script.sh);
    return Promise.resolve(`@@k8sup-node h1\n${bird}@@k8sup-ipv6\n`);
  };
  expect((await readSessions({ run }))[0]?.sessions).toHaveLength(4);
  expect(asked[0]).toContain('birdcl -s /var/run/calico/bird.ctl show protocols');
});

function session(peer: string, type: string, state: string, since: string, info: string): object {
  return { family: 'ipv4', peer, type, state, since, info };
}
