import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRequests, labKubectl } from '../../support/create-requests.ts';
import { csrJson, joiningClient, kubeletDer, kubeletSubject, pemOf, requestDer, servingOf } from '../../support/csr.ts';
import { hostileRequests } from '../../support/hostile-requests.ts';
import { bootLab, good, noLab } from '../../support/lab.ts';
import type { LabHandle } from '../../support/lab.ts';
import { waitUntil } from '../../support/observe.ts';

const unit = 'k8sup-csr-approver.service';
const hostile = hostileRequests(['h1', 'h2'], ['10.88.0.11', '10.88.0.12']);

/** Of different hosts and for different purposes. */
const rightful = [
  { ...servingOf('h1'), name: 'good-h1', requestPem: pemOf(kubeletDer('h1', ['h1', '10.88.0.11'])) },
  { ...servingOf('h2'), name: 'good-h2', requestPem: pemOf(kubeletDer('h2', ['10.88.0.12'])) },
  {
    ...servingOf('h2'),
    name: 'good-h2-client',
    signerName: joiningClient.signerName,
    usages: joiningClient.usages,
    requestPem: pemOf(requestDer({ subject: kubeletSubject('h2') })),
  },
];

/** What the apiserver does not even store, and why: Go's parser, the request's own signature, NodeRestriction, its list of usages. */
const refusedByApiserver = {
  'bad-attribute-twice': /duplicate requested extensions/,
  'bad-by-another-node': /can only create a node CSR with CN=system:node:h1/,
  'bad-byte-behind': /trailing data/,
  'bad-client-by-another-node': /can only create a node CSR with CN=system:node:h2/,
  'bad-cn-of-another': /can only create a node CSR with CN=system:node:h2/,
  'bad-endless-length': /indefinite length/,
  'bad-long-length': /superfluous leading zeros in length/,
  'bad-names-twice': /duplicate requested extensions/,
  'bad-no-request': /PEM block type must be CERTIFICATE REQUEST/,
  'bad-other-key': /ECDSA verification failure/,
  'bad-other-label': /PEM block type must be CERTIFICATE REQUEST/,
  'bad-san-network': /cannot parse IP address of length 8/,
  'bad-san-unicode': /dNSName is malformed/,
  'bad-sha-1': /verification error/,
  'bad-usage-unknown': /supported values/,
} as const;

interface CsrList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly signerName: string; readonly username: string };
    readonly status: {
      readonly conditions?: readonly { readonly type: string; readonly reason?: string }[];
      readonly certificate?: string;
    };
  }[];
}

describe.skipIf(noLab !== undefined)(
  `certificate requests of kubelets${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let lab: LabHandle;
    const requests = async () => (JSON.parse(await lab.kubectl('get', 'csr', '-o', 'json')) as CsrList).items;
    const named = async (name: string) => (await requests()).find(({ metadata }) => metadata.name === name);
    const journal = (): Promise<string> => lab.ssh('h1', `journalctl -u ${unit} -o cat --no-pager`);
    const apply = () => lab.k8sup('apply', lab.inventory, '-o', 'json', '--no-verify');

    beforeAll(async () => {
      lab = await bootLab('e2e-csr', 2, 'newest');
      good(await apply());
    });
    afterAll(() => lab.down());

    test('a kubelet that needs another serving certificate gets it without k8sup', async () => {
      const file = '/var/lib/kubelet/pki/kubelet-server-current.pem';
      const earlier = (await requests()).map(({ metadata }) => metadata.name);
      const before = await lab.ssh('h2', `openssl x509 -noout -serial -in ${file}`);
      await lab.ssh('h2', `rm -f /var/lib/kubelet/pki/kubelet-server-*; systemctl restart kubelet.service`);
      await waitUntil(async () => (await lab.ssh('h2', `[ ! -s ${file} ] || echo there`)).trim() === 'there', 150);
      expect(await lab.ssh('h2', `openssl x509 -noout -serial -in ${file}`)).not.toBe(before);
      const served = 'echo | openssl s_client -connect 10.88.0.12:10250 2>/dev/null | openssl x509 -noout -serial';
      expect(await lab.ssh('h1', served)).toBe(await lab.ssh('h2', `openssl x509 -noout -serial -in ${file}`));
      const made = (await requests()).filter(
        ({ metadata, spec }) => spec.signerName === servingOf().signerName && !earlier.includes(metadata.name),
      );
      expect(made.map(({ spec, status }) => [spec.username, status.conditions?.map(({ reason }) => reason)])).toEqual([
        ['system:node:h2', ['K8supApprover']],
      ]);
      expect(await journal()).toMatch(/^approved csr-\S+ of h2$/m);
    });

    test('it runs as nobody, and the key that signs is not for it', async () => {
      const pid = (await lab.ssh('h1', `systemctl show -p MainPID --value ${unit}`)).trim();
      const status = await lab.ssh('h1', `cat /proc/${pid}/status`);
      expect(status).toMatch(/^Uid:\t(?!0\t)\d+\t/m);
      expect(status).toMatch(/^CapBnd:\t0+$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      const as = /^Uid:\t(\d+)/m.exec(status)?.[1] ?? '';
      for (const path of ['/etc/kubernetes/pki/ca.key', '/etc/kubernetes/csr-approver.kubeconfig'])
        expect(await lab.ssh('h1', `setpriv --reuid ${as} --clear-groups cat ${path} 2>&1 || :`)).toContain('denied');
    });

    test('hostile requests stay pending, each told with its reason by k8sup and on the master; those of kubelets are issued beside them', async () => {
      const asked = [...hostile.map(({ object }) => object), ...rightful];
      const refused = await createRequests(labKubectl(lab), asked);
      expect([...refused.keys()].sort()).toEqual(Object.keys(refusedByApiserver).sort());
      for (const [name, why] of Object.entries(refusedByApiserver)) expect(refused.get(name), name).toMatch(why);
      const stored = hostile.filter(({ object }) => !refused.has(object.name));
      expect(stored.length).toBeGreaterThanOrEqual(25);
      await waitUntil(async () => {
        const items = await requests();
        const issued = items.filter(
          ({ metadata, status }) => /^good-/.test(metadata.name) && status.certificate !== undefined,
        );
        return issued.length === rightful.length;
      }, 120);
      expect(await named('good-h1')).toMatchObject({ status: { conditions: [{ reason: 'K8supApprover' }] } });
      const result = await apply();
      good(result);
      const warnings = result.events.flatMap((event) => (event.type === 'warning' ? [event.text] : []));
      const said = await journal();
      for (const { object, reason } of stored) {
        const warning = warnings.find((text) => text.includes(`certificate request ${object.name} of `));
        expect(warning, object.name).toMatch(reason);
        if (object.signerName === servingOf().signerName) expect(said).toContain(`left pending: "${object.name}" of `);
      }
      const items = await requests();
      const names = stored.map(({ object }) => object.name);
      const decided = items.filter(
        ({ metadata, status }) => names.includes(metadata.name) && status.conditions !== undefined,
      );
      expect(decided.map(({ metadata }) => metadata.name)).toEqual([]);
      await lab.kubectl('delete', 'csr', ...names);
    });

    test("a kubelet's own credentials ask for no certificate of another host, and the approver's for none at all", async () => {
      const createAs = async (kubeconfig: string, name: string): Promise<string> => {
        const pem = pemOf(kubeletDer('h1', ['h1', '10.88.0.12']));
        const { request, signerName, usages } = csrJson({ ...servingOf('h1'), requestPem: pem }).spec;
        const object = {
          apiVersion: 'certificates.k8s.io/v1',
          kind: 'CertificateSigningRequest',
          metadata: { name },
          spec: { request, signerName, usages },
        };
        return lab.ssh(
          'h1',
          `/opt/k8sup/bin/kubectl --kubeconfig ${kubeconfig} create -f - 2>&1 <<'EOF' || :\n${JSON.stringify(object)}\nEOF`,
        );
      };
      expect(await createAs('/etc/kubernetes/csr-approver.kubeconfig', 'bad-by-approver')).toMatch(/forbidden/);
      expect(await createAs('/etc/kubernetes/kubelet.kubeconfig', 'bad-by-kubelet')).toMatch(/created/);
      await waitUntil(async () => (await journal()).includes('"bad-by-kubelet" of "system:node:h1"'), 90);
      expect((await named('bad-by-kubelet'))?.status.conditions).toBeUndefined();
      await lab.kubectl('delete', 'csr', 'bad-by-kubelet');
    });

    test('status tells when the approver does not run, apply starts it again, and clean takes it away', async () => {
      await lab.ssh('h1', `systemctl stop ${unit}`);
      const status = await lab.k8sup('status', lab.inventory);
      expect(status.stdout).toMatch(/k8sup-csr-approver\.service.*inactive/);
      expect(good(await apply())).toMatchObject({ ok: true });
      expect(await lab.ssh('h1', `systemctl is-active ${unit}`)).toMatch(/^active/);
      expect(good(await apply())).toMatchObject({ changed: 0, restarted: 0 });
      good(await lab.k8sup('clean', lab.inventory, '--yes', '-o', 'json'));
      const left = `ls -d /etc/kubernetes /opt/k8sup/lib /run/k8sup-csr-approver /etc/systemd/system/${unit} 2>/dev/null || :`;
      expect(await lab.ssh('h1', left)).toBe('');
    });
  },
);
