import { Html } from "./html.ts"

/** The style of a page. Raw: a style element decodes no escapes, and this one contains no data. */
export const style = Html.raw(`
:root {
  color-scheme: light dark;
  --page: #f6f7f9;
  --paper: #ffffff;
  --ink: #1b2430;
  --faint: #586272;
  --line: #dde1e7;
  --link: #0b5cad;
  --good: #1a7346;
  --bad: #b3261e;
  --unknown: #8a5a00;
  --chart-1: #0072b2;
  --chart-2: #c47c00;
  --chart-3: #009e73;
  --chart-4: #b8568c;
  --grey-1: #4b5563;
  --grey-2: #8792a2;
  --grey-3: #c9d0da;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #12161c;
    --paper: #1a2029;
    --ink: #e5e9ef;
    --faint: #a0aab8;
    --line: #303947;
    --link: #7ab8f5;
    --good: #5cc98c;
    --bad: #ff8a80;
    --unknown: #f2b84b;
    --chart-1: #56a8e0;
    --chart-2: #e6a532;
    --chart-3: #33b992;
    --chart-4: #d98bb5;
    --grey-1: #b4bdca;
    --grey-2: #7c8796;
    --grey-3: #48525f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto;
  padding: 2.5rem 1.5rem 5rem;
  max-width: 78rem;
  background: var(--page);
  color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { position: static; }
h1 { margin: 0; font-size: 1.75rem; font-weight: 650; line-height: 1.25; letter-spacing: -0.01em; }
header p { margin: 0.35rem 0 0; color: var(--faint); font-variant-numeric: tabular-nums; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; margin: 1.25rem 0 0; padding: 0; list-style: none; }
section { margin-top: 3rem; padding-top: 2rem; border-top: 1px solid var(--line); }
h2 { margin: 0; font-size: 1.3rem; font-weight: 650; line-height: 1.3; }
.intro { margin: 0.25rem 0 0; max-width: 44rem; color: var(--faint); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(12.5rem, 1fr)); gap: 1rem; margin: 1.5rem 0 0; }
.cards > div, figure, .table { background: var(--paper); border: 1px solid var(--line); border-radius: 0.5rem; }
.cards > div { padding: 1rem 1.25rem; border-left-width: 4px; }
.cards > .good { border-left-color: var(--good); }
.cards > .bad { border-left-color: var(--bad); }
.cards > .unknown { border-left-color: var(--unknown); }
dt, .note, figcaption, .more { color: var(--faint); font-size: 0.875rem; }
dd { margin: 0; }
.value { font-size: 1.6rem; font-weight: 600; line-height: 1.35; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.bad .value { color: var(--bad); }
.unknown .value { color: var(--unknown); }
#age { margin: 0.5rem 0 0; }
#age.old { padding: 0.6rem 0.9rem; border: 1px solid var(--unknown); border-radius: 0.5rem; font-weight: 600; }
.answer { margin: 0.75rem 0 0; max-width: 60rem; font-size: 1.5rem; font-weight: 600; line-height: 1.35; }
.answer.good { color: var(--good); }
.answer.bad { color: var(--bad); }
.answer.unknown { color: var(--unknown); }
.stacked { margin: 1.25rem 0 0; }
.strip { display: flex; gap: 2px; height: 1.5rem; border-radius: 0.25rem; overflow: hidden; }
.strip > span { min-width: 3px; flex-basis: 0; }
.strip .good, .legend .good { background: var(--chart-1); }
.strip .part, .legend .part { background: var(--chart-4); }
.strip .poor, .legend .poor { background: var(--chart-2); }
.strip .bad, .legend .bad { background: var(--bad); }
.strip .unknown, .legend .unknown { background: repeating-linear-gradient(45deg, var(--faint) 0 3px, var(--line) 3px 7px); }
.legend { display: flex; flex-wrap: wrap; gap: 0.35rem 1.75rem; margin: 0.75rem 0 0; }
.legend > div { display: flex; gap: 0.5rem; align-items: baseline; }
.legend dt span { display: inline-block; width: 0.75rem; height: 0.75rem; margin-right: 0.4rem; border-radius: 0.15rem; }
.legend dd { font-weight: 600; font-variant-numeric: tabular-nums; }
.notes { margin: 1.5rem 0 0; padding-left: 1.25rem; max-width: 60rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 28rem), 1fr)); gap: 1rem; margin-top: 1rem; }
figure { margin: 0; padding: 1rem 1.25rem 1.25rem; }
figcaption, caption { font-weight: 600; color: var(--ink); text-align: left; font-size: 0.95rem; }
figcaption { margin-bottom: 0.75rem; }
svg { display: block; width: 100%; height: auto; color: var(--faint); }
.tables { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 28rem), 1fr)); gap: 1rem; margin-top: 1rem; }
.table { padding: 1rem 1.25rem; min-width: 0; }
.wide { grid-column: 1 / -1; }
.scroll { max-height: 34rem; overflow: auto; }
caption { padding-bottom: 0.5rem; }
table { width: 100%; border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.45rem 0.75rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; white-space: nowrap; }
.long { min-width: 11rem; white-space: normal; overflow-wrap: anywhere; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
thead th { position: sticky; top: 0; background: var(--paper); color: var(--faint); font-weight: 500; }
tbody th { font-weight: 500; }
tbody tr:last-child > * { border-bottom: 0; }
th.number, td.number { text-align: right; white-space: nowrap; }
.none { color: var(--faint); }
.more { margin: 0.5rem 0 0; }
@media print {
  :root { --page: #fff; --paper: #fff; --ink: #000; --faint: #444; --line: #bbb; --link: #000; color-scheme: light; font-size: 11px; }
  body { max-width: none; padding: 0; line-height: 1.4; }
  nav, .skip { display: none; }
  .strip span, .legend dt span { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  section { margin-top: 1.5rem; padding-top: 1rem; }
  .cards > div, figure, .table:not(.wide), tr { break-inside: avoid; }
  h2, caption, figcaption { break-after: avoid; }
  .scroll { max-height: none; overflow: visible; }
  thead th { position: static; }
  th, td { padding: 0.25rem 0.5rem; white-space: normal; }
  .long { min-width: 9rem; }
}
`)
