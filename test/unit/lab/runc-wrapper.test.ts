import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runcWrapper } from '../../../src/lab/runc-wrapper.ts';

describe('runcWrapper', () => {
  const config = '{"process":{"args":["x"],"oomScoreAdj":-998},"linux":{}}';
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'k8sup-runc-'));
    writeFileSync(join(folder, 'runc'), runcWrapper(['/nowhere/runc', '/bin/echo']));
    writeFileSync(join(folder, 'config.json'), config);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function call(...args: string[]): { said: string; config: string } {
    const said = execFileSync('sh', [join(folder, 'runc'), ...args], { encoding: 'utf8' });
    return { said, config: readFileSync(join(folder, 'config.json'), 'utf8') };
  }

  it('sets a negative score in the bundle to 0 and passes every word on', () => {
    const result = call('--log', 'a b', 'create', '--bundle', folder, 'id');
    expect(result.config).toBe(config.replace('-998', '0'));
    expect(result.said).toBe(`--log a b create --bundle ${folder} id\n`);
  });

  it('understands --bundle=PATH', () => {
    expect(call('run', `--bundle=${folder}`, 'id').config).toContain('"oomScoreAdj":0');
  });

  it('changes nothing for other commands', () => {
    expect(call('exec', '--bundle', folder, 'id').config).toBe(config);
  });

  it('leaves other scores alone', () => {
    writeFileSync(join(folder, 'config.json'), '{"oomScoreAdj":998}');
    expect(call('create', '-b', folder, 'id').config).toBe('{"oomScoreAdj":998}');
  });
});
