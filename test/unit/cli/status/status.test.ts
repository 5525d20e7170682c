import { describe, expect, it } from 'vitest';
import { isHealthy } from '../../../../src/cli/status/healthy.ts';
import { readClusterStatus } from '../../../../src/cli/status/cluster.ts';
import { readHostStatus } from '../../../../src/cli/status/hosts.ts';
import type { Session } from '../../../../src/cli/session.ts';
import type { ClusterStatus } from '../../../../src/engine/events.ts';
import type { RunContext } from '../../../../src/engine/run-context.ts';
import { K8supError } from '../../../../src/errors/k8sup-error.ts';
import type { Connection } from '../../../../src/host/connection.ts';
import { factsOf, newest } from '../../components/fixture.ts';
import { gate, stageOf, step } from '../../engine/fixture.ts';

const { signal } = new AbortController();
const gone = new K8supError({
  code: 'HOST_UNREACHABLE',
  kind: 'connection',
  what: 'h1 cannot be reached',
  why: 'refused',
});
const unanswered = new K8supError({
  code: 'KUBE_UNREACHABLE',
  kind: 'kubernetes',
  what: 'no apiserver',
  why: 'h1: down',
});

type Answer = (host: string, script: string) => string | Error;

function connection(hostName: string, answer: Answer): Connection {
  const run: Connection['run'] = (script) => {
    const said = answer(hostName, script);
    return said instanceof Error ? Promise.reject(said) : Promise.resolve({ exitCode: 0, stdout: said, stderr: '' });
  };
  return { hostName, run, read: run, bytesSent: 0, [Symbol.asyncDispose]: () => Promise.resolve() };
}

function contextOf(answer: Answer, kube: (script: string) => string | Error = () => ''): RunContext {
  const parts: Partial<RunContext> = {
    inventory: newest,
    signal,
    executor: ({ name }) => connection(name, answer),
    kube: {
      run: ({ sh }) => {
        const said = kube(sh);
        return said instanceof Error ? Promise.reject(said) : Promise.resolve(said);
      },
    },
  };
  return parts as RunContext;
}

describe('the hosts', () => {
  const stages = [
    stageOf(
      step([], { on: ({ roles }) => roles.has('master'), gate: () => ({ ...gate('true'), unit: 'good.service' }) }),
      step([], { gate: () => ({ ...gate('false'), unit: 'ill.service' }) }),
    ),
  ];
  const facts = factsOf({ os: 'Debian 12', kernel: '6.1', cpus: 2, memoryMiB: 4096 });

  /** Answers the sections of a script of probes, of which only the marks are known here. */
  const answers = (script: string): string => {
    const sections = [...script.matchAll(/^printf '%s\\n' '?(@@k8sup-\w+)> ([^'\n]+?)'?$/gm)];
    const said = ([, mark = '', key = '']: RegExpMatchArray): string => {
      const text = key.startsWith('state') ? 'active' : key.includes('ill') ? 'first\nlast \u001b[2Jwords' : '';
      return `${mark}> ${key}\n${text}\n\n${mark}< ${key.includes('health ill') ? '1' : '0'} ${key}\n`;
    };
    return sections.map(said).join('');
  };

  const look = (answer: Answer, away: readonly string[] = []) => {
    const session: Partial<Session> = {
      connection: ({ name }) => connection(name, answer),
      facts: ({ name }) => {
        if (away.includes(name)) throw gone;
        return facts;
      },
    };
    return readHostStatus(contextOf(answer), session as Session, stages);
  };

  it('have what each component says of itself', async () => {
    const [h1, h2] = await look((_host, script) => answers(script));
    expect(h1?.status).toEqual({
      name: 'h1',
      address: '10.88.0.11',
      roles: ['etcd', 'master', 'node'],
      system: 'Debian 12, kernel 6.1, 2 CPUs, 4096 MiB',
      components: [
        { unit: 'good.service', state: 'active', healthy: true },
        { unit: 'ill.service', state: 'active', healthy: false, said: 'last \\x1b[2Jwords' },
      ],
    });
    expect(h2?.status.components.map(({ unit }) => unit)).toEqual(['ill.service']);
    expect(h1?.kubeletCertificates).toEqual([]);
  });

  it('that were not reached, or stop answering, are rows with the reason beside the others', async () => {
    const found = await look((host, script) => (host === 'h3' ? gone : answers(script)), ['h2']);
    expect(found.map(({ status }) => status.unreachable)).toEqual([undefined, 'refused', 'refused']);
    expect(found[1]?.status).toMatchObject({ name: 'h2', components: [] });
  });

  it('end in an error where it is one of ours', async () => {
    await expect(look(() => new TypeError('a bug'))).rejects.toThrow('a bug');
  });
});

describe('the cluster', () => {
  const node = (name: string, ready: string): string => `${name} ${ready} v1.36.3 containerd://2.2.0 10.244.0.0/24\n`;
  const kube =
    (nodes: string) =>
    (script: string): string =>
      script.includes('get nodes') ? nodes : '{"items":[]}';
  const member = (address: string, errors: readonly string[] = []) => ({
    Endpoint: `https://${address}:2379`,
    Status: {
      version: '3.6.0',
      dbSize: 2_097_152,
      leader: 7,
      errors,
      header: { member_id: address.endsWith('11') ? 7 : 8 },
    },
  });
  const all = JSON.stringify([member('10.88.0.11'), member('10.88.0.12'), member('10.88.0.13', ['NOSPACE'])]);

  it('has all nodes of the inventory, also one that never registered', async () => {
    const { nodes } = await readClusterStatus(contextOf(() => all, kube(node('h1', 'True') + node('h2', 'Unknown'))));
    expect(nodes).toMatchObject([
      { name: 'h1', registered: true, ready: true, kubelet: 'v1.36.3', podCIDR: '10.244.0.0/24' },
      { name: 'h2', registered: true, ready: false },
      { name: 'h3', registered: false, ready: false },
    ]);
  });

  it('has its etcd members from the first host that can tell', async () => {
    const asked: string[] = [];
    const answer: Answer = (host) => {
      asked.push(host);
      if (host === 'h1') return gone;
      return host === 'h2' ? 'no such file' : all;
    };
    const { members } = await readClusterStatus(contextOf(answer, kube('')));
    expect(asked).toEqual(['h1', 'h2', 'h3']);
    expect(members).toEqual([
      { name: 'h1', healthy: true, version: '3.6.0', leader: true, dbMiB: 2 },
      { name: 'h2', healthy: true, version: '3.6.0', leader: false, dbMiB: 2 },
      { name: 'h3', healthy: false, version: '3.6.0', leader: false, dbMiB: 2 },
    ]);
  });

  it('that does not answer is a state, and then no member is healthy', async () => {
    const status = await readClusterStatus(
      contextOf(
        () => gone,
        () => unanswered,
      ),
    );
    expect(status).toMatchObject({ nodes: [], unreachable: 'h1: down' });
    expect(status.members.map(({ healthy }) => healthy)).toEqual([false, false, false]);
  });
});

describe('all is healthy', () => {
  const host = { name: 'h1', address: '192.0.2.11', roles: [], system: '' };
  const good: ClusterStatus = {
    cluster: 'one',
    kubernetesVersion: '1.36.3',
    hosts: [{ ...host, components: [{ unit: 'x', state: 'active', healthy: true }] }],
    members: [{ name: 'h1', healthy: true, version: '3.6.0', leader: true, dbMiB: 2 }],
    nodes: [{ name: 'h1', registered: true, ready: true, kubelet: '', runtime: '', podCIDR: '' }],
    certificates: [],
    pendingRequests: [],
    containers: [],
  };
  const lease = { name: 'h1', lease: '', subnet: '', mtu: '', bridge: '', bridgeMtu: '' };
  const node = { registered: true, kubelet: '', runtime: '', podCIDR: '' };

  it('where everything is', () => expect(isHealthy(good)).toBe(true));

  it.each<readonly [string, Partial<ClusterStatus>]>([
    ['a component', { hosts: [{ ...host, components: [{ unit: 'x', state: 'failed', healthy: false }] }] }],
    ['a host', { hosts: [...good.hosts, { ...host, components: [], unreachable: 'refused' }] }],
    ['an etcd member', { members: [{ name: 'h1', healthy: false, version: '', leader: false, dbMiB: 0 }] }],
    ['a node', { nodes: [...good.nodes, { ...node, name: 'h2', ready: false }] }],
    ['a node that never came', { nodes: [...good.nodes, { ...node, name: 'h2', registered: false, ready: false }] }],
    ['the bridge of a container host', { containers: [{ ...lease, wrong: ['docker0 has no address'] }] }],
    ['the apiserver', { nodes: [], unreachable: 'h1: down' }],
  ])('unless %s is not', (_what, change) => expect(isHealthy({ ...good, ...change })).toBe(false));
});
