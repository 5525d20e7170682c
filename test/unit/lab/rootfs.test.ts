import { describe, expect, it } from 'vitest';
import { labCache } from '../../../src/lab/cache.ts';
import { rootfsPath } from '../../../src/lab/rootfs.ts';

describe('rootfsPath', () => {
  it('follows from the packages, not from their order', () => {
    expect(rootfsPath('/c', ['a', 'b'])).toBe(rootfsPath('/c', ['b', 'a']));
    expect(rootfsPath('/c', ['a', 'b'])).not.toBe(rootfsPath('/c', ['a']));
    expect(rootfsPath('/c', ['a'])).toMatch(/^\/c\/rootfs-[0-9a-f]{12}$/);
  });
});

describe('labCache', () => {
  it('is below XDG_CACHE_HOME, unless that is not absolute', () => {
    expect(labCache({ XDG_CACHE_HOME: '/x' })).toBe('/x/k8sup/lab');
    expect(labCache({ XDG_CACHE_HOME: 'x' })).toMatch(/\/\.cache\/k8sup\/lab$/);
    expect(labCache({})).toMatch(/\/\.cache\/k8sup\/lab$/);
  });
});
