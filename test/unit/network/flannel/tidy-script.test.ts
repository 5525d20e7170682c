import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tidyScriptFile } from '../../../../src/network/flannel/tidy-script.ts';

let folder: string;
const conf = (): string => join(folder, 'net-conf.json');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flannel-tidy-'));
  for (const name of ['links', 'bin']) mkdirSync(join(folder, name));
  writeFileSync(conf(), 'vxlan');
  program(
    'ip',
    'case "$*" in "xfrm "*) echo "ip $*" ;; *" route show "*) printf "10.244.1.0/24 via 10.88.0.12 dev eth0\\n10.244.0.0/24 dev cni0\\n" ;; *) echo "ip $*" ;; esac',
  );
  program('nft', 'case "$*" in list*) [ "$4" = flannel-ipv4 ] ;; *) echo "nft $*" ;; esac');
  for (const tool of ['iptables-legacy', 'iptables-nft', 'ip6tables-legacy', 'ip6tables-nft'])
    program(`${tool}-save`, 'exit 1');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function program(name: string, text: string): void {
  writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

/** What the script does on a host with these links. */
function tidy(links: readonly string[], keep: readonly string[], flags = 'ip-masq=true'): readonly string[] {
  rmSync(join(folder, 'links'), { recursive: true });
  mkdirSync(join(folder, 'links'));
  for (const link of links) writeFileSync(join(folder, 'links', link), '');
  // Its own PATH has the real programs.
  const text = tidyScriptFile().content.replace(/^PATH=/m, `PATH=${join(folder, 'bin')}:`);
  const run = spawnSync('/bin/sh', ['-c', text, 'flannel-tidy', conf(), flags, '10.244.0.0/16', ...keep], {
    encoding: 'utf8',
    env: { FLANNEL_STAMP: join(folder, 'run', 'stamp'), FLANNEL_LINKS: join(folder, 'links') },
  });
  expect([run.status, run.stderr]).toEqual([0, '']);
  return run.stdout.split('\n').filter((line) => line !== '');
}

const all = [
  'ip link delete flannel.1',
  'ip -4 route delete 10.244.1.0/24',
  'ip xfrm policy deleteall src 10.244.0.0/16 dst 10.244.0.0/16',
  'nft delete table ip flannel-ipv4',
];

test('at a first start the links of other settings go, its own and those of others stay', () => {
  expect(tidy(['eth0', 'flannel.1', 'flannel.7', 'cni0'], ['flannel.7', 'flannel-v6.7'])).toEqual([
    'ip link delete flannel.1',
  ]);
});

test('a restart with the same settings touches nothing', () => {
  tidy([], ['flannel.1']);
  expect(tidy(['flannel.1'], ['flannel.1'])).toEqual([]);
});

test('with another configuration all that it left goes, its own link of another MTU too', () => {
  tidy([], ['flannel.1']);
  writeFileSync(conf(), 'vxlan with another MTU');
  expect(tidy(['eth0', 'flannel.1'], ['flannel.1'])).toEqual(all);
});

test('rules that it is no longer told of go with a change of flags', () => {
  tidy([], ['flannel.1']);
  expect(tidy(['flannel.1'], ['flannel.1'], 'ip-masq=false')).toEqual(all);
});
