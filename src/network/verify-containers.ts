import { randomBytes } from 'node:crypto';
import { binaries, sockets } from '../components/paths.ts';
import type { CheckResult, Emit } from '../engine/events.ts';
import type { ActionContext } from '../engine/stage.ts';
import { messageOf } from '../errors/k8sup-error.ts';
import { urlHost } from '../inventory/urls.ts';
import type { Host } from '../inventory/model.ts';
import { escapeControl } from '../shell/escape.ts';
import { sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';

const docker = sh`${binaries.docker} --host ${`unix://${sockets.docker}`}`;
const port = 8080;
/** The listeners outside of the network, on the hosts themselves; nothing of k8sup's or flannel's is there. */
const hostPort = 18_327;

/** Answers each caller with the address it was seen under, so that a hidden (masqueraded) one is noticed. */
const serve = `mkdir -p /tmp/www/cgi-bin
cat > /tmp/www/cgi-bin/who <<'EOF'
#!/bin/sh
echo "Content-Type: text/plain"
echo
echo "saw $REMOTE_ADDR"
EOF
chmod 755 /tmp/www/cgi-bin/who
exec httpd -f -p "$1" -h /tmp/www`;

/** Asks `$1` at port `$2`. By nc, since wget of a statically linked busybox crashes where it cannot look up the name of a port. */
const whoIsThere = `printf 'GET /cgi-bin/who HTTP/1.0\\r\\n\\r\\n' | nc -w 5 "$1" "$2"`;

interface Started {
  readonly host: Host;
  readonly ip: string;
}

/**
 * Proves the network of container hosts with containers of its own, gone afterwards: each host's container reaches the next host's, which sees its own
 * address, and is seen under its host's address where it leaves the network.
 */
export async function verifyContainers(context: ActionContext, emit: Emit): Promise<readonly CheckResult[]> {
  const name = `k8sup-verify-${randomBytes(3).toString('hex')}`;
  const results: CheckResult[] = [];
  const tell = (check: CheckResult): void => {
    results.push(check);
    emit({ type: 'check', check });
  };
  const hosts = context.inventory.hosts.filter(
    (host) => host.roles.has('container') && !context.unreachable.has(host.name),
  );
  try {
    const started = await Promise.all(hosts.map((host) => start(context, name, host)));
    for (const one of started) if ('check' in one) tell(one.check);
    const up = started.flatMap((one) => ('ip' in one ? [one] : []));
    for (const check of (await Promise.all(up.map((from) => fromContainer(context, name, from, up)))).flat())
      tell(check);
    if (up.length === 1 && hosts.length === 1) tell(nothingToCross());
  } finally {
    for (const check of await remove(context, name, hosts)) tell(check);
  }
  return results;
}

function nothingToCross(): CheckResult {
  return {
    name: 'container to container',
    tried: 'two hosts',
    result: 'one host: nothing to cross',
    ok: true,
    durationMs: 0,
  };
}

async function start(
  context: ActionContext,
  name: string,
  host: Host,
): Promise<Started | { readonly check: CheckResult }> {
  const image = context.inventory.cluster.images.verify;
  const script = sh`${docker} run -d --name ${name} ${image} sh -c ${serve} sh ${String(port)} >/dev/null || exit 1
${docker} run -d --name ${`${name}-host`} --network host ${image} sh -c ${serve} sh ${String(hostPort)} >/dev/null || exit 1
${docker} inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' ${name}`;
  const tried = `docker run on ${host.name}`;
  const answer = await ask(context, host, script);
  if (answer.ok) return { host, ip: answer.text.trim() };
  return { check: { name: 'container', tried, result: answer.text, ok: false, durationMs: answer.durationMs } };
}

/** To the next host's container, round in a ring, and to the next host itself. */
async function fromContainer(
  context: ActionContext,
  name: string,
  from: Started,
  all: readonly Started[],
): Promise<readonly CheckResult[]> {
  const to = all[(all.indexOf(from) + 1) % all.length] ?? from;
  if (to === from) return [];
  const exec = (target: string, at: number, ping: string): Sh => sh`end=$(( $(date +%s) + 8 ))
while :; do
o=$(${docker} exec ${name} sh -c ${`${ping}${whoIsThere}`} sh ${target} ${String(at)} 2>&1); rc=$?
case $rc$o in 0*saw*) break ;; esac
[ $(date +%s) -lt $end ] || break; sleep 0.5
done
printf '%s\\n' "$o"; exit $rc`;
  const inside = await ask(context, from.host, exec(to.ip, port, 'ping -c 2 -W 2 "$1" && '));
  const outside = await ask(context, from.host, exec(urlHost(to.host.address), hostPort, ''));
  const time = /time=([\d.]+) ms/.exec(inside.text)?.[1];
  return [
    judge(inside, from.ip, {
      name: 'container to container',
      tried: `ping and http, ${from.host.name} to ${to.host.name}`,
      good: `${from.ip} to ${to.ip}${time === undefined ? '' : ` in ${time} ms`}, seen as itself`,
      bad: `instead of ${from.ip}: something masquerades traffic between containers`,
    }),
    judge(outside, from.host.address, {
      name: 'masquerade',
      tried: `http, a container on ${from.host.name} to ${to.host.name} itself`,
      good: `seen as ${from.host.address}`,
      bad: `instead of ${from.host.address}: traffic that leaves the network is not masqueraded`,
    }),
  ];
}

interface Words {
  readonly name: string;
  readonly tried: string;
  readonly good: string;
  readonly bad: string;
}

function judge(answer: Answer, wanted: string, { name, tried, good, bad }: Words): CheckResult {
  const { durationMs } = answer;
  const seen = /saw \[?(?:::ffff:)?([0-9a-f.:]+?)\]?(?::\d+)?$/m.exec(answer.text)?.[1];
  if (!answer.ok || seen === undefined) {
    const result = escapeControl(answer.text).trim().split('\n').slice(-3).join(' ');
    return { name, tried, result: result === '' ? 'no answer' : result, ok: false, durationMs };
  }
  const ok = seen === wanted;
  return { name, tried, result: ok ? good : `the receiver saw ${seen} ${bad}`, ok, durationMs };
}

/** After a stop they go as well: nobody else would take them away. */
async function remove(context: ActionContext, name: string, hosts: readonly Host[]): Promise<readonly CheckResult[]> {
  const script = sh`left=
for c in ${[name, `${name}-host`]}; do ${docker} rm -f -v "$c" >/dev/null 2>&1 || ! ${docker} inspect "$c" >/dev/null 2>&1 || left="$left $c"; done
[ -z "$left" ] || { echo "still there:$left"; exit 1; }`;
  const { signal } = new AbortController();
  const answers = await Promise.all(hosts.map((host) => ask({ ...context, signal }, host, script)));
  return answers.flatMap(({ ok, text, durationMs }, index) =>
    ok ? [] : [{ name: 'clean-up', tried: `docker rm on ${hosts[index]?.name ?? ''}`, result: text, ok, durationMs }],
  );
}

interface Answer {
  readonly ok: boolean;
  readonly text: string;
  readonly durationMs: number;
}

async function ask(context: ActionContext, host: Host, script: Sh): Promise<Answer> {
  const started = performance.now();
  const durationMs = (): number => Math.round(performance.now() - started);
  try {
    const result = await context.executor(host).run(script.sh, { signal: context.signal, timeoutMs: 120_000 });
    const ok = result.exitCode === 0;
    const text = ok
      ? result.stdout
      : escapeControl(`${result.stdout}${result.stderr}`).trim().split('\n').slice(-3).join(' ');
    return { ok, text, durationMs: durationMs() };
  } catch (error) {
    context.signal.throwIfAborted();
    return { ok: false, text: messageOf(error), durationMs: durationMs() };
  }
}
