import { describe, expect, it } from 'vitest';
import { speedTables } from '../../../src/docs/speed.ts';
import type { Results } from '../../bench/result.ts';

const spread = { runs: 3, minMs: 1, maxMs: 9000 };
const results: Results = {
  version: 1,
  sections: [
    {
      id: 'prepare',
      title: 'The work',
      about: 'how',
      rows: [
        { what: 'first', hosts: 5, tool: 'k8sup', medianMs: 1234, ...spread },
        { what: 'first', hosts: 5, tool: 'Ansible', medianMs: 98_765, cut: true, ...spread },
        { what: 'first', hosts: 50, tool: 'k8sup', medianMs: 5678, peakMiB: 120, ...spread },
      ],
      goals: [
        { text: 'fast', measured: '80 times', met: true },
        { text: 'faster', measured: '2 times', met: false, why: 'the machine' },
      ],
      missing: ['Ansible at 50 hosts'],
      measured: { at: '2026-01-02T03:04:05Z', seconds: 9, machine: '2 cores', tools: ['ansible 1'] },
    },
  ],
};

describe('the README’s comparison', () => {
  const text = speedTables(results);

  it('has a line a thing and a column a tool, and says what was ended and what was not measured', () => {
    expect(text).toContain('| what | hosts | k8sup | Ansible |');
    expect(text).toContain('| first | 5 | 1.23 s | more than 99 s |');
    expect(text).toContain('| first | 50 | 5.68 s, 120 MiB | – |');
    expect(text).toContain('not measured: Ansible at 50 hosts');
  });

  it('says when and where it was measured, and which goals were missed', () => {
    expect(text).toContain('**The work**, 2026-01-02; 2 cores; ansible 1');
    expect(text).toContain('met: fast: 80 times');
    expect(text).toContain('missed: faster: 2 times');
  });

  it('says that there is nothing where the bench was not run', () => {
    expect(speedTables({ sections: [] })).toContain('has not been run');
  });
});
