import { expect, test } from 'vitest';
import { isAtLeast, releaseFeatures, releaseHas } from '../../../src/inventory/releases.ts';
import type { ReleaseFeature } from '../../../src/inventory/releases.ts';

/** Last release without, and first with; or last with, and first without. */
const borders: Readonly<Record<ReleaseFeature, readonly (readonly [number, boolean])[]>> = {
  dockershim: [
    [20, true],
    [23, true],
    [24, false],
  ],
  containerRuntimeFlag: [
    [23, true],
    [24, false],
  ],
  runtimeEndpointField: [
    [26, false],
    [27, true],
    [36, true],
  ],
  podInfraImageFlag: [
    [20, true],
    [34, true],
    [35, false],
  ],
  insecurePortFlag: [
    [23, true],
    [24, false],
  ],
  registerWithTaintsField: [
    [23, false],
    [24, true],
  ],
  masterMark: [
    [20, true],
    [23, true],
    [24, false],
  ],
  dualStack: [
    [20, false],
    [21, true],
  ],
  seccompDefault: [
    [26, false],
    [27, true],
  ],
  failCgroupV1Field: [
    [30, false],
    [31, true],
  ],
  anonymousPaths: [
    [31, false],
    [32, true],
  ],
  authenticationConfigV1: [
    [33, false],
    [34, true],
  ],
  policyV1: [
    [20, false],
    [21, true],
  ],
  cniVersion1: [
    [23, false],
    [24, true],
  ],
};

test.each(releaseFeatures)('%s', (feature) => {
  for (const [minor, has] of borders[feature]) expect(releaseHas(`1.${minor}.1`, feature), `1.${minor}`).toBe(has);
});

test('versions', () => {
  expect(isAtLeast('2.2.0', 2, 0)).toBe(true);
  expect(isAtLeast('1.7.29', 2, 0)).toBe(false);
  expect(isAtLeast('3.10.1', 3, 6)).toBe(true);
  expect(() => releaseHas('2.0.0', 'dockershim')).toThrow('not a Kubernetes');
});
