/** A run's page works without this. It adds: arrow keys from mark to mark, Escape from the details back to the
 * mark, and at once what a mark says. */

const marks = [...document.querySelectorAll<SVGAElement>('a.mark')];
const readout = document.getElementById('readout');

const numberOf = (mark: SVGAElement): string => mark.getAttribute('href')?.slice(1) ?? '';
const byDetail = new Map(marks.map((mark) => [numberOf(mark), mark]));

/** One mark can be reached by Tab, the others from it by arrow keys. */
function makeCurrent(mark: SVGAElement): void {
  for (const other of document.querySelectorAll('a.mark[tabindex="0"]')) other.setAttribute('tabindex', '-1');
  mark.setAttribute('tabindex', '0');
}

function tell(mark: SVGAElement): void {
  if (readout) readout.textContent = mark.querySelector('title')?.textContent ?? '';
}

function choose(id: string): void {
  for (const other of document.querySelectorAll('a.mark.on')) {
    other.classList.remove('on');
    other.removeAttribute('aria-current');
  }
  const mark = byDetail.get(id);
  if (!mark) return;
  mark.classList.add('on');
  mark.setAttribute('aria-current', 'true');
  makeCurrent(mark);
}

/** Left and right go along time, up and down to the nearest mark of the next lane. */
function neighbour(mark: SVGAElement, key: string): SVGAElement | undefined {
  const at = marks.indexOf(mark);
  if (key === 'ArrowRight') return marks[at + 1];
  if (key === 'ArrowLeft') return marks[at - 1];
  if (key === 'Home') return marks[0];
  if (key === 'End') return marks.at(-1);
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return undefined;
  const down = key === 'ArrowDown' ? 1 : -1;
  const here = place(mark);
  const lane = (y: number) => Math.floor((y - 10) / 66);
  const others = marks
    .map((other) => ({ other, ...place(other) }))
    .filter(({ y }) => (lane(y) - lane(here.y)) * down > 0);
  others.sort(
    (a, b) =>
      Math.abs(lane(a.y) - lane(here.y)) - Math.abs(lane(b.y) - lane(here.y)) ||
      Math.abs(a.x - here.x) - Math.abs(b.x - here.x),
  );
  return others[0]?.other;
}

function place(mark: SVGAElement): { x: number; y: number } {
  const { e: x, f: y } = mark.transform.baseVal.consolidate()?.matrix ?? { e: 0, f: 0 };
  return { x, y };
}

for (const mark of marks) mark.setAttribute('tabindex', '-1');
marks[0]?.setAttribute('tabindex', '0');

const drawing = document.getElementById('marks');
const markOf = (event: Event) => (event.target as Element).closest<SVGAElement>('a.mark');
drawing?.addEventListener('pointerover', (event) => {
  const mark = markOf(event);
  if (mark) tell(mark);
});
drawing?.addEventListener('focusin', (event) => {
  const mark = markOf(event);
  if (mark) {
    makeCurrent(mark);
    tell(mark);
  }
});
drawing?.addEventListener('keydown', (event) => {
  const mark = markOf(event);
  const next = mark && neighbour(mark, event.key);
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: 'nearest', inline: 'nearest' });
});

// From the details back to their mark.
addEventListener('keydown', ({ key }) => {
  const detail = key === 'Escape' ? document.activeElement?.closest('.detail') : null;
  if (detail) byDetail.get(detail.id)?.focus();
});

addEventListener('hashchange', () => choose(location.hash.slice(1)));
choose(location.hash.slice(1));
