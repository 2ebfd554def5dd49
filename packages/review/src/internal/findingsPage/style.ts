import { Html } from "../html.ts"

/**
 * The style of the page of findings, besides that of every page.
 *
 * Raw: a style element decodes no escapes, and this one contains no data.
 */
export const style = Html.raw(`
.table th, .table td { padding-inline: 0.5rem; }
.heat { font-size: 0.8rem; }
.heat th, .heat td { padding: 0.3rem 0.35rem; text-align: center; }
.heat tbody th, .heat thead th:first-child { text-align: left; }
.heat .number { text-align: right; }
.heat td { min-width: 1.75rem; border: 1px solid var(--paper); }
.heat-none { background: color-mix(in srgb, var(--good) 10%, var(--paper)); }
.heat-unknown { background: color-mix(in srgb, var(--unknown) 14%, var(--paper)); }
.heat-1 { background: color-mix(in srgb, var(--bad) 8%, var(--paper)); }
.heat-2 { background: color-mix(in srgb, var(--bad) 16%, var(--paper)); }
.heat-3 { background: color-mix(in srgb, var(--bad) 24%, var(--paper)); }
.heat-4 { background: color-mix(in srgb, var(--bad) 34%, var(--paper)); }
.heat-5 { background: color-mix(in srgb, var(--bad) 44%, var(--paper)); }

#filters { display: grid; grid-template-columns: minmax(14rem, 2fr) 1fr auto; gap: 0.75rem 1.25rem; align-items: end; margin-top: 1.5rem; }
#filters fieldset { display: flex; flex-wrap: wrap; gap: 0.4rem; grid-column: 1 / -1; margin: 0; padding: 0; border: 0; min-width: 0; }
#filters legend { padding: 0 0 0.3rem; font-size: 0.875rem; color: var(--faint); }
#filters fieldset label {
  display: inline-flex; align-items: center; gap: 0.4rem; padding: 0.25rem 0.7rem; background: var(--paper);
  border: 1px solid var(--line); border-radius: 1rem; font-size: 0.875rem; cursor: pointer; font-variant-numeric: tabular-nums;
}
#filters fieldset label:has(:checked) { border-color: var(--link); box-shadow: inset 0 0 0 1px var(--link); }
#filters input[type=checkbox] { margin: 0; accent-color: var(--link); }
.of { color: var(--faint); }
.search { display: grid; gap: 0.3rem; font-size: 0.875rem; color: var(--faint); }
#search, #filters button, .close {
  font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 0.4rem; padding: 0.45rem 0.75rem;
}
#search { width: 100%; font-size: 1rem; }
#filters button { justify-self: start; cursor: pointer; }
#status { margin: 1rem 0 0.5rem; font-variant-numeric: tabular-nums; }
.split { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; align-items: start; }
.detailed .split { grid-template-columns: minmax(0, 1fr) minmax(0, 24rem); }
#grid, #detail { background: var(--paper); border: 1px solid var(--line); border-radius: 0.5rem; }
#grid { container-type: inline-size; position: relative; height: min(40rem, 75vh); overflow: auto; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
#grid-head { position: sticky; top: 0; z-index: 1; background: var(--paper); border-bottom: 1px solid var(--line); }
#grid-body { position: relative; overflow: hidden; }
#grid-head > div, .row {
  display: grid; grid-template-columns: 7rem 5.5rem minmax(10rem, 1.3fr) 13rem minmax(8.5rem, 1fr) minmax(8.5rem, 1fr) 5rem;
  align-items: center; gap: 0 0.75rem; padding: 0 1rem;
}
.row { position: absolute; inset: 0 0 auto; height: 2.5rem; border-bottom: 1px solid var(--line); cursor: pointer; }
.row > * { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.row:hover { background: color-mix(in srgb, var(--link) 6%, var(--paper)); }
.row[aria-selected=true] { background: color-mix(in srgb, var(--link) 12%, var(--paper)); }
#grid:focus-visible { outline-offset: -2px; }
#grid:focus-visible .row[aria-selected=true] { outline: 2px solid var(--link); outline-offset: -3px; }
#grid-head button { width: 100%; padding: 0.6rem 0; font: inherit; text-align: inherit; color: var(--faint); background: none; border: 0; cursor: pointer; }
#grid-head [aria-sort=ascending] button, #grid-head [aria-sort=descending] button { color: var(--ink); font-weight: 600; }
[aria-sort=ascending] button::after { content: " \\2191"; }
[aria-sort=descending] button::after { content: " \\2193"; }
.row .length, #grid-head .length { text-align: right; }
.row .code { font-weight: 600; }
.critical > .severity, .soon > .deadline, .badge.critical { color: var(--bad); font-weight: 600; }
.badge { padding: 0.05rem 0.5rem; border: 1px solid currentColor; border-radius: 1rem; }
#detail { position: relative; padding: 1rem 1.25rem; max-height: min(40rem, 75vh); overflow: auto; font-size: 0.9rem; }
#detail h3 { margin: 0 5rem 0.5rem 0; font-size: 1.1rem; }
#detail h4 { margin: 1.25rem 0 0; padding-top: 0.75rem; border-top: 1px solid var(--line); font-size: 0.95rem; }
#detail p { margin: 0.5rem 0 0; }
#detail dl { margin: 0.75rem 0 0; }
#detail dl > div { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: 0.75rem; padding: 0.2rem 0; }
#detail dd { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
#detail audio { width: 100%; margin-top: 0.75rem; }
.close { position: absolute; top: 0.75rem; right: 0.75rem; cursor: pointer; padding: 0.25rem 0.7rem; font-size: 0.875rem; }
.proof { max-height: 24rem; overflow: auto; font-size: 0.8rem; }
.proof:focus-visible { outline-offset: -2px; }
details { margin-top: 1rem; }
summary { cursor: pointer; color: var(--link); }
#printed { display: none; }
#printed td:last-child { overflow-wrap: anywhere; }
@media screen and (min-width: 64rem) {
  .table:has(#table-0-1) { grid-column: auto; }
  section:has(> .charts):not(:has(> .tables > .wide)) { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); column-gap: 1rem; align-items: start; }
  section:has(> .charts):not(:has(> .tables > .wide)) > :is(h2, .intro) { grid-column: 1 / -1; }
  section:has(> .tables > .wide) > .charts > figure { grid-column: 1 / -1; }
  section:has(> .tables > .wide) > .charts > figure > svg { max-height: 24rem; }
}
@media (max-width: 60rem) {
  .detailed .split { grid-template-columns: minmax(0, 1fr); }
  .detailed #grid { height: min(24rem, 45vh); }
}
@container (max-width: 56rem) {
  #grid-head > div, .row { grid-template-columns: 7rem 5.5rem minmax(0, 1fr) 13rem 5rem; }
  :is(#grid-head, .row) :is(.from, .to) { display: none; }
}
@container (max-width: 36rem) {
  #grid-head > div { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: 0.25rem 1rem; }
  #grid-head button { padding: 0.35rem 0; }
  .row { grid-template: "code deadline" "at severity" "from length" / minmax(0, 1fr) auto; align-content: center; gap: 0.1rem 0.75rem; height: 5.5rem; }
  .row .code { grid-area: code; }
  .row .deadline { grid-area: deadline; text-align: right; }
  .row .at { grid-area: at; }
  .row .severity { grid-area: severity; text-align: right; }
  #grid-body .row .from { grid-area: from; display: block; }
  .row .length { grid-area: length; }
}
@media (max-width: 40rem) {
  body { padding: 1.5rem 1rem 3rem; }
  #filters { grid-template-columns: minmax(0, 1fr); }
}
@media print {
  .heat td { print-color-adjust: exact; -webkit-print-color-adjust: exact; padding: 0.15rem; min-width: 0; }
  .heat th { padding: 0.15rem; }
  #filters, #status, .split, #keys, details { display: none; }
  #printed { display: block; margin-top: 1rem; }
  #printed caption { padding-bottom: 0.5rem; }
}
`)
