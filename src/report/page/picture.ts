import type { ClusterOutline, HostOutline } from '../../engine/events.ts';
import { html, joined, nothing } from './markup.ts';
import type { Markup } from './markup.ts';
import type { HostModel, RunModel } from './model.ts';

/** A drawing of the cluster: who is dialled, what runs where, and how each host came out of the run. */
export function clusterPicture({ outline, hosts }: RunModel): Markup {
  const states = new Map(hosts.map((host) => [host.name, host]));
  const lanes = lanesOf(outline).filter((lane) => lane.hosts.length > 0);
  let top = outline.endpoint === undefined ? 0 : barHeight + gap;
  const drawn = lanes.map((lane) => {
    const height = laneHeight(lane.hosts.length);
    const markup = drawLane(lane, top, states);
    top += height + gap;
    return markup;
  });
  const { plugin, podCIDRs } = outline.network;
  const network = plugin === '' ? nothing : bar(top, `network: ${plugin}`, podCIDRs.join(', '));
  const height = plugin === '' ? Math.max(0, top - gap) : top + barHeight;
  const names = outline.hosts.map(({ name }) => name).join(', ');
  return html`<svg class="picture" viewBox="0 0 ${width} ${height}" role="img" aria-label="hosts by role: ${names}">
    ${outline.endpoint === undefined ? nothing : bar(0, 'apiserver endpoint', outline.endpoint)}${joined(drawn)}${network}
  </svg>`;
}

interface Lane {
  readonly title: string;
  readonly hosts: readonly HostOutline[];
}

const [width, barHeight, gap, titleHeight] = [960, 34, 26, 22];
const [boxWidth, boxHeight, boxGap] = [148, 52, 10];
/** Above this number hosts are small squares, whose names are shown when pointed at. */
const manyHosts = 48;
const [dot, dotGap] = [16, 4];

function lanesOf({ hosts }: ClusterOutline): readonly Lane[] {
  const has = (role: string) => (host: HostOutline) => host.roles.includes(role);
  const masters = hosts.filter(has('master'));
  const etcd = hosts.filter((host) => has('etcd')(host) && !has('master')(host));
  const others = hosts.filter((host) => !masters.includes(host) && !etcd.includes(host));
  return [
    { title: 'control plane', hosts: masters },
    { title: etcd.some(has('node')) ? 'etcd and nodes' : 'etcd', hosts: etcd },
    { title: others.some(has('container')) ? 'container hosts' : 'nodes', hosts: others },
  ];
}

function perRow(number: number): number {
  return number > manyHosts
    ? Math.floor((width - boxGap) / (dot + dotGap))
    : Math.floor((width - boxGap) / (boxWidth + boxGap));
}

function laneHeight(number: number): number {
  const rows = Math.ceil(number / perRow(number));
  return titleHeight + rows * (number > manyHosts ? dot + dotGap : boxHeight + boxGap) + boxGap;
}

function drawLane({ title, hosts }: Lane, top: number, states: ReadonlyMap<string, HostModel>): Markup {
  const columns = perRow(hosts.length);
  const small = hosts.length > manyHosts;
  const boxes = hosts.map((host, index) => {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    const x = boxGap + column * (small ? dot + dotGap : boxWidth + boxGap);
    const y = top + titleHeight + row * (small ? dot + dotGap : boxHeight + boxGap);
    return (small ? drawDot : drawBox)(host, { x, y }, states.get(host.name));
  });
  return html`<path class="wire" d="M${width / 2} ${Math.max(0, top - gap)}V${top}" />
    <rect class="lane" x="0" y="${top}" width="${width}" height="${laneHeight(hosts.length)}" rx="8" />
    <text class="lane-title" x="${boxGap}" y="${top + 15}">${title} (${hosts.length})</text>${joined(boxes)}`;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

function drawBox(host: HostOutline, { x, y }: Place, model: HostModel | undefined): Markup {
  return html`<g class="host ${classOf(model)}"
    >${titleOf(host, model)}<rect x="${x}" y="${y}" width="${boxWidth}" height="${boxHeight}" rx="6" />
    <text class="name" x="${x + 10}" y="${y + 18}">${short(host.name, 19)}</text>
    <text x="${x + 10}" y="${y + 32}">${short(host.address, 24)}</text>
    <text x="${x + 10}" y="${y + 45}">${short(host.roles.join(' '), 24)}</text></g
  >`;
}

function drawDot(host: HostOutline, { x, y }: Place, model: HostModel | undefined): Markup {
  return html`<g class="host ${classOf(model)}"
    >${titleOf(host, model)}<rect x="${x}" y="${y}" width="${dot}" height="${dot}" rx="3"
  /></g>`;
}

function titleOf(host: HostOutline, model: HostModel | undefined): Markup {
  const changed = model === undefined || model.changed === 0 ? '' : `, ${model.changed} changed`;
  return html`<title>
    ${host.name} ${host.address} (${host.roles.join(', ')}): ${model?.state ?? 'left out'}${changed}
  </title>`;
}

function classOf(model: HostModel | undefined): string {
  return (model?.state ?? 'left out').replace(' ', '-');
}

function bar(top: number, title: string, text: string): Markup {
  const wire = top === 0 ? nothing : html`<path class="wire" d="M${width / 2} ${top - gap}V${top}" />`;
  return html`${wire}<rect class="bar-box" x="0" y="${top}" width="${width}" height="${barHeight}" rx="8" />
    <text class="bar-text" x="${width / 2}" y="${top + 22}" text-anchor="middle"
      >${title}${text === '' ? '' : `  ${text}`}</text
    >`;
}

function short(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
