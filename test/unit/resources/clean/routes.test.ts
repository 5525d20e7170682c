import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ownedUndo } from '../../../../src/resources/clean/undo-owned.ts';
import { noFakeHost } from '../../../support/fake-executor.ts';

/** Undoes one entry in a network of its own, which has a route of each family to pods and to others. */
function undo(name: string): string {
  const script = `set -e
ip link add e0 type bridge; ip link set e0 up
ip addr add 192.0.2.1/24 dev e0; ip -6 addr add fd00::1/64 dev e0 nodad
ip route add 10.244.1.0/24 via 192.0.2.2; ip route add 10.245.1.0/24 via 192.0.2.2
ip -6 route add fd00:10:244:1::/64 via fd00::2; ip -6 route add fd00:10:245:1::/64 via fd00::2
( set -e; name=${name}; ${ownedUndo['routes']?.sh ?? 'exit 1'} )
ip -4 -o route show via 192.0.2.2 | cut -d ' ' -f 1; ip -6 -o route show via fd00::2 | cut -d ' ' -f 1`;
  const { stdout, stderr } = spawnSync('unshare', ['-n', '/bin/sh', '-c', script], { encoding: 'utf8' });
  return stdout + stderr;
}

describe.skipIf(noFakeHost !== undefined)(
  'clean takes the routes into a block, of either family, and no others',
  () => {
    it.each([
      ['10.244.0.0/16', '10.245.1.0/24\nfd00:10:244:1::/64\nfd00:10:245:1::/64\n'],
      ['fd00:10:244::/56', '10.244.1.0/24\n10.245.1.0/24\nfd00:10:245:1::/64\n'],
    ])('%s', (block, left) => expect(undo(block)).toBe(left));
  },
);
