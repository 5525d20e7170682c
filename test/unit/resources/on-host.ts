import { applyToHost } from '../../../src/engine/apply-host.ts';
import { probeScript } from '../../../src/engine/script.ts';
import type { AnyResource } from '../../../src/resources/define.ts';
import { hangMs } from '../../support/fake-executor.ts';
import type { FakeHost } from '../../support/fake-executor.ts';
import { changesOf } from '../../support/case-files.ts';
import { hostOf, inventoryOf } from '../components/fixture.ts';

const host = hostOf(inventoryOf('cluster: { name: one }\nhosts: [{ name: h1, address: 192.0.2.11 }]\n'), 'h1');
const { signal } = new AbortController();

/** What a resource lacks on a host, as text. */
export async function probeOn(fake: FakeHost, resource: AnyResource): Promise<readonly string[]> {
  const script = probeScript([{ key: resource.id, script: resource.probe }]);
  const { stdout } = await fake.executor.read(script.script, { signal, timeoutMs: hangMs });
  const section = script.parse(stdout).get(resource.id);
  if (section?.exitCode !== 0) throw new Error(`the probe failed: ${section?.output ?? stdout}`);
  return changesOf(resource, section.output);
}

/** Makes resources true as the engine does, and gives what the first one lacks afterwards. */
export async function applyOn(fake: FakeHost, ...resources: readonly AnyResource[]): Promise<readonly string[]> {
  const quiet = (): void => undefined;
  await applyToHost(host, resources, fake.executor, {
    signal,
    holder: 'a test',
    stage: '00.test',
    onBegin: quiet,
    onDone: quiet,
    onLeft: quiet,
  });
  const [first] = resources;
  return first === undefined ? [] : probeOn(fake, first);
}
