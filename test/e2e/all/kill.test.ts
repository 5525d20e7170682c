import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../src/engine/events.ts';
import { killAt, markOf, seededPoints } from '../../support/kill.ts';
import type { KillPoint } from '../../support/kill.ts';
import { bootLab, good, noLab } from '../../support/lab.ts';
import type { LabHandle } from '../../support/lab.ts';
import { startsOf } from '../../support/observe.ts';
import { snapshot } from '../../support/snapshot.ts';

const hosts = ['h1', 'h2', 'h3'] as const;
/** Another one gives other points: `K8SUP_SEED=7 npm run test:all`. */
const seed = Number(process.env['K8SUP_SEED'] ?? 1);

describe.skipIf(noLab !== undefined)(
  `a controller that is killed, with seed ${String(seed)}${noLab === undefined ? '' : ` (${noLab})`}`,
  () => {
    let lab: LabHandle;
    let order: readonly string[];
    let points: readonly KillPoint[];
    let undisturbed: EndState;
    const apply = () => lab.k8sup('apply', lab.inventory, '-o', 'json', '--no-verify');
    const clean = async (): Promise<void> => {
      good(await lab.k8sup('clean', lab.inventory, '--yes', '-o', 'json'));
    };
    const endsWell = async (since: number, what: string): Promise<void> => {
      good(await apply());
      const end = await endState(lab, since);
      expect(differences(end, undisturbed), what).toEqual([]);
    };
    const hasNothingLeft = async (): Promise<void> => {
      expect(good(await apply())).toMatchObject({ changed: 0, restarted: 0, failed: 0 });
      expect((await lab.k8sup('verify', lab.inventory)).exitCode).toBe(0);
    };

    beforeAll(async () => {
      lab = await bootLab('e2e-kill', hosts.length, 'newest');
      const since = Date.now();
      const result = await apply();
      good(result);
      order = marksOf(result.events);
      points = seededPoints(order, 25, seed);
      undisturbed = await endState(lab, since);
    });
    afterAll(() => lab.down());

    test('the points are in all stages that do anything', () => {
      expect([...new Set(points.map(({ stage }) => stage))].sort()).toEqual([
        ...new Set(order.map((mark) => mark.split(' ')[0] ?? '')),
      ]);
    });

    test('25 times in one apply: the end is that of an undisturbed one, with no start more', async () => {
      await clean();
      const since = Date.now();
      for (const point of points) expect(await killAt(lab, order, point), `${point.mark} was not reached`).toBe(true);
      await endsWell(since, '25 times');
      await hasNothingLeft();
    });

    // By number: titles are made before there is a lab to have points from.
    test.each(Array.from({ length: 25 }, (_, index) => index))('once, at point %i', async (index) => {
      await clean();
      const since = Date.now();
      const point = points[index];
      if (point === undefined) throw new Error('there are 25 points');
      expect(await killAt(lab, order, point), `${point.mark} was not reached`).toBe(true);
      await endsWell(since, point.mark);
    });

    // Once for all of them, which differ in nothing that is compared.
    test('after the last of them there is nothing left to do', hasNothingLeft);
  },
);

interface EndState {
  readonly things: readonly string[];
  readonly starts: ReadonlyMap<string, number>;
}

/** What one run of programs makes unlike another: names that they choose, what they hold in memory, and the host that the scheduler has a pod on. */
const unlike = [
  /^\S+ (cgroup|process|route|address|link|policy-rule|rule|mount) /,
  /^\S+ sysctl net\.(ipv[46]\.(conf|neigh)|netfilter)\b/,
  /^\S+ unit (?!etcd|containerd|kube|flanneld)/,
  /^\S+ file \/(var\/lib\/(kubelet\/|containerd\/|etcd\/|cni\b)|run\/|var\/log\/|tmp\/)/,
];
/** Made of keys that are new at each apply. */
const keyed = /^\S+ hash \S*(\/pki\/|\.kubeconfig$|\/encryption\.yaml$)/;

async function endState(lab: LabHandle, since: number): Promise<EndState> {
  const shots = await Promise.all(
    hosts.map(async (host) =>
      [...(await snapshot(lab, host))].map(([key, value]) => {
        const line = `${host} ${key}`;
        return /^(file|hash|unit-file) /.test(key) && !keyed.test(line) ? `${line} ${value}` : line;
      }),
    ),
  );
  const things = shots.flat().filter((line) => !unlike.some((pattern) => pattern.test(line)));
  const objects = await lab.kubectl(...'get ns,deploy,ds,svc,cm,sa,clusterrolebinding,nodes -A -o name'.split(' '));
  return { things: [...things, ...objects.trim().split('\n')].sort(), starts: await startsOf(lab, hosts, since) };
}

/** `+` for what only the killed one has, `-` for what it lacks. */
function differences(found: EndState, wanted: EndState): readonly string[] {
  const [has, should] = [new Set(found.things), new Set(wanted.things)];
  return [
    ...wanted.things.filter((thing) => !has.has(thing)).map((thing) => `- ${thing}`),
    ...found.things.filter((thing) => !should.has(thing)).map((thing) => `+ ${thing}`),
    ...[...found.starts]
      .filter(([unit, count]) => count > (wanted.starts.get(unit) ?? 0))
      .map(([unit, count]) => `${unit}: ${String(count)} starts, not ${String(wanted.starts.get(unit))}`),
  ];
}

function marksOf(events: readonly RunEvent[]): readonly string[] {
  return [...new Set(events.flatMap((event) => markOf(event) ?? []))];
}
