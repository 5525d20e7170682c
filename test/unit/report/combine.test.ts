import { expect, test } from 'vitest';
import { combine } from '../../../src/report/combine.ts';
import { progress } from './runs.ts';

test('each event reaches everyone, in order', () => {
  const seen: string[] = [];
  const to = (name: string) => (): void => void seen.push(name);
  combine([to('log'), to('screen')])(progress('h1', 'x'));
  expect(seen).toEqual(['log', 'screen']);
});
