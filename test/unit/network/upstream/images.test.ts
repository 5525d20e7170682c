import { expect, it } from 'vitest';
import { fullImageName, imagesOf, objectsOf, rewriteImages } from '../../../../src/network/upstream/index.ts';
import { sample } from './sample.ts';

it('images of init containers and containers are named once each', () => {
  const objects = objectsOf(sample());
  expect(imagesOf([...objects, ...objects])).toEqual([
    'example.org/cni:1',
    'example.org/node:1',
    'example.org/controllers:1',
  ]);
});

it.each([
  ['busybox', 'docker.io/library/busybox:latest'],
  ['calico/node:v1', 'docker.io/calico/node:v1'],
  ['docker.io/busybox:1', 'docker.io/library/busybox:1'],
  ['localhost/x', 'localhost/x:latest'],
  ['host:5000/x', 'host:5000/x:latest'],
  ['quay.io/a/b@sha256:00', 'quay.io/a/b@sha256:00'],
])('%s is %s', (image, full) => {
  expect(fullImageName(image)).toBe(full);
});

it('images are taken from mirrors: the longest one that fits, by whole words', () => {
  const mirrors = {
    'example.org': 'mirror.test/all',
    'example.org/node:1': 'never',
    'example.or': 'never',
    'example.org/controllers': 'never',
  };
  const before = objectsOf(sample());
  const text = JSON.stringify(before);
  expect(imagesOf(rewriteImages(before, mirrors))).toEqual([
    'mirror.test/all/cni:1',
    'mirror.test/all/node:1',
    'mirror.test/all/controllers:1',
  ]);
  expect(JSON.stringify(before)).toBe(text);
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a' },
    spec: { containers: [{ image: 'quay.io/a/b' }] },
  };
  const longest = { 'quay.io': 'x.test', 'quay.io/a': 'y.test/a' };
  expect(imagesOf(rewriteImages([pod], longest))).toEqual(['y.test/a/b:latest']);
  expect(rewriteImages([pod], {})).toEqual([pod]);
});
