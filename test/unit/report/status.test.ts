import { expect, test } from 'vitest';
import type { ClusterStatus } from '../../../src/engine/events.ts';
import { renderStatus } from '../../../src/report/status.ts';

const status: ClusterStatus = {
  ...{ cluster: 'one', kubernetesVersion: '1.36.3', hosts: [], members: [], nodes: [], pendingRequests: [] },
  certificates: [
    { name: 'admin', where: 'all', daysLeft: 200, nearEnd: false },
    { name: 'kubelet-server', where: 'h1', daysLeft: 300, nearEnd: false },
    { name: 'kubelet-server', where: 'h2', daysLeft: 20, nearEnd: true },
  ],
};

test('certificates of a kind are one line, of the one that ends first, which is marked near its end', () => {
  const lines = renderStatus(status, 120)
    .split('\n')
    .map((line) => line.trim());
  expect(lines.find((line) => line.startsWith('admin'))).toMatch(/200 days left +all$/);
  expect(lines.find((line) => line.startsWith('kubelet-server'))).toMatch(
    /20 days left, NEAR ITS END +2 of them; the first to end is on h2$/,
  );
});
