import type { K8supRun, LabHandle } from './lab.ts';

/** Main process ids by `HOST UNIT`, of all units k8sup has on the hosts. */
export async function mainPids(lab: LabHandle, hosts: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const script = `for unit in etcd containerd docker kube-apiserver kube-controller-manager kube-scheduler k8sup-csr-approver kubelet kube-proxy flanneld; do
  [ -e /etc/systemd/system/$unit.service ] && echo "$unit.service $(systemctl show -p MainPID --value $unit.service)-$(systemctl show -p ActiveEnterTimestampMonotonic --value $unit.service)"
done; true`;
  return valuesOf(lab, hosts, script);
}

/** How often each unit of k8sup's was started since a time (milliseconds since 1970), by `HOST UNIT`. */
export async function startsOf(
  lab: LabHandle,
  hosts: readonly string[],
  since: number,
): Promise<ReadonlyMap<string, number>> {
  const script = `for unit in etcd containerd kube-apiserver kube-controller-manager kube-scheduler k8sup-csr-approver kubelet kube-proxy flanneld; do
  echo "$unit $(journalctl -u $unit.service --since @${String(Math.floor(since / 1000))} -o cat | grep -c '^Started ')"
done; true`;
  const counts = await valuesOf(lab, hosts, script);
  return new Map([...counts].map(([unit, count]) => [unit, Number(count)]));
}

/** Waits until a condition holds, looked at every half second, at most so many seconds. */
export async function waitUntil(condition: () => Promise<boolean>, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not so after ${String(seconds)} s: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** When a unit was last down, from its stop to its readiness, in microseconds of the host's monotonic clock. */
export async function lastDowntime(
  lab: LabHandle,
  host: string,
  unit: string,
): Promise<{ readonly from: number; readonly to: number }> {
  const show = (property: string) => `systemctl show -p ${property} --value ${unit}`;
  const output = await lab.ssh(
    host,
    `${show('ActiveExitTimestampMonotonic')}; ${show('ActiveEnterTimestampMonotonic')}`,
  );
  const [from = NaN, to = NaN] = output.trim().split('\n').map(Number);
  return { from, to };
}

/** Logs in to each host again and again, by connections of their own, for as long as a run of k8sup takes. */
export async function loggingIn(
  lab: LabHandle,
  hosts: readonly string[],
  run: () => Promise<K8supRun>,
): Promise<{ result: K8supRun; logins: { good: number; failed: readonly string[] } }> {
  let over = false;
  let good = 0;
  const failed: string[] = [];
  const loops = hosts.map(async (host) => {
    while (!over)
      await lab.ssh(host, 'true').then(
        () => (good += 1),
        (error: unknown) => failed.push(`${host}: ${String(error)}`),
      );
  });
  const result = await run();
  over = true;
  await Promise.all(loops);
  return { result, logins: { good, failed } };
}

/** Writes to etcd through all members all the while `work` runs; a write that was acknowledged must be there afterwards. */
export async function writeWithoutLoss(
  lab: LabHandle,
  work: () => Promise<void>,
): Promise<{ lost: readonly string[]; written: number }> {
  await lab.ssh(
    'h1',
    `cat > /tmp/writer.sh <<'EOF'
etcdctl="/opt/k8sup/bin/etcdctl --endpoints https://10.88.0.11:2379,https://10.88.0.12:2379,https://10.88.0.13:2379 --cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/healthcheck-client.crt --key /etc/etcd/pki/healthcheck-client.key --command-timeout 20s"
i=0; while [ ! -e /tmp/writer.stop ]; do i=$((i+1)); if $etcdctl put /k8sup-test/$i v$i >/dev/null 2>>/tmp/writer.errors; then echo $i >> /tmp/writer.ok; fi; done
echo end > /tmp/writer.done
EOF
rm -f /tmp/writer.ok /tmp/writer.stop /tmp/writer.done /tmp/writer.errors; systemd-run -q --unit k8sup-test-writer --collect sh /tmp/writer.sh`,
  );
  await work();
  await lab.ssh('h1', 'touch /tmp/writer.stop');
  await waitUntil(async () => (await lab.ssh('h1', 'cat /tmp/writer.done 2>/dev/null || :')).trim() === 'end', 60);
  const output = await lab.ssh(
    'h1',
    `etcdctl="/opt/k8sup/bin/etcdctl --endpoints https://10.88.0.11:2379 --cacert /etc/etcd/pki/ca.crt --cert /etc/etcd/pki/healthcheck-client.crt --key /etc/etcd/pki/healthcheck-client.key"
$etcdctl get /k8sup-test/ --prefix --keys-only | sed -n 's,^/k8sup-test/,,p' | sort > /tmp/writer.there
echo "written $(wc -l < /tmp/writer.ok)"; sort /tmp/writer.ok | comm -23 - /tmp/writer.there | sed 's/^/lost /'
$etcdctl del /k8sup-test/ --prefix >/dev/null; rm -f /tmp/writer.*`,
  );
  const lines = output.trim().split('\n');
  return {
    written: Number(lines.find((line) => line.startsWith('written '))?.split(' ')[1] ?? 0),
    lost: lines.filter((line) => line.startsWith('lost ')),
  };
}

/** Runs a script that prints `UNIT VALUE` lines on each host, and gives the values by `HOST UNIT`. */
async function valuesOf(
  lab: LabHandle,
  hosts: readonly string[],
  script: string,
): Promise<ReadonlyMap<string, string>> {
  const entries = await Promise.all(
    hosts.map(async (host) =>
      (await lab.ssh(host, script))
        .trim()
        .split('\n')
        .map((line) => [`${host} ${line.split(' ')[0] ?? ''}`, line.split(' ')[1] ?? ''] as const),
    ),
  );
  return new Map(entries.flat());
}
