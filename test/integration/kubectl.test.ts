import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import { statePaths } from '../../src/cli/state.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import { networkPlugins } from '../../src/network/network.ts';
import { openClusterPki } from '../../src/pki/index.ts';
import { noFakeHost } from '../support/fake-executor.ts';
import { startSshd } from '../support/sshd.ts';
import type { TestSshd } from '../support/sshd.ts';

/** A stand-in for kubectl, which notes its process where a test looks for it. */
const program = (dir: string): string => `#!/bin/sh
case $* in
  *'get --raw /readyz'*) echo ok ;;
  *watch*) echo $$ > ${dir}/pid; echo first; exec sleep 100 ;;
  *lines*) i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo "line $i"; done ;;
  *refused*) echo no >&2; exit 3 ;;
  *) echo "\${*#*/cache }"; cat ;;
esac
`;

describe.skipIf(noFakeHost !== undefined)('k8sup kubectl', () => {
  let sshd: TestSshd;
  let dir: string;
  let inventory: string;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'k8sup-kubectl-'));
    const bin = join(dir, 'opt/k8sup/bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'kubectl'), program(dir));
    chmodSync(join(bin, 'kubectl'), 0o755);
    // The host has an /opt of its own, in which k8sup's kubectl is.
    const enter = `mount --bind ${dir}/opt /opt && eval "$SSH_ORIGINAL_COMMAND"`;
    sshd = await startSshd({ config: [`ForceCommand unshare -m --propagation private /bin/sh -c '${enter}'`] });
    inventory = join(dir, 'inventory.yaml');
    writeInventory(sshd.port);
    const read = await loadInventory(inventory, networkPlugins);
    await openClusterPki(statePaths(read).pki, read);
  });
  afterEach(() => writeInventory(sshd.port));
  beforeEach(() => rmSync(join(dir, 'pid'), { force: true }));
  afterAll(async () => {
    await sshd.stop();
    rmSync(dir, { recursive: true });
  });

  /** The first master is one that nobody answers for. */
  function writeInventory(port: number): void {
    const ssh = (own: number): string =>
      `{ hostName: 127.0.0.1, port: ${String(own)}, privateKey: ${sshd.privateKey}, knownHosts: ${sshd.knownHosts} }`;
    writeFileSync(
      inventory,
      `cluster: { name: one, controlPlaneEndpoint: "192.0.2.10:6443" }
hosts:
  - { name: m1, address: 192.0.2.11, roles: [etcd, master], ssh: ${ssh(1)} }
  - { name: m2, address: 192.0.2.12, roles: [master, node], ssh: ${ssh(port)} }
`,
    );
  }

  async function kubectl(args: readonly string[], given: { input?: Readable; onText?: () => void } = {}) {
    let [out, err] = ['', ''];
    const to = (add: (text: string) => void): Writable =>
      new Writable({
        write: (chunk, _encoding, done) => {
          add(String(chunk));
          done();
        },
      });
    const io = {
      out: to((text) => {
        out += text;
        given.onText?.();
      }),
      err: to((text) => (err += text)),
      in: given.input ?? Readable.from([]),
      env: {},
    };
    const code = await runCli(['kubectl', '-i', inventory, '--', ...args], io);
    return { code, out, err };
  }

  const pid = (): string => readFileSync(join(dir, 'pid'), 'utf8').trim();
  const isGone = (): Promise<void> => expect.poll(() => existsSync(`/proc/${pid()}`), { timeout: 20_000 }).toBe(false);

  test('goes by a master that answers, and closes what it opened', async () => {
    const sockets = (): number => process.getActiveResourcesInfo().filter((name) => /^(TCP|Pipe)/.test(name)).length;
    const before = sockets();
    expect(await kubectl(['get', 'nodes'])).toEqual({ code: 0, out: 'get nodes\n', err: '' });
    await expect.poll(sockets).toBe(before);
  });

  test('names all masters where none answers', async () => {
    writeInventory(2);
    const { code, err } = await kubectl(['get', 'nodes']);
    expect(code).toBe(11);
    expect(err).toMatch(/NO_MASTER_REACHED.*\n.*m1 .*cannot be reached\n.*m2 .*cannot be reached/);
  });

  test("has kubectl's exit code and last words", async () => {
    expect(await kubectl(['refused'])).toEqual({ code: 3, out: '', err: 'no\n' });
  });

  test('reads its input where kubectl wants it', async () => {
    const input = Readable.from([Buffer.from('kind: '), Buffer.from('Pod\n')]);
    expect((await kubectl(['apply', '-f', '-'], { input })).out).toBe('apply -f -\nkind: Pod\n');
  });

  test('leaves its input alone where kubectl does not, also one that never ends', async () => {
    const input = new PassThrough();
    input.write('for somebody else\n');
    expect((await kubectl(['get', 'nodes'], { input })).out).toBe('get nodes\n');
    expect(String(input.read())).toBe('for somebody else\n');
  });

  test('gives every line of long output', async () => {
    const { out } = await kubectl(['lines']);
    expect(out.split('\n').slice(-3)).toEqual(['line 19999', 'line 20000', '']);
  });

  test('ends on the host too after Ctrl-C', async () => {
    const { code } = await kubectl(['watch'], { onText: () => process.emit('SIGINT', 'SIGINT') });
    expect(code).toBe(130);
    await isGone();
  });

  test('ends on the host too when nobody reads it any more (`| head`)', async () => {
    const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const out = new Writable({ write: (_chunk, _encoding, done) => done(gone) });
    const io = { out, err: new PassThrough(), in: Readable.from([]), env: {} };
    expect(await runCli(['kubectl', '-i', inventory, '--', 'watch'], io)).toBe(0);
    await isGone();
  });
});
