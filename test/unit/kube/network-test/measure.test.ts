import { describe, expect, it } from 'vitest';
import { countersScript, parseCounters } from '../../../../src/kube/network-test/counters.ts';
import { hostScript, parsePacket } from '../../../../src/kube/network-test/from-host.ts';
import { fastest, parseSaid, podScript, resolvesTo, seenAddress } from '../../../../src/kube/network-test/from-pod.ts';
import { nodeResult } from '../../../../src/kube/network-test/node-result.ts';
import { pathResult, pathsOf } from '../../../../src/kube/network-test/paths.ts';
import { parsePolicy } from '../../../../src/kube/network-test/policy.ts';
import { parseThroughput, throughputScript } from '../../../../src/kube/network-test/throughput.ts';
import type { Sh } from '../../../../src/shell/sh.ts';
import { fakeHost, noFakeHost } from '../../../support/fake-executor.ts';
import type { FakeHost } from '../../../support/fake-executor.ts';
import { inventory } from '../fixture.ts';
import { pods, spec } from './fixture.ts';

const [pod1, pod2] = pods as readonly [(typeof pods)[0] & object, (typeof pods)[0] & object];

describe('what is said', () => {
  it('is read line by line, without what a shell may print and without control characters', () => {
    const said = parseSaid('motd\n@@k8sup ping 0 one\n@@k8sup ping 0 two \u001b[2J\n@@k8sup pod 1 \n@@k8sup dns\n');
    expect([...said]).toEqual([
      ['ping 0', ['one', 'two \\x1b[2J']],
      ['pod 1', ['']],
    ]);
  });

  it.each([
    ['HTTP/1.1 200 OK  Content-Type: text/plain    saw [::ffff:10.244.1.3]', '10.244.1.3'],
    ['HTTP/1.0 200 OK saw 10.244.1.3', '10.244.1.3'],
    ['saw 10.244.1.3:40112', '10.244.1.3'],
    ['saw [fd00:10:244::5]', 'fd00:10:244::5'],
    ['HTTP/1.0 404 Not Found', undefined],
  ])('tells who was seen: %s', (text, address) => expect(seenAddress(text)).toBe(address));

  it('has the fastest ping', () => {
    const answer = (time: string): string => `PING x 64 bytes from x: seq=0 ttl=62 time=${time} ms --- x ---`;
    expect(fastest([answer('0.412'), 'PING x 100% packet loss', answer('0.398')])).toBe(0.398);
    expect(fastest(['PING x 100% packet loss'])).toBeUndefined();
  });

  it.each([
    ['Server: 10.96.0.10 Address: 10.96.0.10:53   Name: kubernetes Address: 10.96.0.1', true],
    [
      'Server: 10.96.0.10 Address 1: 10.96.0.10 kube-dns  Name: kubernetes Address 1: 10.96.0.1 kubernetes.default',
      true,
    ],
    ['Server: 10.96.0.1 Address: 10.96.0.1:53   ** server can not find kubernetes', false],
    ['Server: 10.96.0.10 Address: 10.96.0.10:53   Name: kubernetes Address: 10.96.0.11', false],
  ])('has a name with its address: %s', (text, found) => expect(resolvesTo(text, '10.96.0.1')).toBe(found));

  it('has figures, and none of what was broken off', () => {
    expect(parseThroughput('@@k8sup rate 0 67443137 15\n@@k8sup rate 1 5000 200\n@@k8sup rate 2 67108864 0\n')).toEqual(
      new Map([
        ['0', 449.6],
        ['2', 6710.9],
      ]),
    );
    expect(parsePacket('1450 1450')).toEqual({ largest: 1450, wanted: 1450 });
    expect([parsePacket('0 1450'), parsePacket(undefined), parsePacket('x')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('of a policy is good where it denies and then allows', () => {
    expect(parsePolicy('deny closed\nallow open\n', 20)).toMatchObject({ deny: { ok: true }, allow: { ok: true } });
    expect(parsePolicy('deny open\nallow closed\n', 20)).toMatchObject({ deny: { ok: false }, allow: { ok: false } });
    expect(parsePolicy('', 20)).toMatchObject({ deny: { ok: false }, allow: { ok: false } });
  });
});

describe('paths', () => {
  const pairs = [
    { from: 'node1', to: 'node2' },
    { from: 'node1', to: 'node1' },
    { from: 'node1', to: 'gone' },
  ];

  it('are there for nodes with a pod, once for each family that both have', () => {
    expect(pathsOf(pairs, pods)).toMatchObject([
      { key: '0', family: 4, own: '10.244.0.5', address: '10.244.1.7', service: '10.96.1.2' },
      { key: '1', family: 4, to: 'node1', service: '10.96.1.1' },
    ]);
    expect(pathsOf(pairs, pods, false)).toMatchObject([{ key: '0', to: 'node2', service: undefined }]);
    const dual = pods.map((pod, index) => ({ ...pod, addresses: [...pod.addresses, `fd00::${index}`] }));
    expect(pathsOf(pairs.slice(0, 1), dual)).toMatchObject([
      { key: '0', family: 4 },
      { key: '1', family: 6, own: 'fd00::0', address: 'fd00::1', service: undefined },
    ]);
  });

  const [across, own] = pathsOf(pairs, pods) as [
    ReturnType<typeof pathsOf>[0] & object,
    ReturnType<typeof pathsOf>[0] & object,
  ];
  const fromPod = parseSaid(`@@k8sup ping 0 time=0.412 ms
@@k8sup pod 0 saw 10.244.0.5
@@k8sup service 0 saw 10.244.0.5
@@k8sup hops 0 10.244.0.1 10.244.1.0 10.244.1.7
@@k8sup service 1 saw 10.244.0.1`);
  const fromHost = parseSaid(`@@k8sup host 0 saw 10.244.0.0
@@k8sup route 0 10.244.1.7 via 10.244.1.0 dev flannel.1 src 10.244.0.0 uid 0
@@k8sup packet 0 1450 1450
@@k8sup host 1 saw 10.244.0.1
@@k8sup route 1 10.244.0.5 dev cni0 src 10.244.0.1`);

  it('have all that was said of them', () => {
    expect(pathResult(spec, across, fromPod, fromHost)).toEqual({
      from: 'node1',
      to: 'node2',
      family: 4,
      podToPod: { ok: true, said: 'seen as 10.244.0.5', ms: 0.412, seen: '10.244.0.5' },
      podToService: { ok: true, said: 'seen as 10.244.0.5' },
      hostToPod: { ok: true, said: 'seen as 10.244.0.0' },
      hops: ['10.244.0.1', '10.244.1.0'],
      way: { found: 'tunnel', wanted: 'tunnel', device: 'flannel.1' },
      packet: { largest: 1450, wanted: 1450 },
    });
  });

  it('from a node to itself are of its Service and its host alone; the way back hides the pod there', () => {
    expect(pathResult(spec, own, fromPod, fromHost)).toEqual({
      from: 'node1',
      to: 'node1',
      family: 4,
      podToService: { ok: true, said: 'seen as 10.244.0.1' },
      hostToPod: { ok: true, said: 'seen as 10.244.0.1' },
      hops: [],
    });
  });

  it('are bad where nothing was said, or another address was seen', () => {
    const empty = new Map<string, readonly string[]>();
    expect(pathResult(spec, across, empty, empty)).toMatchObject({ podToPod: { ok: false }, hostToPod: { ok: false } });
    const hidden = new Map([...fromPod, ['pod 0', ['saw 10.0.0.1']], ['service 0', ['saw 10.0.0.1']]] as const);
    expect(pathResult(spec, across, hidden, fromHost)).toMatchObject({
      podToPod: { ok: false, seen: '10.0.0.1' },
      podToService: { ok: false },
    });
  });
});

describe('a node', () => {
  const receivers = [
    { node: 'node1', address: '10.0.0.1', port: 20_000 },
    { node: 'node2', address: '10.0.0.2', port: 20_000 },
  ];
  const dns = '@@k8sup dns . Server: 10.96.0.10 Name: x Address: 10.96.0.1\n';
  const result = (said: string, nonMasqueradeCIDRs: readonly string[] = [], masquerades = true) =>
    nodeResult({ inventory, masquerades, nonMasqueradeCIDRs, receivers }, pod1, { said: parseSaid(said) });

  it('is hidden behind its address for another one, unless that should see its pods', () => {
    const hidden = `${dns}@@k8sup node . saw 10.0.0.1`;
    const shown = `${dns}@@k8sup node . saw 10.244.0.5`;
    expect(result(hidden)).toMatchObject({
      dns: { ok: true },
      masquerade: { ok: true, to: 'node2', seen: '10.0.0.1' },
    });
    expect(result(shown)).toMatchObject({ masquerade: { ok: false, wanted: true } });
    expect(result(shown, ['10.0.0.0/24'])).toMatchObject({ masquerade: { ok: true, wanted: false } });
    expect(result(hidden, ['10.0.0.0/24'])).toMatchObject({ masquerade: { ok: false, wanted: false } });
    expect(result(dns)).toMatchObject({ masquerade: { ok: false } });
    expect(result(shown, [], false)).toMatchObject({ masquerade: { ok: true, seen: '10.244.0.5' } });
    expect(result(hidden, [], false).masquerade).not.toHaveProperty('wanted');
    expect(result('@@k8sup node . saw 10.0.0.1')).not.toHaveProperty('dns');
  });

  it('whose pod could not be asked is not tested', () => {
    expect(nodeResult({ ...spec, inventory, receivers }, pod1, { reason: 'refused' })).toEqual({
      name: 'node1',
      absent: 'its test pod could not be asked: refused',
    });
  });

  it('without another one has nobody to ask', () => {
    const alone = nodeResult({ ...spec, inventory, receivers: [] }, pod1, { said: parseSaid(dns) });
    expect(alone).not.toHaveProperty('masquerade');
  });
});

describe.skipIf(noFakeHost !== undefined)('the scripts', () => {
  const said = async (host: FakeHost, script: Sh) => parseSaid(await host.sh(script.sh));

  it('of a pod ask again while a server starts, and give up at once where no ping came back', async () => {
    using host = fakeHost();
    host.program('sleep', ':');
    // A clock that stands still: what comes at the second look comes in time, however long the looks take here.
    host.program('date', 'echo 0');
    host.program('ping', 'case $* in *10.244.1.7) echo "64 bytes time=0.4 ms" ;; *) exit 1 ;; esac');
    host.program('timeout', 'shift; exec "$@"');
    host.program(
      'nc',
      `echo "$3 $4" >> /run/asked; [ "$(grep -c "^$3 " /run/asked)" -ge 2 ] || exit 1; printf 'HTTP/1.0 200 OK\\r\\n\\r\\nsaw 10.244.0.5\\n'`,
    );
    host.program('traceroute', 'printf "traceroute to x\\n 1  10.244.0.1  0.1 ms\\n 2  *\\n 3  10.244.1.7  0.1 ms\\n"');
    host.program('nslookup', 'printf "Server: x\\nName: %s\\nAddress: 10.96.0.1\\n" "$1"');
    const script = podScript({
      targets: [
        { key: '0', address: '10.244.1.7', service: '10.96.1.2', direct: true },
        { key: '1', address: '10.244.2.9', service: undefined, direct: true },
        { key: '2', address: '10.244.0.5', service: '10.96.1.1', direct: false },
      ],
      dnsName: 'kubernetes.default.svc.cluster.local',
      receiver: { address: '10.0.0.2', port: 20_000 },
    });
    // The file that pods send, which the host has nowhere else.
    const told = await said(host, {
      sh: `mkdir -p /run/t; : > /run/t/who\n${script.sh.replaceAll('/tmp/who', '/run/t/who')}`,
    });
    expect(told.get('ping 0')).toHaveLength(3);
    expect(told.get('pod 0')?.[0]).toContain('saw 10.244.0.5');
    expect(told.get('service 0')?.[0]).toContain('saw');
    expect(told.get('hops 0')).toEqual(['10.244.0.1 10.244.1.7']);
    expect(told.get('pod 1')).toEqual(['']);
    expect(told.has('hops 1')).toBe(false);
    expect(told.has('ping 2')).toBe(false);
    expect(told.get('service 2')?.[0]).toContain('saw');
    expect(told.get('dns .')?.[0]).toContain('10.96.0.1');
    expect(told.get('node .')?.[0]).toContain('saw');
    expect(host.read('/run/asked').match(/10\.244\.2\.9/g)).toHaveLength(1);
  });

  it('of a host halve their way to the largest packet, in the network of the pod', async () => {
    using host = fakeHost();
    host.program('grep', 'case $* in *-lsE*aaaa[*) echo /proc/41/cgroup ;; *) exec /usr/bin/grep "$@" ;; esac');
    host.program('curl', 'printf "saw 10.244.0.0\\r\\n"');
    host.program('nsenter', 'echo "$*" >> /run/entered; shift 3; exec "$@"');
    host.program(
      'ip',
      'case $* in *link*) echo "2: eth0@if6: <UP> mtu 1450 qdisc noqueue" ;; *) echo "$4 dev flannel.1 src x" ;; esac',
    );
    host.program(
      'ping',
      'while [ $# -gt 1 ]; do [ "$1" != -s ] || size=$2; shift; done; case $1 in 10.244.1.7) most=1326 ;; 10.244.1.8) most=1422 ;; *) most=0 ;; esac; [ "$size" -le "$most" ]',
    );
    const targets = ['10.244.1.7', '10.244.1.8', '10.244.1.9'].map((address, index) => ({
      ...{ key: String(index), address, packets: true },
    }));
    const told = await said(host, hostScript({ ...pod1, uid: 'aaaa-bbbb' }, targets));
    expect(told.get('packet 0')).toEqual(['1354 1450']);
    expect(told.get('packet 1')).toEqual(['1450 1450']);
    expect(told.get('packet 2')).toEqual(['0 1450']);
    expect(told.get('route 0')?.[0]).toContain('dev flannel.1');
    expect(told.get('host 0')).toEqual(['saw 10.244.0.0']);
    expect(host.read('/run/entered')).toMatch(/^-t 41 -n /);
  });

  it('of a host count nothing of a pod that is not there, and all of the host', async () => {
    using host = fakeHost();
    const counters = parseCounters(await host.sh(`${countersScript(pod2, undefined, 4).sh}\n`));
    expect(Object.keys(counters)).toEqual(['pathFiltered']);
    host.program('grep', 'case $* in *-lsE*) echo "/proc/$$/cgroup" ;; *) exec /usr/bin/grep "$@" ;; esac');
    const own = `${countersScript(pod2, 'lo', 4).sh.replaceAll('/proc/$pod/net', '/proc/net')}\n`;
    expect(parseCounters(await host.sh(own))).toEqual({
      tunnelSent: expect.any(Number) as number,
      tunnelReceived: expect.any(Number) as number,
      ...{ pathFiltered: 0, pings: 0, answers: 0, answered: 0 },
    });
  });

  it('of throughput count bytes and hundredths of a second', async () => {
    using host = fakeHost();
    host.program('timeout', ':');
    const script = throughputScript([{ key: '4', address: '10.244.1.7' }]).sh;
    const printed = await host.sh(script.replaceAll('/eth0/', '/lo/').replaceAll('/tmp/send', '/dev/null'));
    expect(printed).toMatch(/^@@k8sup rate 4 \d+ \d+\n$/);
  });
});
