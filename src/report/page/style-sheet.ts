/** The page's style; `light-dark` would ask for browsers of 2024, so colours are variables. */
export const styleSheet = `
:root{--bg:#fff;--fg:#1b1f24;--dim:#667;--line:#d8dde3;--soft:#f3f5f8;--good:#1a7f37;--bad:#c62828;--warn:#9a6700;
--add:#e3f6e5;--del:#fde7e7;--same:#e8ecf1;--changed:#cfe3ff;--changed-line:#3572c6;
--s0:#4c78a8;--s1:#e08b3a;--s2:#3f9b6d;--s3:#b3599c;--s4:#8a6fc7;--s5:#3aa0a8;--s6:#b08b2e;--s7:#8a5a44}
@media (prefers-color-scheme:dark){:root{--bg:#15181c;--fg:#e4e7eb;--dim:#98a2ae;--line:#343a42;--soft:#1e2329;--good:#56c271;--bad:#ff7b72;--warn:#d9a23b;
--add:#163320;--del:#3c1a1c;--same:#2a3038;--changed:#1d3557;--changed-line:#6ea8fe}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
header,main{max-width:1100px;margin:0 auto;padding:0 20px}
h1{font-size:1.5rem;margin:1.2rem 0 0}h2{font-size:1.1rem;margin:2rem 0 .6rem}h3{font-size:1rem;margin:0}
header p{margin:.2rem 0;color:var(--dim)}
section{overflow-x:auto}
code,pre,.what,td .dim{font-family:ui-monospace,monospace;font-size:.87em}
pre{background:var(--soft);padding:10px;border-radius:6px;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0}
.dim{color:var(--dim)}
.verdict{font-size:.9rem;padding:2px 10px;border-radius:20px;color:var(--bg);background:var(--good);vertical-align:middle}
.verdict.bad{background:var(--bad)}.verdict.broken{background:var(--warn)}
.cards{list-style:none;display:flex;flex-wrap:wrap;gap:10px;padding:0;margin:1rem 0}
.cards li{background:var(--soft);border:1px solid var(--line);border-radius:8px;padding:8px 14px;color:var(--dim)}
.cards b{color:var(--fg);font-size:1.15rem}
table{border-collapse:collapse;width:100%;font-size:.93rem}
td,th{text-align:left;vertical-align:top;padding:5px 8px;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
td.number{white-space:nowrap;font-variant-numeric:tabular-nums}td.sign{font-weight:bold;width:1.6em}
td.where{color:var(--dim);width:22%}td.what{width:34%}
.sign.new,.good .sign{color:var(--good)}.sign.gone,.bad .sign{color:var(--bad)}.sign.restart{color:var(--warn)}
em{color:var(--warn);font-style:normal;font-weight:600}
details.stage{border:1px solid var(--line);border-radius:8px;margin:.5rem 0;padding:6px 12px}
summary{cursor:pointer}
.diff{padding:6px 0}.diff span{display:block;padding:0 10px}.diff .add{background:var(--add)}.diff .del{background:var(--del)}.diff .hunk,.diff .file{color:var(--dim)}
.error{border-left:4px solid var(--bad);background:var(--soft);border-radius:6px;padding:10px 14px;margin:.6rem 0}
.error p{margin:.3rem 0 0}
.picture{width:100%;min-width:640px;height:auto;font:11px system-ui,sans-serif}
.picture text{fill:var(--dim)}.picture .name{fill:var(--fg);font-weight:600;font-size:13px}
.lane{fill:var(--soft);stroke:var(--line)}.lane-title{font-weight:600}.wire{stroke:var(--dim);fill:none;stroke-dasharray:3 3}
.bar-box{fill:none;stroke:var(--dim)}.picture .bar-text{fill:var(--fg);font-size:13px;white-space:pre}
.host rect{fill:var(--same);stroke:var(--line)}.host.changed rect{fill:var(--changed);stroke:var(--changed-line)}
.host.failed rect{fill:var(--del);stroke:var(--bad);stroke-width:2}.host.left-out rect{fill:none;stroke-dasharray:4 3}
.legend{color:var(--dim);font-size:.87rem;margin:.3rem 0}
.legend i{display:inline-block;width:12px;height:12px;border-radius:3px;border:1px solid var(--line);margin-left:12px;vertical-align:-1px;background:var(--same)}
.legend i.changed{background:var(--changed);border-color:var(--changed-line)}.legend i.failed{background:var(--del);border-color:var(--bad)}.legend i.left-out{background:none;border-style:dashed}
.timeline{max-height:75vh;overflow:auto;border:1px solid var(--line);border-radius:8px;padding:6px 12px}
.row{display:flex;align-items:center;gap:10px;height:20px}
.who{flex:0 0 min(130px,30%);overflow:hidden;text-overflow:ellipsis;white-space:nowrap;font-size:.83rem}.who.failed{color:var(--bad);font-weight:600}
.track{position:relative;flex:1;height:14px;background:var(--soft);border-radius:3px}
.axis .track{background:none}.axis,.stages{position:sticky;z-index:1;background:var(--bg)}.axis{top:-6px}.stages{top:14px}
.track i{position:absolute;top:0;height:100%;min-width:2px;border-radius:2px;font-style:normal}
.track i.tick{border-left:1px solid var(--line);padding-left:3px;color:var(--dim);font-size:.7rem;white-space:nowrap;border-radius:0}
.track i.band{opacity:.85;overflow:hidden;color:#fff;font-size:.68rem;line-height:14px;white-space:nowrap}.band b{font-weight:500;padding:0 4px}
.track i.bad,.track i.failed{background:var(--bad)}
.s0{background:var(--s0)}.s1{background:var(--s1)}.s2{background:var(--s2)}.s3{background:var(--s3)}.s4{background:var(--s4)}.s5{background:var(--s5)}.s6{background:var(--s6)}.s7{background:var(--s7)}
.track i.look{opacity:.35}
@media print{.timeline{max-height:none}}
`;
