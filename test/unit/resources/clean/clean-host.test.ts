import { lstatSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { claims } from '../../../../src/resources/claims.ts';
import { cleanHost } from '../../../../src/resources/clean/clean-host.ts';
import { directory } from '../../../../src/resources/directory.ts';
import { file } from '../../../../src/resources/file.ts';
import { changesOf } from '../../../support/case-files.ts';
import { fakeHost, noFakeHost } from '../../../support/fake-executor.ts';
import type { FakeHost, FakeHostOptions } from '../../../support/fake-executor.ts';
import { applyOn, probeOn } from '../on-host.ts';

const stateDir = '/var/lib/k8sup';

describe('a host to be cleaned', () => {
  it('needs nothing where nothing is recorded', () => expect(changesOf(cleanHost(), '')).toEqual([]));

  it('tells how many things of each kind go', () => {
    const manifest = 'file\t/a\tabsent\nfile\t/b\t/copy\nlink\tcni0\t\n';
    expect(changesOf(cleanHost(), manifest)).toEqual([
      'file: 2 of k8sup -> as before (delete)',
      'link: 1 of k8sup -> as before (delete)',
    ]);
  });
});

// Where bash is /bin/sh, `set -e` counts for nothing in a command whose result is asked for.
describe.skipIf(noFakeHost !== undefined).each(['/bin/dash', '/bin/bash'])('clean with %s', (shell) => {
  const open = (options: FakeHostOptions = {}): FakeHost => {
    const host = fakeHost({ shell, ...options });
    host.program('systemctl', 'echo "$*" >> /etc/systemctl.log');
    return host;
  };

  it('brings files back as they were, and takes away those that were not', async () => {
    using host = open();
    host.write('/srv/old.conf', 'before\n', 0o604);
    await host.sh('touch -d @1000000000 /srv/old.conf; chown daemon:daemon /srv/old.conf; ln -s /nowhere /srv/link');
    await applyOn(
      host,
      ...['/srv/old.conf', '/srv/link', '/srv/new/deep/x'].map((path) => file({ path, content: 'k8sup', mode: 0o600 })),
    );
    expect(await applyOn(host, cleanHost())).toEqual([]);
    expect(host.read('/srv/old.conf')).toBe('before\n');
    expect(await host.sh("stat -c '%a %U:%G %Y' /srv/old.conf")).toBe('604 daemon:daemon 1000000000\n');
    expect(lstatSync(host.path('/srv/link')).isSymbolicLink()).toBe(true);
    expect(await host.sh('ls -A /srv')).toBe('link\nold.conf\n');
    expect(await host.sh(`ls -A ${stateDir} /run/k8sup 2>/dev/null || :`)).toBe('');
  });

  it('keeps folders that hold what others made, and says so', async () => {
    using host = open();
    await applyOn(host, file({ path: '/srv/a/b/x', content: '', mode: 0o600 }));
    host.write('/srv/a/theirs', '');
    expect(await applyOn(host, cleanHost())).toEqual([]);
    expect(await host.sh('find /srv/a | sort')).toBe('/srv/a\n/srv/a/theirs\n');
  });

  it('empties trees, and keeps those that were there before with their mode', async () => {
    using host = open();
    await host.sh('mkdir -m 751 /srv/kept');
    await applyOn(
      host,
      directory({ path: '/srv/fresh', mode: 0o700, data: true }),
      directory({ path: '/srv/kept', mode: 0o700, data: true }),
    );
    host.write('/srv/fresh/deep/data', 'x');
    host.write('/srv/kept/deep/.data', 'x');
    expect(await applyOn(host, cleanHost())).toEqual([]);
    expect(await host.sh('find /srv | sort')).toBe('/srv\n/srv/kept\n');
    expect(statSync(host.path('/srv/kept')).mode & 0o777).toBe(0o751);
  });

  it('unmounts what was mounted below trees since, and removes nothing through a mount', async () => {
    using host = open();
    await applyOn(host, directory({ path: '/srv/tree', mode: 0o700, data: true }));
    host.write('/srv/theirs/precious', 'x');
    await host.sh('mkdir -p "/srv/tree/pods/a b" /srv/tree/pods/c');
    const inside = `mount --bind /srv/theirs "/srv/tree/pods/a b"; mount -t tmpfs x /srv/tree/pods/c; mkdir /srv/tree/pods/c/d; mount -t tmpfs y /srv/tree/pods/c/d`;
    await host.sh(`${inside}\n${cleanScript()}`);
    expect(await host.sh('find /srv | sort')).toBe('/srv\n/srv/theirs\n/srv/theirs/precious\n');
  });

  it('keeps what was mounted below a tree before k8sup came, and takes the rest', async () => {
    const before = 'mkdir -p "/srv/tree/a [b]/disk" /srv/tree/x && mount --bind /opt "/srv/tree/a [b]/disk"';
    using host = open({ before });
    host.write('/opt/precious', 'x');
    await applyOn(host, directory({ path: '/srv/tree', mode: 0o700, data: true }));
    host.write('/srv/tree/a [b]/data', 'x');
    host.write('/srv/tree/ours/deep/data', 'x');
    expect(await applyOn(host, cleanHost())).toEqual([]);
    expect(host.read('/opt/precious')).toBe('x');
    // `x` is made anew by the test's own mounts.
    const left = ['a [b]', 'a [b]/disk', 'a [b]/disk/precious', 'x'];
    expect(await host.sh('find /srv -mindepth 2 | sort')).toBe(left.map((path) => `/srv/tree/${path}\n`).join(''));
  });

  it('remembers what was mounted before for as long as its tree could not be emptied', async () => {
    using host = open({ before: 'mkdir -p /srv/tree/disk && mount --bind /opt /srv/tree/disk' });
    await applyOn(host, directory({ path: '/srv/tree', mode: 0o755, data: true }));
    const recorded = host.read(`${stateDir}/manifest`);
    host.program('find', 'exit 1');
    await expect(applyOn(host, cleanHost())).rejects.toMatchObject({ code: 'RESOURCE_FAILED' });
    expect(host.read(`${stateDir}/manifest`)).toBe(recorded);
  });

  it('leaves what it does not know on the list, for the k8sup that does', async () => {
    using host = open();
    await applyOn(host, file({ path: '/srv/x', content: '', mode: 0o600 }));
    await host.sh(`printf 'novelty\\tn\\tv\\n' >> ${stateDir}/manifest`);
    await expect(applyOn(host, cleanHost())).rejects.toMatchObject({
      code: 'RESOURCE_FAILED',
      why: expect.stringContaining('unknown kind novelty: made by a newer k8sup') as string,
    });
    expect(host.read(`${stateDir}/manifest`)).toBe('novelty\tn\tv\n');
    expect(await host.sh('ls -A /srv')).toBe('');
  });

  it('leaves what it could not take back on the list, and goes on with the rest', async () => {
    using host = open();
    await host.sh('mkdir /srv/kept');
    await applyOn(
      host,
      file({ path: '/srv/first', content: '', mode: 0o600 }),
      directory({ path: '/srv/kept', mode: 0o755, data: true }),
      file({ path: '/srv/last', content: '', mode: 0o600 }),
    );
    host.write('/srv/kept/data', 'x');
    host.program('find', 'echo "find: broken disk" >&2; exit 1');
    await expect(applyOn(host, cleanHost())).rejects.toMatchObject({
      why: expect.stringContaining('find: broken disk') as string,
    });
    expect(host.read(`${stateDir}/manifest`)).toBe('tree\t/srv/kept\tkept 755 0:0\n');
    await host.sh('rm /usr/local/sbin/find');
    expect(await applyOn(host, cleanHost())).toEqual([]);
    expect(await host.sh('find /srv')).toBe('/srv\n/srv/kept\n');
  });

  it('stops units from the last to the first, kubelet before all, and enables again what was enabled before', async () => {
    using host = open();
    const units = ['etcd.service enabled', 'containerd.service', 'kubelet.service disabled'];
    await host.sh(
      `mkdir -p ${stateDir}\n${units.map((unit) => `printf 'unit\\t%s\\t%s\\n' ${unit} >> ${stateDir}/manifest`).join('\n')}`,
    );
    await applyOn(host, cleanHost());
    const log = host.read('/etc/systemctl.log').split('\n');
    expect(log.filter((line) => line.startsWith('stop '))).toEqual([
      'stop kubelet.service',
      'stop kubelet.service',
      'stop containerd.service',
      'stop etcd.service',
      'stop kubepods.slice',
    ]);
    expect(log.filter((line) => line.startsWith('enable'))).toEqual(['enable --quiet etcd.service']);
    expect(log.filter((line) => line.startsWith('start'))).toEqual([]);
    expect(log.indexOf('enable --quiet etcd.service')).toBeGreaterThan(log.lastIndexOf('stop etcd.service'));
  });

  it('starts again what ran before, once its own unit file is back, unless its package is gone', async () => {
    using host = open();
    host.program('systemctl', 'echo "$*" >> /etc/systemctl.log; [ "$*" != "cat gone.service" ]');
    await host.sh(`mkdir -p ${stateDir}
printf 'unit\\t%s\\t%s\\n' docker.service 'active enabled' gone.service 'active enabled' idle.service 'inactive disabled' > ${stateDir}/manifest`);
    await applyOn(host, cleanHost());
    const log = host.read('/etc/systemctl.log').split('\n');
    const back = log.filter((line) => /^(enable|start|daemon-reload)/.test(line));
    expect(back).toEqual([
      'daemon-reload',
      'daemon-reload',
      'enable --quiet docker.service',
      'start docker.service',
      'daemon-reload',
    ]);
  });

  it("takes the pods' and Docker's cgroups away in every hierarchy, and no others", async () => {
    const cgroups =
      'mount -t tmpfs none /sys/fs/cgroup && mkdir -p /srv/cgroup && mount --bind /srv/cgroup /sys/fs/cgroup';
    using host = open({ before: cgroups });
    await host.sh(`cd /sys/fs/cgroup; mkdir -p memory/kubepods/burstable/pod1/a cpu,cpuacct/kubepods.slice/x docker/a memory/system.slice/docker my/kubepods/x
ln -s cpu,cpuacct cpu; mkdir -p ${stateDir}; printf 'unit\\tkubelet.service\\t\\nruntime\\tdocker\\t\\n' > ${stateDir}/manifest; touch cgroup.controllers`);
    await applyOn(host, cleanHost());
    // With cgroup v2 the first folders are groups, and a group below them is not the kubelet's.
    const v2 = await host.sh('cd /sys/fs/cgroup; find . -mindepth 1 -type d | sort');
    expect(
      v2
        .trim()
        .split('\n')
        .filter((path) => /docker/.test(path)),
    ).toEqual(['./memory/system.slice/docker']);
    await host.sh(
      `rm /sys/fs/cgroup/cgroup.controllers; mkdir -p ${stateDir}; printf 'unit\\tkubelet.service\\t\\n' > ${stateDir}/manifest`,
    );
    await applyOn(host, cleanHost());
    const v1 = await host.sh('cd /sys/fs/cgroup; find . -mindepth 1 -type d | sort');
    expect(v1).toBe('./cpu,cpuacct\n./memory\n./memory/system.slice\n./memory/system.slice/docker\n./my\n');
  });

  it("does not ask a runtime for its containers that is the host's own", async () => {
    using host = open();
    host.program('systemctl', 'echo "$*" >> /etc/systemctl.log; case "$*" in *MainPID*) cat /run/main.pid ;; esac');
    host.write(
      '/opt/k8sup/docker/docker',
      '#!/bin/sh\necho "$*" >> /etc/docker.log; [ "$1" != ps ] || echo c1\n',
      0o755,
    );
    const record = `mkdir -p ${stateDir}; printf 'runtime\\tdocker\\t\\n' > ${stateDir}/manifest`;
    await host.sh(`sleep 60 & echo $! > /run/main.pid; ${record}; ( ${cleanScript()} )`);
    expect(await host.sh('cat /etc/docker.log 2>/dev/null || :')).toBe('');
    await host.sh(`cp /bin/sleep /opt/k8sup/docker/dockerd
/opt/k8sup/docker/dockerd 60 & echo $! > /run/main.pid; ${begun('/opt/k8sup/docker/dockerd')}; ${record}; ( ${cleanScript()} )`);
    expect(host.read('/etc/docker.log')).toContain('rm -f -v c1\n');
  });

  it('empties a tree behind a link, also one that an earlier k8sup recorded by the link, and touches neither its mode nor the link', async () => {
    using host = open();
    await host.sh(
      'mkdir -p -m 751 /srv/disk/new /srv/disk/old; ln -s /srv/disk/new /srv/new; ln -s /srv/disk/old /srv/old',
    );
    await applyOn(host, directory({ path: '/srv/new', mode: 0o700, data: true }));
    await host.sh(`printf 'tree\\t/srv/old\\tkept 777\\n' >> ${stateDir}/manifest`);
    host.write('/srv/disk/new/x', '');
    host.write('/srv/disk/old/x', '');
    await host.sh(`mkdir /srv/disk/old/m; mount -t tmpfs x /srv/disk/old/m; ${cleanScript()}`);
    expect(await host.sh("find /srv -mindepth 1 -printf '%p %m %l\\n' | sort")).toBe(
      '/srv/disk 755 \n/srv/disk/new 751 \n/srv/disk/old 751 \n/srv/new 777 /srv/disk/new\n/srv/old 777 /srv/disk/old\n',
    );
  });

  it('gives folders that were there before their mode and owner back, and keeps what fsck found', async () => {
    using host = open();
    await host.sh('mkdir -m 2751 /srv/data; mkdir -m 755 /srv/conf; chown daemon:daemon /srv/data /srv/conf');
    host.write('/srv/data/lost+found/x', '');
    await applyOn(
      host,
      directory({ path: '/srv/data', mode: 0o700, data: true }),
      directory({ path: '/srv/conf', mode: 0o700 }),
    );
    host.write('/srv/data/ours/x', '');
    expect(await host.sh("stat -c '%a %U' /srv/data /srv/conf")).toBe('700 root\n700 root\n');
    expect(await applyOn(host, cleanHost())).toEqual([]);
    const left = await host.sh("find /srv -mindepth 1 -maxdepth 1 -printf '%p %m %u:%g\\n' | sort");
    expect(left).toBe('/srv/conf 755 daemon:daemon\n/srv/data 2751 daemon:daemon\n');
    expect(await host.sh('ls -A /srv/data /srv/data/lost+found')).toBe(
      '/srv/data:\nlost+found\n\n/srv/data/lost+found:\nx\n',
    );
  });

  it('ends processes of programs that k8sup brought, with their children, and no others', async () => {
    using host = open();
    host.write('/opt/k8sup/bin/.keep', '');
    await host.sh(`cp /bin/sleep /opt/k8sup/bin/shim; mkdir -p ${stateDir}; printf 'runtime\\tnone\\t\\n' > ${stateDir}/manifest
/opt/k8sup/bin/shim 600 & ours=$!
${begun('/opt/k8sup/bin/shim')}
sleep 600 & theirs=$!
( ${cleanScript()} )
! kill -0 $ours 2>/dev/null || [ "$(sed 's/.*) //' /proc/$ours/stat | cut -c 1)" = Z ]
kill -0 $theirs`);
  });

  it('does nothing on a host that is clean', async () => {
    using host = open();
    expect(await probeOn(host, cleanHost())).toEqual([]);
    await host.sh(cleanScript());
    expect(await host.sh('ls -A /srv /var/lib /run')).not.toContain('k8sup');
  });

  it('clears away what a run left that was cut off before it owned anything', async () => {
    using host = open();
    await host.sh(`mkdir -p ${stateDir} /run/k8sup`);
    expect(await probeOn(host, cleanHost())).toHaveLength(1);
    expect(await applyOn(host, cleanHost())).toEqual([]);
  });

  it('keeps a path that was there before, and removes one that was not', async () => {
    using host = open();
    host.write('/srv/old/x', '');
    await applyOn(
      host,
      claims('x', [
        { kind: 'path', name: '/srv/old' },
        { kind: 'path', name: '/srv/new' },
      ]),
    );
    host.write('/srv/new/x', '');
    expect(await applyOn(host, cleanHost())).toEqual([]);
    expect(await host.sh('find /srv | sort')).toBe('/srv\n/srv/old\n/srv/old/x\n');
  });
});

/** Waits until the process that was started last runs the program: up to then it is a shell. */
const begun = (program: string): string => `until [ "$(readlink "/proc/$!/exe")" = ${program} ]; do sleep 0.05; done`;

const cleanScript = (): string => cleanHost().apply.script.sh;
