import { expect, test } from 'vitest';
import { knownCauses } from '../../../src/causes/causes.ts';
import { withCause } from '../../../src/engine/check-cause.ts';

const failed = { name: 'pods', tried: 'x', result: 'nothing', ok: false, durationMs: 1 };
const pull = 'Warning Failed pod/web-x Error: ImagePullBackOff';
const loop = '[FATAL] plugin/loop: Loop (127.0.0.1:5 -> :53) detected for zone "."';
const told = (code: string) => {
  const known = knownCauses.find((one) => one.code === code);
  return { cause: code, why: known?.cause, fix: known?.fix };
};

test('a failed check has the cause that its own result shows, before that of what others said', () => {
  expect(withCause({ ...failed, result: pull }, [loop])).toMatchObject(told('IMAGE_MISSING'));
  expect(withCause(failed, ['', loop, pull])).toMatchObject(told('DNS_LOOP'));
});

test('what may pass by itself counts in its own result alone', () => {
  const network = 'network is not ready: cni plugin not initialized';
  expect(withCause(failed, [network, loop])).toMatchObject(told('DNS_LOOP'));
  expect(withCause({ ...failed, result: network })).toMatchObject(told('CNI_NOT_READY'));
});

test('where nothing known shows, or the check is good, there is none', () => {
  expect(withCause(failed, ['all is well'])).toEqual(failed);
  expect(withCause({ ...failed, ok: true, result: pull }, [loop])).toEqual({ ...failed, ok: true, result: pull });
});
