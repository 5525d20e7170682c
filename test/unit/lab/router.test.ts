import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readyScript } from '../../../src/lab/ready.ts';
import { advertisements, routerScript } from '../../../src/lab/router.ts';
import { plainNetwork } from '../../../src/lab/topology.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'k8sup-router-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(script: string, programs: Readonly<Record<string, string>>): { status: number | null; stdout: string } {
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return spawnSync('sh', ['-c', script], { env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` }, encoding: 'utf8' });
}

describe('the router', () => {
  it('advertises itself in every subnet, and nowhere else', () => {
    const text = advertisements({ ...plainNetwork, subnets: 2, secondInterface: true });
    expect(text.match(/^interface \S+/gm)).toEqual(['interface lab0', 'interface lab1']);
  });

  it('is written down before it runs, and runs only while it is wanted', () => {
    const script = routerScript({ lab: 'demo', directory: folder, cgroups: [] });
    const programs = { nsenter: `echo "$1 $2"; cat ${folder}/processes` };
    expect(run(script, programs).stdout).toBe('');
    rmSync(join(folder, 'processes'));
    writeFileSync(join(folder, 'wanted'), '');
    expect(run(script, programs).stdout).toMatch(/^--net=\/run\/netns\/k8sup-demo radvd\nrouter [0-9]+ [0-9]+\n$/);
    expect(readFileSync(join(folder, 'processes'), 'utf8').split('\n')).toHaveLength(2);
  });
});

describe('a host that is not ready says what it lacks', () => {
  const network = { ...plainNetwork, ipv6: true, routerAdvertisements: true };
  it.each([
    ['systemd', 'exit 1', 'echo default', 'systemd has not finished to boot\n'],
    ['its route', 'exit 0', ':', 'no router advertisement has come\n'],
    ['nothing', 'exit 0', 'echo default', ''],
  ])('%s', (_, systemctl, ip, said) => {
    const result = run(readyScript(network), { systemctl, ip });
    expect([result.status, result.stdout]).toEqual([said === '' ? 0 : 1, said]);
  });

  it('but no route where nothing is advertised', () => {
    expect(run(readyScript(plainNetwork), { systemctl: 'exit 0', ip: ':' }).status).toBe(0);
  });
});
