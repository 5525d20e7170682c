import type { BenchLab } from './lab.ts';

/** What 01.prepare makes of the bench's hosts, as every tool is given it. */
export interface Work {
  readonly hostsBlock: readonly string[];
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly sysctlFiles: readonly { readonly path: string; readonly values: readonly (readonly [string, string])[] }[];
  readonly programs: readonly string[];
}

/** The state of one host, in which tools must agree. */
export interface EndState {
  readonly hostName: string;
  readonly hosts: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly sysctls: Readonly<Record<string, string>>;
}

const modulesFile = '/etc/modules-load.d/k8sup.conf';
const sysctlFolder = '/etc/sysctl.d';

/** Reads the work off a host on which k8sup has just done it, so that the others are asked for the same and nothing else. */
export async function readWork(lab: BenchLab): Promise<Work> {
  const [host] = lab.hosts;
  if (host === undefined) throw new Error('the lab has no host');
  const names = (await lab.ssh(host, `cd ${sysctlFolder} && ls | grep k8sup`)).trim().split('\n');
  const sysctlFiles = await Promise.all(
    names.map(async (name) => {
      const path = `${sysctlFolder}/${name}`;
      return { path, values: pairs(await lab.ssh(host, `cat ${path}`)) };
    }),
  );
  const hosts = await lab.ssh(host, 'cat /etc/hosts');
  const there = (await lab.ssh(host, `[ ! -e ${modulesFile} ] || cat ${modulesFile}`)) !== '';
  return {
    hostsBlock: entries(hosts).filter((line) => line.startsWith('10.88.')),
    files: there ? [{ path: modulesFile, text: await lab.ssh(host, `cat ${modulesFile}`) }] : [],
    sysctlFiles,
    programs: ['mount', 'iptables', 'conntrack', 'ip', 'ethtool', 'socat', 'nsenter', 'flock', 'tar', 'sha256sum'],
  };
}

/** Reads what every tool must have left on a host. */
export async function endState(lab: BenchLab, work: Work, host: BenchLab['hosts'][number]): Promise<EndState> {
  const keys = work.sysctlFiles.flatMap(({ values }) => values.map(([key]) => key));
  const live = await lab.ssh(host, keys.map((key) => `echo ${key} = $(cat /proc/sys/${pathOf(key)})`).join('; '));
  const files = await Promise.all(
    work.files.map(async ({ path }) => [path, await lab.ssh(host, `cat ${path}`)] as const),
  );
  const kept = await Promise.all(
    work.sysctlFiles.map(
      async ({ path }) => [path, JSON.stringify([...pairs(await lab.ssh(host, `cat ${path}`))].sort())] as const,
    ),
  );
  return {
    hostName: (await lab.ssh(host, 'cat /etc/hostname')).trim(),
    hosts: entries(await lab.ssh(host, 'cat /etc/hosts'))
      .filter((line) => line.startsWith('10.88.'))
      .sort(),
    files: Object.fromEntries([...files, ...kept]),
    sysctls: Object.fromEntries(pairs(live)),
  };
}

/** `key = value` lines, comments left out, white space as sysctl prints it. */
function pairs(text: string): readonly (readonly [string, string])[] {
  return entries(text).map((line) => {
    const [key = '', value = ''] = line.split('=').map((part) => part.trim().replace(/\s+/g, ' '));
    return [key.replace(/^-/, ''), value] as const;
  });
}

function entries(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '' && !line.startsWith('#'));
}

const pathOf = (key: string): string => key.replaceAll('.', '/');
