import { describe, expect, it } from 'vitest';
import { labPackages, missingPackages, missingPrograms } from '../../../src/lab/packages.ts';

describe('missingPackages', () => {
  it('lists those that dpkg does not know, or knows as removed', () => {
    const answer = labPackages
      .filter((name) => name !== 'socat')
      .map((name) =>
        name === 'zstd' ? 'zstd config-files' : name === 'gcc' ? 'gcc:amd64 installed' : `${name} installed`,
      );
    expect(missingPackages(answer.join('\n'), labPackages)).toEqual(['socat', 'zstd']);
  });

  it('lists all of them for an empty answer', () => {
    expect(missingPackages('', labPackages)).toEqual(labPackages);
  });
});

it('missingPrograms looks into every folder of programs', () => {
  expect(missingPrograms((path) => path.startsWith('/usr/sbin/'))).toEqual([]);
  expect(missingPrograms((path) => !path.endsWith('/socat'))).toEqual(['socat']);
});
