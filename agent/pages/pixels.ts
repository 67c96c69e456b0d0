/** A place in a drawing, to a tenth of a pixel. */
export const px = (place: number): number => Math.round(place * 10) / 10;
