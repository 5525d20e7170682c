import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../../../src/inventory/model.ts';
import { hostKeyCheck } from '../../../../src/transport/ssh/host-key.ts';
import { hostOf, newest } from '../../components/fixture.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'k8sup-host-key-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const type = 'ssh-ed25519';
const key = Buffer.concat([Buffer.from([0, 0, 0, type.length]), Buffer.from(`${type}the key itself`)]);
const line = `10.88.0.11 ${type} ${key.toString('base64')}\n`;

function hostWith(knownHosts: string): Host {
  const host = hostOf(newest, 'h1');
  return { ...host, ssh: { ...host.ssh, knownHosts, hostKeyChecking: 'accept-new' } };
}

describe('a key seen for the first time', () => {
  it('is recorded where there is not even a folder for it', () => {
    const file = join(folder, '.ssh', 'known_hosts');
    expect(hostKeyCheck(hostWith(file)).verify(key)).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(line);
    expect(statSync(join(folder, '.ssh')).mode & 0o777).toBe(0o700);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['', ''],
    ['# mine\n', '# mine\n'],
    [`h2 ${type} AAAA`, `h2 ${type} AAAA\n`],
  ])('is recorded on a line of its own after %j', (before, kept) => {
    const file = join(folder, 'known_hosts');
    writeFileSync(file, before);
    expect(hostKeyCheck(hostWith(file)).verify(key)).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(`${kept}${line}`);
  });
});
