/**
 * A run's page works without this. It adds: arrow keys from mark to mark and from step to step, details beside the
 * timeline without a jump of the page, and at once what a mark says.
 */

import { LANE } from '../run/layout.ts';

type Link = SVGAElement | HTMLAnchorElement;
const marks = [...document.querySelectorAll<SVGAElement>('a.mark')];
const steps = [...document.querySelectorAll<HTMLAnchorElement>('.steps li > a')];
const readout = document.getElementById('readout');
const list = document.querySelector('.list');
const idOf = (link: Element): string => link.getAttribute('href')?.slice(1) ?? '';
const only = document.querySelector<HTMLInputElement>('#only');
const markOf = new Map(marks.map((mark) => [idOf(mark), mark]));
const stepOf = new Map(steps.map((step) => [idOf(step), step]));

/** Of each group, Tab reaches one link; arrow keys reach the others from it. */
function reach(link: Link): void {
  const group = link instanceof SVGAElement ? 'a.mark' : '.steps li > a';
  document.querySelector(`${group}[tabindex="0"]`)?.setAttribute('tabindex', '-1');
  link.setAttribute('tabindex', '0');
}

let chosen = '';
function choose(id: string): void {
  for (const link of [markOf.get(chosen), stepOf.get(chosen)?.parentElement]) link?.classList.remove('on');
  stepOf.get(chosen)?.setAttribute('aria-expanded', 'false');
  const step = stepOf.get(id);
  chosen = step ? id : '';
  const mark = markOf.get(id);
  if (!step) return;
  // A step that the filter hides is wanted all the same.
  if (only && step.offsetParent === null) only.checked = false;
  for (const link of [mark, step.parentElement]) link?.classList.add('on');
  step.setAttribute('aria-expanded', 'true');
  reach(step);
  if (mark) reach(mark);
  show(step);
}

const scrolls = (): boolean => list !== null && list.scrollHeight > list.clientHeight + 1;

/** In the list if it scrolls by itself, else in the page. */
function show(step: HTMLElement): void {
  const item = step.parentElement;
  if (list && item && scrolls()) {
    const top = item.getBoundingClientRect().top - list.getBoundingClientRect().top;
    if (top < 0 || top + item.offsetHeight > list.clientHeight) list.scrollTop += top;
  } else item?.scrollIntoView({ block: 'nearest' });
}

function place(mark: SVGAElement): { x: number; lane: number } {
  const { e: x, f: y } = mark.transform.baseVal.consolidate()?.matrix ?? { e: 0, f: 0 };
  return { x, lane: Math.floor((y - 4) / LANE) };
}

/** The nearest mark of the next lane above or below that has one. */
function across(mark: SVGAElement, direction: 1 | -1): SVGAElement | undefined {
  const here = place(mark);
  const far = ({ x, lane }: { x: number; lane: number }) =>
    Math.abs(lane - here.lane) * 1_000_000 + Math.abs(x - here.x);
  return marks
    .map((other) => ({ other, at: place(other) }))
    .filter(({ at }) => (at.lane - here.lane) * direction > 0)
    .sort((a, b) => far(a.at) - far(b.at))[0]?.other;
}

const seen = (): HTMLAnchorElement[] => steps.filter((step) => step.offsetParent !== null);

function neighbour(link: Link, key: string): Link | undefined {
  const group: Link[] = link instanceof SVGAElement ? marks : seen();
  const at = group.indexOf(link);
  if (key === 'Home') return group[0];
  if (key === 'End') return group.at(-1);
  if (key === 'ArrowRight') return group[at + 1];
  if (key === 'ArrowLeft') return group[at - 1];
  if (key !== 'ArrowDown' && key !== 'ArrowUp') return undefined;
  const direction = key === 'ArrowDown' ? 1 : -1;
  return link instanceof SVGAElement ? across(link, direction) : group[at + direction];
}

const linkOf = (event: Event): Link | null =>
  event.target instanceof Element ? event.target.closest('a.mark, .steps li > a') : null;

function tell(mark: Element | null): void {
  const title = mark?.querySelector('title')?.textContent;
  if (readout && title) readout.textContent = title;
}

document.documentElement.classList.add('scripted');
for (const link of [...marks, ...steps]) link.setAttribute('tabindex', '-1');
for (const step of steps) step.setAttribute('aria-expanded', 'false');
for (const link of [marks[0], steps[0]]) link?.setAttribute('tabindex', '0');

addEventListener('pointerover', (event) => tell(linkOf(event)));
addEventListener('focusin', (event) => {
  const link = linkOf(event);
  if (link) reach(link);
  // Chromium does not by itself.
  if (link instanceof SVGAElement) link.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  tell(link);
});
/** Where a step was opened from: Escape leads back there. */
let origin: Link | null = null;
addEventListener('click', (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target instanceof Element ? event.target.closest<Link>('a[href^="#m"]') : null;
  const step = link && stepOf.get(idOf(link));
  if (!link || !step) return;
  event.preventDefault();
  const open = link === step && chosen === idOf(step);
  choose(open ? '' : idOf(step));
  history.replaceState(null, '', open ? ' ' : `#${idOf(step)}`);
  step.focus({ preventScroll: true });
  if (link === step) return;
  origin = link;
  if (link.closest('.stops')) (scrolls() ? list : step.parentElement)?.scrollIntoView({ block: 'start' });
});
only?.addEventListener('change', () => {
  const [first] = seen();
  if (first) reach(first);
});
addEventListener('keydown', (event) => {
  const link = linkOf(event);
  if (!link || event.altKey || event.ctrlKey || event.metaKey) return;
  const next = event.key === 'Escape' ? origin : neighbour(link, event.key);
  if (!next) return;
  event.preventDefault();
  next.focus();
});
addEventListener('hashchange', () => choose(location.hash.slice(1)));
choose(location.hash.slice(1));

// A wide drawing is scrolled to what was stopped first.
for (const frame of document.querySelectorAll('.wide')) {
  const stopped = frame.querySelector('a.stopped, .count.stopped')?.getBoundingClientRect();
  if (stopped) frame.scrollLeft = stopped.left - frame.getBoundingClientRect().left - frame.clientWidth / 2;
}
