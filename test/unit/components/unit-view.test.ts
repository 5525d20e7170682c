import { expect, test } from 'vitest';
import { unitText, unitView } from '../../../src/components/systemd-unit.ts';

test('a command has a word a line, in whatever way it was written', () => {
  const ours = unitText({
    Service: { ExecStart: { command: ['/opt/x', '--a=1', '--b=two words'] }, Restart: 'always' },
  });
  const onOneLine = '[Service]\nExecStart=/opt/x --a=1 "--b=two words"\nRestart=always\n';
  expect(unitView(ours)).toBe('[Service]\nExecStart=/opt/x\n  --a=1\n  "--b=two words"\nRestart=always\n');
  expect(unitView(onOneLine)).toBe(unitView(ours));
});

test('a flag at the end is one more line, and nothing else', () => {
  const view = (...flags: string[]) =>
    unitView(unitText({ Service: { ExecStart: { command: ['/opt/x', ...flags] } } }));
  expect(view('--a', '--b').replace('  --b\n', '')).toBe(view('--a'));
});
