import {
  certificateFile,
  certificatePlaces,
  kubeletPlaces,
  trustPlacesOf,
} from '../../components/certificate-places.ts';
import type { CertificatePlace } from '../../components/certificate-places.ts';
import { probeScript } from '../../engine/script.ts';
import type { RunContext } from '../../engine/run-context.ts';
import { K8supError } from '../../errors/k8sup-error.ts';
import { runsKubelet } from '../../inventory/model.ts';
import type { Host, Inventory } from '../../inventory/model.ts';
import { leafPlaces } from '../../pki/index.ts';
import { startedWith } from '../../resources/unit-inputs.ts';
import { rawShell, sh } from '../../shell/sh.ts';
import type { Sh } from '../../shell/sh.ts';
import { whyUnreachable } from '../session.ts';

/** What a host has at one place. */
export interface FoundPlace {
  readonly name: string;
  readonly path: string;
  /** Certificates as PEM; empty where there are none. */
  readonly pem: string;
  /** What is shown to whoever connects, as PEM; undefined where nothing answers, or nothing is served. */
  readonly served: string | undefined;
  readonly use: 'yes' | 'no' | 'unknown';
}

/** Certificates of one host, in one round trip. No key leaves it. @throws K8supError where it does not answer. */
async function readHost(context: RunContext, host: Host): Promise<readonly FoundPlace[]> {
  const { inventory, signal } = context;
  const places = [...placesOf(inventory, host), ...trustPlacesOf(host)];
  const script = probeScript(
    places.flatMap((place) => [
      { key: `pem ${place.name}`, script: print(place) },
      ...(place.serves === undefined ? [] : [{ key: `served ${place.name}`, script: served(place.serves(inventory)) }]),
      { key: `use ${place.name}`, script: use(place) },
    ]),
  );
  const { stdout } = await context.executor(host).read(script.script, { signal, timeoutMs: 120_000 });
  const sections = script.parse(stdout);
  const output = (key: string): string => sections.get(key)?.output.trim() ?? '';
  return places.map((place) => {
    const { name, serves } = place;
    const said = output(`use ${name}`);
    return {
      name,
      path: certificateFile(place),
      pem: output(`pem ${name}`),
      served: serves === undefined ? undefined : output(`served ${name}`) || undefined,
      use: said === 'yes' || said === 'no' ? said : 'unknown',
    };
  });
}

/** The same of all hosts; those that do not answer are told, and are not in it. */
export async function readHosts(context: RunContext): Promise<ReadonlyMap<Host, readonly FoundPlace[]>> {
  const found = await Promise.all(
    context.inventory.hosts.map(async (host): Promise<readonly (readonly [Host, readonly FoundPlace[]])[]> => {
      try {
        return [[host, await readHost(context, host)]];
      } catch (error) {
        context.signal.throwIfAborted();
        if (!(error instanceof K8supError)) throw error;
        context.emit({
          type: 'warning',
          host: host.name,
          text: `its certificates are not shown: ${whyUnreachable(error)}`,
        });
        return [];
      }
    }),
  );
  return new Map(found.flat());
}

type Place = CertificatePlace & { readonly name: string };

function placesOf(inventory: Inventory, host: Host): readonly Place[] {
  const own = leafPlaces(inventory).flatMap(({ kind }): readonly Place[] => {
    if (kind.name === 'admin' || !kind.on.some((role) => host.roles.has(role))) return [];
    return [{ name: kind.name, ...certificatePlaces[kind.name] }];
  });
  const kubelets = runsKubelet(host)
    ? Object.entries(kubeletPlaces(inventory.cluster.kubelet.rootDir)).map(([name, place]) => ({ name, ...place }))
    : [];
  return [...new Map([...own, ...kubelets].map((place) => [place.name, place])).values()];
}

const blocks = "sed -n '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/p'";

function print(place: Place): Sh {
  const file = certificateFile(place);
  if (place.form === 'kubeconfig')
    return sh`sed -n 's/^ *client-certificate-data: *//p' ${file} 2>/dev/null | base64 -d`;
  return sh`${rawShell(blocks)} ${file} 2>/dev/null`;
}

/** The certificate is shown before a client's is asked for, so that a server that refuses us shows it too. */
function served(port: number): Sh {
  return sh`timeout 5 openssl s_client -connect ${`127.0.0.1:${port}`} </dev/null 2>/dev/null | ${rawShell(blocks)}`;
}

function use(place: Place): Sh {
  const { unit, taken } = place;
  const running = sh`systemctl is-active --quiet ${unit}`;
  if (taken === 'at once') return sh`if ${running}; then echo yes; else echo no; fi`;
  return sh`if ${running} && ${startedWith(unit, certificateFile(place))}; then echo yes; else echo no; fi 2>/dev/null`;
}
