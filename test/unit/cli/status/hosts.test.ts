import { describe, expect, it } from 'vitest';
import { readHostStatus } from '../../../../src/cli/status/hosts.ts';
import type { Session } from '../../../../src/cli/session.ts';
import type { Host } from '../../../../src/inventory/model.ts';
import { noFakeHost } from '../../../support/fake-executor.ts';
import { factsOf, inventoryOf } from '../../components/fixture.ts';
import { testRun } from '../../engine/fixture.ts';
import { hasOpenssl } from '../../pki/fixture.ts';

const one = inventoryOf('{ cluster: { name: one }, hosts: [{ name: h1, address: 192.0.2.11 }] }');

describe.skipIf(noFakeHost !== undefined || !hasOpenssl)("a host's status", () => {
  it("has the lives of its kubelet's certificates, as many as there are", async () => {
    using run = testRun({}, one);
    const host = run.host('h1');
    const session = {
      connection: (of: Host) => run.context.executor(of),
      facts: () => factsOf({ os: 'Debian', kernel: '6.1', cpus: 2, memoryMiB: 4096 }),
    } as unknown as Session;
    const certificates = async () =>
      (await readHostStatus(run.context, session, [])).map(({ kubeletCertificates }) => kubeletCertificates);
    expect(await certificates()).toEqual([[]]);
    await host.sh(`mkdir -p /var/lib/kubelet/pki; cd /var/lib/kubelet/pki
openssl req -x509 -config /dev/null -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -days 30 -keyout key -out cert 2>/dev/null
cat cert key > kubelet-server-current.pem`);
    const [[server, ...others] = []] = await certificates();
    expect(others).toEqual([]);
    expect(server?.name).toBe('kubelet-server');
    expect((server?.notAfter.getTime() ?? 0) - (server?.notBefore.getTime() ?? 0)).toBe(30 * 86_400_000);
  });
});
