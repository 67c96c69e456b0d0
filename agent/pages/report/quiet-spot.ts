type Place = readonly [x: number, y: number];

interface Spot {
  readonly x: number;
  readonly y: number;
  readonly degrees: number;
}

/** Places along the label, and the least room it needs. */
const SIDES = [-32, -24, -16, -8, 0, 8, 16, 24, 32];
const ROOM = 13;

/** Where beside a straight line a label is farthest from another line; undefined if it is too near everywhere. */
export function quietSpot(from: Place, to: Place, other: readonly Place[]): Spot | undefined {
  const slope = (to[1] - from[1]) / (to[0] - from[0]);
  const angle = Math.atan(slope);
  const spots = [0.25, 0.4, 0.55, 0.7].flatMap((share) =>
    [-5, 12].map((beside) => {
      const x = from[0] + (to[0] - from[0]) * share - beside * Math.sin(angle);
      const y = from[1] + (to[1] - from[1]) * share + beside * Math.cos(angle);
      const middle = y - 4;
      const clear = SIDES.map((side) => Math.abs(middle + side * slope - heightAt(other, x + side)));
      return {
        x: Math.round(x),
        y: Math.round(y),
        degrees: Math.round((angle * 180) / Math.PI),
        clear: Math.min(...clear),
      };
    }),
  );
  const [best] = spots.filter(({ y }) => y < Math.max(from[1], to[1]) - 1).sort((a, b) => b.clear - a.clear);
  return best === undefined || best.clear < ROOM ? undefined : best;
}

/** Of a line through points in order of x; far away where it does not go. */
function heightAt(points: readonly Place[], x: number): number {
  const at = points.findIndex(([each]) => each >= x);
  const [before, after] = [points[at - 1], points[at]];
  if (before === undefined || after === undefined) return Number.POSITIVE_INFINITY;
  const share = (x - before[0]) / (after[0] - before[0] || 1);
  return before[1] + (after[1] - before[1]) * share;
}
