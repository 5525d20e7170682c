import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { watchProcesses } from '../../support/watch-processes.ts';
import { bootLab, good, noLab } from '../../support/lab.ts';
import type { K8supRun, LabHandle } from '../../support/lab.ts';

const sudoPassword = 'Marker-sudo-5b1e07c2';
const registryPassword = 'Marker-registry-9d40aa31';

describe.skipIf(noLab !== undefined)(`secrets of a full apply${noLab === undefined ? '' : ` (${noLab})`}`, () => {
  let lab: LabHandle;
  let state: string;
  let told: string;
  let seen: ReadonlySet<string>;
  /** Made by the run itself, so they are known only after it. */
  let markers: readonly Marker[];

  beforeAll(async () => {
    lab = await bootLab('e2e-secrets', 1, 'newest');
    state = join(lab.dir, '.k8sup', 'e2e-secrets');
    const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: sudoPassword, encoding: 'utf8' }).trim();
    await lab.ssh(
      'h1',
      `echo 'ops:${hash}' | chpasswd -e && echo 'ops ALL=(ALL:ALL) ALL' > /etc/sudoers.d/ops && touch /run/before`,
    );
    const secret = (name: string, text: string): string => {
      writeFileSync(join(lab.dir, name), `${text}\n`, { mode: 0o600 });
      return join(lab.dir, name);
    };
    lab.edit(({ cluster, hosts }) => {
      const passwordFile = secret('registry.password', registryPassword);
      const credentials = [{ registry: 'registry.example.com', username: 'puller', passwordFile }];
      cluster['runtime'] = { ...cluster['runtime'], credentials };
      const ssh = { user: 'ops', becomePasswordFile: secret('sudo.password', sudoPassword) };
      for (const host of hosts) Object.assign(host, { ssh });
    });
    const watch = watchProcesses();
    const runs: K8supRun[] = [];
    for (const command of [
      ['plan', lab.inventory, '--diff'],
      ['plan', lab.inventory, '-o', 'json', '--diff'],
      ['apply', lab.inventory, '-o', 'json', '--diff'],
      ['apply', lab.inventory, '--verbose', '--diff', '--no-verify'],
      ['status', lab.inventory],
      ['report', '-i', lab.inventory, '--out', join(lab.dir, 'report.html')],
    ])
      runs.push(await lab.k8sup(...command));
    seen = watch.stop();
    runs.forEach((result) => {
      if (result.exitCode !== 0) good(result);
    });
    told = runs.map(({ stdout, stderr }) => stdout + stderr).join('\n');
    markers = [
      ...marksOf('sudo password', sudoPassword),
      ...marksOf('registry password', registryPassword),
      { name: 'registry login', text: base64(`puller:${registryPassword}`) },
      ...filesBelow(join(state, 'pki'))
        .filter((file) => /(-key\.pem|\.key)$/.test(file))
        .flatMap((file) => marksOf(file.slice(state.length + 1), readFileSync(file, 'utf8'))),
    ];
  });
  afterAll(() => lab.down());

  test('there are markers, and processes of k8sup and of hosts were seen', async () => {
    expect(markers.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'registry login',
        'pki/encryption.key',
        'pki/admin-key.pem',
        'pki/kubernetes-ca-key.pem',
      ]),
    );
    const lines = [...seen].join('\n');
    expect(lines).toContain('dist/src/main.js');
    expect(lines).toContain('/kube-apiserver');
    // The search below would find what is there.
    const login = await lab.ssh('h1', `grep -c '${base64(`puller:${registryPassword}`)}' /var/lib/kubelet/config.json`);
    expect(login.trim()).toBe('1');
  });

  test('none is in an argument or in the environment of a process, on the hosts or here', () => {
    expect([...seen].flatMap((text) => found(markers, text))).toEqual([]);
    // This run's tokens are random, so they are known by their form.
    expect([...seen].filter((text) => text.includes('e2e-secrets') && bootstrapToken.test(text))).toEqual([]);
  });

  test('none is in an output, a journal of a run, or a report', () => {
    const files = [join(lab.dir, 'report.html'), ...filesBelow(join(state, 'logs'))];
    // The report, and the journals of both applies.
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const text of [told, ...files.map((file) => readFileSync(file, 'utf8'))]) {
      expect(text).not.toMatch(/PRIVATE KEY-----\s+[A-Za-z0-9]/);
      expect(found(markers, text)).toEqual([]);
    }
  });

  test('here, they are only in files for their owner alone, and in no temporary one', () => {
    const open = filesBelow(lab.dir).filter((file) => (statSync(file).mode & 0o077) !== 0);
    expect(open.filter((file) => found(markers, readFileSync(file, 'utf8')).length > 0)).toEqual([]);
    const temporary = readdirSync(tmpdir(), { withFileTypes: true })
      .filter((entry) => entry.name.includes('k8sup') && join(tmpdir(), entry.name) !== lab.dir)
      .flatMap((entry) => {
        const path = join(tmpdir(), entry.name);
        return entry.isFile() ? [path] : entry.isDirectory() ? filesBelow(path) : [];
      })
      .filter((file) => (statSync(file, { throwIfNoEntry: false })?.size ?? Infinity) < 2 ** 20);
    expect(temporary.filter((file) => found(markers, readFileSync(file, 'utf8')).length > 0)).toEqual([]);
  });

  test('on a host, they are only in files of root alone, and in neither journal, log nor temporary file', async () => {
    const listed = await lab.ssh('h1', searchHost(markers.map(({ text }) => text)));
    const lines = listed.trim().split('\n');
    const mode = (line: string): number => parseInt(line.split(' ')[0] ?? '', 8);
    expect(lines.at(-1)).toBe('journal 0');
    const files = lines.slice(0, -1);
    expect(files).toContainEqual(expect.stringMatching(/^600 root \/var\/lib\/kubelet\/config\.json$/));
    expect(files.filter((line) => (mode(line) & 0o077) !== 0 || !line.includes(' root '))).toEqual([]);
    expect(files.filter((line) => / \/(tmp|run|dev\/shm|var\/(tmp|log))\//.test(line))).toEqual([]);
  });
});

interface Marker {
  readonly name: string;
  readonly text: string;
}

const bootstrapToken = /(?<![A-Za-z0-9.])[a-z0-9]{6}\.[a-z0-9]{16}(?![A-Za-z0-9.])/;

/** A secret as it is and as kubeconfigs hold it; of a key the part that no other key has. */
function marksOf(name: string, text: string): readonly Marker[] {
  const trimmed = text.trim();
  const lines = trimmed.split('\n');
  const plain = lines.length < 3 ? trimmed : (lines[2] ?? '').slice(0, 40);
  const encoded = base64(text);
  return [
    { name, text: plain },
    {
      name: `${name} in base64`,
      text: lines.length < 3 ? base64(trimmed).replace(/=+$/, '').slice(0, -1) : encoded.slice(120, 180),
    },
  ];
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Names of the secrets in a text: the secrets themselves are kept out of a failure. */
function found(markers: readonly Marker[], text: string): readonly string[] {
  return markers.filter((marker) => text.includes(marker.text)).map(({ name }) => name);
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Prints mode, owner and path of each file with a secret that was written since the start, and how many lines of the journal have one. */
function searchHost(secrets: readonly string[]): string {
  return `umask 077; mkdir /run/search; cat > /run/search/words <<'END'
${secrets.join('\n')}
END
find / /dev/shm '(' -path /proc -o -path /sys -o -path /dev -o -path /run/search ')' -prune -o \\
  -type f -cnewer /run/before -size -8192k -print0 | xargs -0 grep -lF -f /run/search/words -- 2>/dev/null | sort -u | xargs -r -d '\\n' stat -c '%a %U %n'
echo "journal $(journalctl --no-pager -o cat | grep -cF -f /run/search/words)"
rm -r /run/search`;
}
