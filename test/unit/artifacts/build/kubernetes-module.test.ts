import { expect, test } from 'vitest';
import { kubernetesGoMod } from '../../../../src/artifacts/build/kubernetes-module.ts';

const parsed = {
  Require: [
    { Path: 'k8s.io/api', Version: 'v0.0.0' },
    { Path: 'k8s.io/utils', Version: 'v0.0.0-20201110183641-67b214c5f920' },
    { Path: 'golang.org/x/sys', Version: 'v0.0.0-20201112073958-5cba982894dd' },
    { Path: 'golang.org/x/net', Version: 'v0.56.0' },
  ],
  Replace: [
    { Old: { Path: 'k8s.io/api' }, New: { Path: './staging/src/k8s.io/api' } },
    {
      Old: { Path: 'golang.org/x/sys' },
      New: { Path: 'golang.org/x/sys', Version: 'v0.0.0-20201112073958-5cba982894dd' },
    },
    { Old: { Path: 'github.com/old/name' }, New: { Path: 'github.com/new/name', Version: 'v1.2.3' } },
  ],
};

test('modules of its own repository get the version they are published under; the others keep theirs', () => {
  const lines = kubernetesGoMod('1.20.15', parsed);
  expect(lines).toContain('require k8s.io/kubernetes v1.20.15');
  expect(lines).toContain('require k8s.io/api v0.20.15');
  expect(lines).toContain('replace k8s.io/api => k8s.io/api v0.20.15');
  expect(lines).toContain('require k8s.io/utils v0.0.0-20201110183641-67b214c5f920');
  expect(lines).toContain('replace github.com/old/name => github.com/new/name v1.2.3');
});

test('what today’s Go cannot compile is raised, what is newer is left alone', () => {
  const lines = kubernetesGoMod('1.20.15', parsed);
  expect(lines.filter((line) => line.startsWith('replace golang.org/x/'))).toEqual([
    'replace golang.org/x/sys => golang.org/x/sys v0.30.0',
  ]);
});
