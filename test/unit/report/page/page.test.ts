import { describe, expect, test } from 'vitest';
import { renderPage } from '../../../../src/report/index.ts';
import { runModel } from '../../../../src/report/page/model.ts';
import { manyHosts, runStart, stageEnd, stageStart, stepStart } from '../runs.ts';
import { failedApply, lines } from './journals.ts';

describe('the model of a run', () => {
  const model = runModel(failedApply());
  const host = (name: string) => model.hosts.find((one) => one.name === name);

  test('says how each host came out of it', () => {
    expect(model.hosts.map(({ name, state, changed }) => [name, state, changed])).toEqual([
      ['h1', 'changed', 2],
      ['h2', 'failed', 1],
      ['h3', 'changed', 1],
      ['h4', 'left out', 0],
    ]);
  });

  test('says what each host did when', () => {
    expect(host('h1')?.spans).toEqual([
      { kind: 'look', stage: '02.etcd', step: '', fromMs: 2000, toMs: 3000 },
      { kind: 'work', stage: '02.etcd', step: 'configuration', fromMs: 4000, toMs: 11_000 },
    ]);
    expect(host('h2')?.spans).toEqual([
      { kind: 'failed', stage: '02.etcd', step: 'configuration', fromMs: 5000, toMs: 12_000 },
    ]);
    expect(host('h3')?.spans).toMatchObject([{ kind: 'work', fromMs: 6000, toMs: 13_000 }]);
    expect(model.stages).toMatchObject([{ id: '02.etcd', fromMs: 2000, toMs: 13_000, ok: false, changed: 4 }]);
  });

  test('of a run that was killed ends with its last event', () => {
    const killed = runModel(lines([runStart('apply', ['h1']), stageStart(['h1']), stepStart('h1', 'start')]));
    expect(killed).toMatchObject({ ended: false, durationMs: 2000 });
    expect(killed.stages).toMatchObject([{ fromMs: 1000, toMs: 2000, ok: false }]);
    expect(killed.hosts[0]?.spans).toMatchObject([{ kind: 'work', fromMs: 2000, toMs: 2000 }]);
    expect(renderPage(lines([runStart('apply', ['h1'])]))).toContain('did not end');
  });
});

describe('the page', () => {
  const page = renderPage(failedApply());

  test('holds nothing that is fetched or runs, and no secret', () => {
    expect(page).not.toMatch(/<(script|img|iframe|object)|<[^>]*\bsrc=|@import|url\(|href="(?!data:,")/i);
    expect(page).not.toContain(':pass@');
    expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  test('has the known cause of a check that failed, with what ends it', () => {
    expect(page).toMatch(/<b>Likely cause:<\/b> CoreDNS asks itself \(DNS_LOOP\)\.[\s\S]*<b>Fix:<\/b> mend it/);
  });

  test('tells of a journal of nothing, and of one without an outline', () => {
    expect(renderPage([])).toContain('<!doctype html>');
    const old = renderPage(lines([runStart('apply', ['h1']), stageStart(['h1']), stageEnd()]));
    expect(old).toContain('>h1</text>');
  });

  test('of three hundred hosts names them all, and stays small', () => {
    const hosts = manyHosts(300);
    const big = renderPage(
      lines([runStart('apply', hosts), stageStart(hosts), ...hosts.map((name) => stepStart(name, 'start'))]),
    );
    for (const name of hosts) expect(big).toContain(`>${name}</span`);
    expect(big.length).toBeLessThan(300_000);
  });
});
