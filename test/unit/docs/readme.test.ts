import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { commandDocs, commandReference } from '../../../src/docs/commands.ts';
import { exitCodeReference } from '../../../src/docs/exit-codes.ts';
import { readmeParts, updateReadme } from '../../../src/docs/readme.ts';
import { supportReference } from '../../../src/docs/support.ts';
import { otherUnsafeEdits, unsafeChangeReference } from '../../../src/docs/unsafe-changes.ts';
import {
  networkSettingsPage,
  networkSettingsReference,
  playbookKeysPage,
  playbookReference,
} from '../../../src/inventory/reference.ts';
import { networkPlugins } from '../../../src/network/network.ts';
import { exitCodes } from '../../../src/errors/k8sup-error.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const readme = read('README.md');

describe('the README', () => {
  const fresh = updateReadme(readme);

  test.each(Object.keys(readmeParts))('has the part "%s" as the code has it; npm run docs writes it anew', (name) => {
    const part = (text: string): string => text.split(`begin:${name} `)[1]?.split(`end:${name} `)[0] ?? '';
    expect(part(readme)).not.toBe('');
    expect(part(readme)).toBe(part(fresh));
  });

  test("the page of networks' settings is as the code has it, and each network with keys has its heading there", () => {
    const page = read(networkSettingsPage);
    expect(page).toBe(networkSettingsReference(networkPlugins));
    const anchors = [...page.matchAll(/^## (.*)$/gm)].map(([, title]) => (title ?? '').toLowerCase());
    const links = [...readme.matchAll(/SETTINGS\.md#([^)]+)\)/g)].map(([, anchor]) => anchor);
    expect([...new Set(links)].sort()).toEqual(anchors.toSorted());
  });

  test("the page of playbooks' keys is as the code has it", () =>
    expect(read(playbookKeysPage)).toBe(playbookReference()));

  test.each(['README.md', 'src/README.md', 'src/network/README.md', networkSettingsPage])(
    '%s has no link to a file that is not there',
    (file) => {
      const links = [...read(file).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target]) => target ?? '');
      expect(links.length).toBeGreaterThan(1);
      expect(links.filter((target) => !existsSync(join(root, dirname(file), target)))).toEqual([]);
    },
  );

  test("the page of networks has a picture of each one's path from pod to pod", () => {
    const sections = read('src/network/README.md').split(/^## /m).slice(1);
    const drawn = (name: string): boolean =>
      sections.some((text) => {
        const [heading = ''] = text.split('\n');
        const pictures = [...text.matchAll(/^```text\n(.*?)^```/gms)].map(([, picture]) => picture ?? '').join('');
        const alone = heading === name;
        return (
          heading.toLowerCase().includes(name) &&
          pictures.includes('pod') &&
          (alone || pictures.toLowerCase().includes(name))
        );
      });
    // What somebody else installs is not ours to draw.
    const names = networkPlugins.map(({ name }) => name).filter((name) => name !== 'none');
    expect(names.filter((name) => !drawn(name))).toEqual([]);
  });

  test('has no link to a heading that is not there', () => {
    const headings = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, title]) => (title ?? '').toLowerCase());
    const anchors = headings.map((title) => title.replaceAll(/[^a-z0-9 -]/g, '').replaceAll(' ', '-'));
    const links = [...readme.matchAll(/\]\(#([^)]+)\)/g)].map(([, target]) => target ?? '');
    expect(links.filter((target) => !anchors.includes(target))).toEqual([]);
  });

  test('names no command that k8sup does not have', () => {
    const known = commandDocs().map(({ name }) => name.split(' ')[0]);
    const blocks = [...readme.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block]) => block ?? '').join('\n');
    const written = [...readme.matchAll(/`k8sup ([a-z]+)/g), ...blocks.matchAll(/^k8sup ([a-z]+)/gm)];
    const named = written.map(([, name]) => name);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  test('says of each end-to-end test by which command it runs', () => {
    const rows = readme.split('\n').filter((line) => line.startsWith('| `') && line.includes('.test.ts`'));
    const told = (command: string): string[] =>
      rows
        .filter((row) => row.split(' | ')[1] === command)
        .flatMap((row) => [...row.matchAll(/`([\w/-]+\.test\.ts)`/g)].map(([, name]) => name ?? ''));
    const there = (folder: string): string[] =>
      readdirSync(join(root, 'test/e2e', folder)).filter((name) => name.endsWith('.test.ts'));
    expect(told('both').toSorted()).toEqual(there('').toSorted());
    const more = there('all').map((name) => `all/${name}`);
    expect(told('`test:all`').toSorted()).toEqual(more.toSorted());
  });

  test('names no npm script that is not there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    const named = [...readme.matchAll(/npm run ([a-z]+)/g)].map(([, name]) => name ?? '');
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('updating', () => {
  const text = Object.keys(readmeParts)
    .map((name) => `kept ${name}\n<!-- begin:${name} (made by npm run docs) -->\nstale\n<!-- end:${name} -->\n`)
    .join('');

  test('replaces what is between the markers, keeps the rest, and a second time changes nothing', () => {
    const updated = updateReadme(text);
    expect(updated).not.toContain('stale');
    expect(updated).toContain('kept commands\n');
    expect(updated).toContain('| 130 | cancelled |');
    expect(updateReadme(updated)).toBe(updated);
  });

  test('says which markers are missing or there twice', () => {
    expect(() => updateReadme(text.replace('<!-- end:proved -->', ''))).toThrow(/markers of proved/);
    expect(() => updateReadme(text + text)).toThrow(/exactly once/);
  });
});

describe('the parts', () => {
  test('every command has a description and an example, and what is common is said once', () => {
    const commands = commandDocs();
    expect(commands.filter(({ description, examples }) => description === '' || examples.length === 0)).toEqual([]);
    expect(commands.map(({ usage }) => usage)).toContain('stage <id> [inventory]');
    expect(commands.map(({ name }) => name)).toContain('pki gencert');
    expect(commandReference().match(/`--concurrency <n>`/g)).toHaveLength(1);
    expect(commandReference()).toContain('`--no-verify` do not prove the cluster at the end');
  });

  test('every exit code is there', () => {
    const rows = exitCodeReference().split('\n').slice(2);
    expect(rows.map((row) => row.split(' | ')[0])).toEqual(Object.values(exitCodes).map((code) => `| ${code}`));
  });

  test('proved and rendered releases are told apart, neighbours drawn together', () => {
    expect(supportReference()).toContain('| Kubernetes | 1.20, 1.36 | 1.21 to 1.35 |');
    expect(supportReference()).toContain('| Kubernetes | 1.36.3 | 1.20.15 |');
    expect(supportReference()).toContain('| refused | `NFTABLES_ALPHA` |');
  });

  test('every edit that the code refuses is there', () => {
    const source = ['changes', 'settings'].map((file) => read(`src/inventory/unsafe-${file}.ts`)).join('');
    const refused = new Set([...source.matchAll(/what: '([A-Z_]+)'/g)].map(([, what]) => what ?? ''));
    expect(refused.size).toBeGreaterThan(15);
    const table = unsafeChangeReference();
    expect([...refused].filter((what) => !table.includes(`UNSAFE_CHANGE_${what}\``))).toEqual([]);
    expect(otherUnsafeEdits.filter(({ what }) => !refused.has(what))).toEqual([]);
  });
});
