/**
 * A sine and a power of ten from the four basic operations alone: IEEE 754 fixes those to the last bit, while
 * ECMAScript leaves Math.sin and Math.pow to each implementation. Sounds made with these are the same file everywhere.
 */

/** Taylor's coefficients of x^15, x^13, ... x: the signed reciprocals of factorials. */
const coefficients = [15, 13, 11, 9, 7, 5, 3, 1].map((power) => {
  let factorial = 1;
  for (let factor = 2; factor <= power; factor += 1) factorial *= factor;
  return (power % 4 === 1 ? 1 : -1) / factorial;
});

/** Of so many whole turns; within 1e-11, on a quarter of a turn. */
export function sine(turns: number): number {
  const centred = turns - Math.floor(turns + 0.5);
  const folded = centred > 0.25 ? 0.5 - centred : centred < -0.25 ? -0.5 - centred : centred;
  const x = folded * 2 * Math.PI;
  const y = x * x;
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * y + coefficient;
  return x * sum;
}

/** Within one part in 1e12 for exponents from -10 to 10: Taylor's series on a small part of it, squared up again. */
export function tenToThe(exponent: number): number {
  const squarings = 10;
  const x = (exponent * Math.LN10) / 2 ** squarings;
  let result = 1;
  for (let power = 12; power >= 1; power -= 1) result = 1 + (x * result) / power;
  for (let squaring = 0; squaring < squarings; squaring += 1) result *= result;
  return result;
}
